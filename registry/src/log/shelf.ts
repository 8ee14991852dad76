import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { formatEntry, mapEntrySchema, type MapEntry } from '@dcann/protocol/log/entry'
import {
  extend,
  type Frontier,
  frontierBytes,
  frontierRoot,
  type Hash,
  leafHash,
  readFrontier,
} from '@dcann/protocol/log/merkle'
import { type Tile, tilePath } from '@dcann/protocol/log/tile'
import type { MapState } from '@dcann/protocol/map/tree'
import type { ZoneName } from '@dcann/protocol/name'
import { ordered } from '@dcann/store/key'
import { json, type Place, raw, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

const headSchema = z.strictObject({
  /** The right edge before the last entry, which is the map's. */
  before: z.string(),
  entry: mapEntrySchema,
  /** Version of the map's topmost page. */
  page: z.int().min(0),
  /** Acts of the zone's journal that the log has. */
  acts: z.int().min(0),
  /** The head signed by the zone's log key; `null` while the key held here is not the one that the zone names. */
  checkpoint: z.string().nullable(),
})
export type HeadKept = z.infer<typeof headSchema>

/** A zone's log and map as they stand after a batch; all of it follows from what is kept. */
export type Head = {
  readonly size: number
  readonly root: Hash
  readonly frontier: Frontier
  readonly map: MapState
  readonly entry: MapEntry
  readonly acts: number
  readonly checkpoint: string | null
  /** What shows the last entry to be in the log. */
  readonly inclusion: readonly Hash[]
}

export function readHead({ before, entry, page, acts, checkpoint }: HeadKept): Head {
  const edge = readFrontier(fromBase64Url(before))
  const frontier = extend(edge, [leafHash(formatEntry(entry))])
  return {
    size: frontier.size,
    root: frontierRoot(frontier),
    frontier,
    map: { root: fromBase64Url(entry.map), names: entry.names, version: page },
    entry,
    acts,
    checkpoint,
    // what lies left of the last leaf is complete subtrees: the peaks before it, nearest first
    inclusion: edge.peaks.toReversed(),
  }
}

export function keepHead(before: Frontier, head: Omit<HeadKept, 'before'>): HeadKept {
  return { before: base64Url(frontierBytes(before)), ...head }
}

export const heads = shelf(
  'log/heads',
  json((value) => headSchema.parse(value)),
)

export function headPlace(zone: ZoneName): Place<HeadKept> {
  return heads.at(zone)
}

const cosignedHeads = shelf(
  'log/cosigned',
  json((value) => headSchema.parse(value)),
)

/** The newest head that a quorum has cosigned, its checkpoint with their lines: what pages of the map are kept for. */
export function cosignedPlace(zone: ZoneName): Place<HeadKept> {
  return cosignedHeads.at(zone)
}

/** Entries one by one, which is what bundles and the right edge of the leaf hashes are made from. */
export const entries = shelf('log/entries', raw)

export function entryPlace(zone: ZoneName, index: number): Place<Uint8Array> {
  return entries.at(zone, ordered(index))
}

/** Tiles of hashes, save the partial ones of leaf hashes. */
export const tiles = shelf('log/tiles', raw)

export function tilePlace(zone: ZoneName, tile: Tile): Place<Uint8Array> {
  return tiles.at(zone, ...tilePath(tile).split('/'))
}
