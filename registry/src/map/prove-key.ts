import { ProtocolError } from '@dcann/protocol/errors'
import type { MapKey } from '@dcann/protocol/map/node'
import { type MapProof, proveInMap } from '@dcann/protocol/map/proof'
import type { MapState } from '@dcann/protocol/map/tree'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import { type PageCache, readPages } from './read-pages.ts'

/** What stands under a key in the map of a head. Throws `not-found` when a page is gone: a newer head is there by then. */
export async function proveKey(
  store: Pick<Reader, 'read'>,
  zone: ZoneName,
  cache: PageCache,
  { map }: { readonly map: MapState },
  key: MapKey,
): Promise<MapProof> {
  const read = await readPages(store, zone, cache, (readPage) => {
    const found = proveInMap(map, key, readPage)
    return 'lacking' in found ? [found.lacking] : []
  })
  const found = proveInMap(map, key, read)
  if ('proof' in found) return found.proof
  throw new ProtocolError('not-found', 'proving a name: a page of the map is gone')
}
