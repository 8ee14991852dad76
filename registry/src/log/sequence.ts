import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { type ActEntry, formatEntry, type MapEntry } from '@dcann/protocol/log/entry'
import { emptyFrontier, extend, type Frontier, type Hash, leafHash } from '@dcann/protocol/log/merkle'
import { partialTiles, tilesToWrite, tileWidth } from '@dcann/protocol/log/tile'
import type { MapKey } from '@dcann/protocol/map/node'
import { emptyMap, pagesToUpdate, updateMap } from '@dcann/protocol/map/tree'
import type { ZoneName } from '@dcann/protocol/name'
import type { RecordId } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { Held } from '@dcann/store/shelf'
import type { Put, Reader } from '@dcann/store/store'
import { type PageCache, readPages } from '../map/read-pages.ts'
import { pagePlace, stalePlace } from '../map/shelf.ts'
import { tileReader } from './read-tile.ts'
import { entryPlace, type Head, type HeadKept, headPlace, keepHead, readHead, tilePlace } from './shelf.ts'

/** What came to stand under a name. */
export type LoggedAct = { readonly key: MapKey; readonly id: RecordId; readonly type: ActEntry['type'] }

/** The acts of one zone in a batch, and the time at which they were judged. */
export type ZoneActs = { readonly zone: ZoneName; readonly acts: readonly LoggedAct[]; readonly time: Instant }

/** A batch in the log and the map of a zone, described and not yet committed: unsigned, unchecked. */
export type Sequenced = ZoneActs & {
  readonly held: Held<HeadKept> | undefined
  readonly before: Frontier
  readonly kept: HeadKept
  readonly head: Head
  readonly entries: readonly Put[]
  readonly pages: readonly Put[]
  readonly others: readonly Put[]
}

export type SequenceDesk = { readonly store: Pick<Reader, 'read' | 'range'>; readonly cache: PageCache }

/** Describes what acts do to the log and the map of their zone: entries, pages, tiles and the head that they lead to. */
export async function sequenceActs({ store, cache }: SequenceDesk, one: ZoneActs): Promise<Sequenced> {
  const { zone, acts, time } = one
  const place = headPlace(zone)
  const held = place.from(await store.read([place.key]))
  const last = held && readHead(held.value)
  const before = last?.frontier ?? emptyFrontier
  const map = last?.map ?? emptyMap
  const size = before.size + acts.length + 1

  const leaves = acts.map(({ key, id }) => ({ key, record: fromBase64Url(id) }))
  const keys = acts.map(({ key }) => key)
  const readPage = await readPages(store, zone, cache, (read) => pagesToUpdate(map, keys, read))
  const { state, writes, stale } = updateMap(map, leaves, size, readPage)

  const entry: MapEntry = { map: base64Url(state.root), names: state.names, time: formatTime(time) }
  const acted = acts.map(({ key, id, type }) => formatEntry({ key: base64Url(key), record: id, type }))
  const bytes = [...acted, formatEntry(entry)]
  const hashes = bytes.map(leafHash)
  const edge = extend(before, hashes.slice(0, -1))
  const kept = keepHead(edge, { entry, page: state.version, acts: (last?.acts ?? 0) + acts.length, checkpoint: null })
  return {
    ...one,
    held,
    before,
    kept,
    head: readHead(kept),
    entries: bytes.map((value, i) => entryPlace(zone, before.size + i).put(value, 'absent')),
    pages: writes.map(({ address, page }) => pagePlace(zone, address).put(page, 'absent')),
    others: [
      ...(await filledTiles(store, zone, before.size, hashes)),
      ...(stale.length > 0 ? [stalePlace(zone, size).put([...stale], 'absent')] : []),
    ],
  }
}

/** Tiles that are kept whole come to be only where a tile of leaf hashes has filled. */
async function filledTiles(
  store: SequenceDesk['store'],
  zone: ZoneName,
  before: number,
  hashes: readonly Hash[],
): Promise<Put[]> {
  if (Math.floor(before / tileWidth) === Math.floor((before + hashes.length) / tileWidth)) return []
  const readTile = await tileReader(store, zone, partialTiles(before))
  return tilesToWrite(before, hashes, readTile)
    .filter(({ tile }) => tile.level !== 0 || tile.width === tileWidth)
    .map(({ tile, bytes }) => tilePlace(zone, tile).put(bytes, 'absent'))
}
