import { concatenate } from '@dcann/protocol/bytes'
import { formatBundle } from '@dcann/protocol/log/bundle'
import { leafHash } from '@dcann/protocol/log/merkle'
import { type ReadTile, type Tile, tilePath, tileWidth } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import { entries, entryPlace, tilePlace } from './shelf.ts'

/** Entries in one page of a range at most. */
const most = 1024

/** The entries of a log from one index to before another, a page at a time. */
export async function* entriesBetween(
  store: Pick<Reader, 'range'>,
  zone: ZoneName,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array[], void, undefined> {
  for (let at = from; at < to;) {
    const until = Math.min(at + most, to)
    const range = { from: entryPlace(zone, at).key, to: entryPlace(zone, until).key, limit: most }
    const page = (await store.range(range)).map((entry) => entries.entry(entry).value)
    if (page.length !== until - at) {
      throw new Error(`reading the log of ${zone}: entries ${at} to ${until - 1} are not all there; run fsck`)
    }
    yield page
    at = until
  }
}

/** Reads tiles and bundles: what is kept whole in one snapshot, the others made from the entries. */
export async function tileReader(
  store: Pick<Reader, 'read' | 'range'>,
  zone: ZoneName,
  wanted: readonly Tile[],
): Promise<ReadTile> {
  const whole = wanted.filter(isKept).map((tile) => ({ tile, place: tilePlace(zone, tile) }))
  const snapshot = await store.read(whole.map(({ place }) => place.key))
  const found = new Map(whole.map(({ tile, place }) => [tilePath(tile), place.from(snapshot)?.value]))
  for (const tile of wanted) if (!isKept(tile)) found.set(tilePath(tile), await fromEntries(store, zone, tile))
  return (tile) => found.get(tilePath(tile))
}

/** Partial tiles of leaf hashes, and bundles, are made when they are asked for: each batch would write them anew. */
function isKept({ level, width }: Tile): boolean {
  return level !== 'entries' && (level > 0 || width === tileWidth)
}

async function fromEntries(
  store: Pick<Reader, 'range'>,
  zone: ZoneName,
  { level, index, width }: Tile,
): Promise<Uint8Array> {
  const start = index * tileWidth
  const found: Uint8Array[] = []
  for await (const page of entriesBetween(store, zone, start, start + width)) found.push(...page)
  return level === 'entries' ? formatBundle(found) : concatenate(...found.map(leafHash))
}
