import { ProtocolError } from '@dcann/protocol/errors'
import type { MapPage, PageAddress } from '@dcann/protocol/map/page'
import type { ReadPage } from '@dcann/protocol/map/tree'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import { type Bounded, createBounded } from '../bounded.ts'
import { pagePlace } from './shelf.ts'

/** Pages near the top of the maps, which every change and every proof goes through. */
export type PageCache = Bounded<MapPage>

/** A page of slots takes some 8 kB as it is held here. */
const pagesKept = 2048

export function createPageCache(): PageCache {
  return createBounded<MapPage>(pagesKept)
}

/**
 * Reads pages until a computation lacks none, a level of the map in one snapshot. Pages never change, so that snapshots
 * taken one after another show one map. Throws `not-found` for a page that is gone: a newer head is there by then.
 */
export async function readPages(
  store: Pick<Reader, 'read'>,
  zone: ZoneName,
  cache: PageCache,
  lacking: (readPage: ReadPage) => readonly PageAddress[],
): Promise<ReadPage> {
  const own = new Map<string, MapPage>()
  const readPage: ReadPage = (address) => {
    const { key } = pagePlace(zone, address)
    const page = own.get(key) ?? cache.get(key)
    // what was seen once stays for this computation, whatever the cache forgets
    if (page) own.set(key, page)
    return page
  }
  for (;;) {
    const next = lacking(readPage).map((address) => pagePlace(zone, address))
    if (next.length === 0) return readPage
    const snapshot = await store.read(next.map(({ key }) => key))
    for (const place of next) {
      const page = place.from(snapshot)?.value
      if (!page) throw new ProtocolError('not-found', 'reading the map of a zone: a page of it is gone')
      own.set(place.key, page)
      if (page.form === 'slots') cache.set(place.key, page)
    }
  }
}
