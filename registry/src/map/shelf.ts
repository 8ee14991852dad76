import type { ZoneName } from '@dcann/protocol/name'
import { formatPage, type MapPage, type PageAddress, parsePage } from '@dcann/protocol/map/page'
import { ordered } from '@dcann/store/key'
import { type Codec, json, type Place, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

const paged: Codec<MapPage> = { encode: formatPage, decode: parsePage }

/** Pages of the zones' maps. What stands at an address never changes; it goes when no head needs it any more. */
export const pages = shelf('map/pages', paged)

export function pagePlace(zone: ZoneName, { path, version }: PageAddress): Place<MapPage> {
  return pages.at(zone, path === '' ? 'top' : path, ordered(version))
}

const staleSchema = z.array(z.strictObject({ path: z.string(), version: z.int() }))

/** Pages that only heads before a version need. */
export const stalePages = shelf(
  'map/stale',
  json((value) => staleSchema.parse(value)),
)

export function stalePlace(zone: ZoneName, version: number): Place<z.infer<typeof staleSchema>> {
  return stalePages.at(zone, ordered(version))
}
