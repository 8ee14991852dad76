import { equalBytes } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { parseBundle } from '@dcann/protocol/log/bundle'
import { parseEntry } from '@dcann/protocol/log/entry'
import { extend, type Frontier, frontierRoot, type Hash, type Head, leafHash } from '@dcann/protocol/log/merkle'
import type { ReadHash } from '@dcann/protocol/log/proof'
import { hashReaderOverTiles, type Tile, tilePath, tilesToRead, tileWidth } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import type { RegistryClient } from './registry-client.ts'

type Tiles = Pick<RegistryClient, 'tile'>

/** What came to a zone between two heads: the keys of the names that got a record, and where the log now ends. */
export type ZoneChanges = { readonly keys: ReadonlySet<string>; readonly frontier: Frontier }

/**
 * Reads every entry of a zone's log from `from` up to a head that was proved, and shows that they are its entries: their
 * leaves lead to its root. Throws `forked` when they do not, `evidence-broken` for what is no entry.
 *
 * spec: residence#following
 */
export async function readChanges(
  client: Tiles,
  zone: ZoneName,
  from: Frontier,
  { size, root }: Head,
): Promise<ZoneChanges> {
  const keys = new Set<string>()
  let frontier = from
  while (frontier.size < size) {
    const index = Math.floor(frontier.size / tileWidth)
    const start = index * tileWidth
    const bundle = await readBundle(client, zone, index, Math.min(tileWidth, size - start))
    const fresh = bundle.slice(frontier.size - start)
    for (const bytes of fresh) {
      const entry = parseEntry(bytes)
      if ('key' in entry) keys.add(entry.key)
    }
    frontier = extend(frontier, fresh.map(leafHash))
  }
  requireRoot(zone, frontier, { size, root })
  return { keys, frontier }
}

/** Where a zone's log ends at a head that was proved, by its tiles. Throws `forked` when they are of another log. spec: log#frontier */
export async function readFrontierAt(client: Tiles, zone: ZoneName, head: Head): Promise<Frontier> {
  const peaks = (readHash: ReadHash): Hash[] => peaksOf(head.size).map(([level, index]) => readHash(level, index))
  const wanted = tilesToRead(head.size, peaks)
  const read = new Map<string, Uint8Array>()
  for (const tile of wanted) read.set(tilePath(tile), await client.tile(zone, tile))
  const found = peaks(hashReaderOverTiles(head.size, (tile) => read.get(tilePath(tile))))
  const frontier = { size: head.size, peaks: found }
  requireRoot(zone, frontier, head)
  return frontier
}

/** The complete subtrees of a tree, largest first: level, and index at that level. */
function peaksOf(size: number): (readonly [level: number, index: number])[] {
  const peaks: (readonly [number, number])[] = []
  let before = 0
  for (let level = 52; level >= 0; level--) {
    const count = 2 ** level
    if (Math.floor(size / count) % 2 === 0) continue
    peaks.push([level, before / count])
    before += count
  }
  return peaks
}

/** A partial bundle may be gone once it is full. */
async function readBundle(client: Tiles, zone: ZoneName, index: number, width: number): Promise<Uint8Array[]> {
  const tile: Tile = { level: 'entries', index, width }
  try {
    return parseBundle(await client.tile(zone, tile), width)
  } catch (error) {
    if (width === tileWidth || !(error instanceof ProtocolError) || error.code !== 'not-found') throw error
    return parseBundle(await client.tile(zone, { ...tile, width: tileWidth }), tileWidth).slice(0, width)
  }
}

function requireRoot(zone: ZoneName, frontier: Frontier, head: Head): void {
  if (frontier.size === head.size && equalBytes(frontierRoot(frontier), head.root)) return
  throw new ProtocolError(
    'forked',
    `following ${quote(zone)}: its entries do not lead to its head of ${head.size}; keep both and show them`,
    { size: head.size },
  )
}
