import { ProtocolError } from '@dcann/protocol/errors'
import { parseBundle } from '@dcann/protocol/log/bundle'
import { parseCheckpoint } from '@dcann/protocol/log/checkpoint'
import { type ActEntry, entryBytes, parseEntry } from '@dcann/protocol/log/entry'
import { parseNote } from '@dcann/protocol/log/note'
import { type Tile, tilePath, tileWidth } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import { textOf } from '@dcann/protocol/bytes'
import { addressBelow, fetchBytes } from './exchange.ts'
import type { World } from './world.ts'

/** Acts of a zone's log from one leaf index to another, and how long the registry says the log is. */
export type ZoneActs = { readonly acts: readonly ActEntry[]; readonly read: number; readonly size: number }

/** Entries asked for in one go. */
const entriesMost = 16 * tileWidth

const checkpointBytes = 64 * 1024

/**
 * What has come to stand in a zone since its log had `from` entries, as one registry says: a hint of which names to resolve
 * anew, and nothing more, since nothing of it is proved. Reads at most 4,096 entries; `read` is where to go on.
 *
 * Throws `unreachable`, the code of the problem that was answered, `answer-invalid` for what is no log.
 *
 * spec: log#entries
 */
export async function readZoneActs(
  world: Pick<World, 'fetch'>,
  url: string,
  zone: ZoneName,
  from: number,
): Promise<ZoneActs> {
  const at = (path: string): string => addressBelow(url, `/v1/zones/${zone}/${path}`)
  try {
    const note = textOf(await fetchBytes(world, at('checkpoint'), checkpointBytes))
    const { size } = parseCheckpoint(parseNote(note).text)
    const acts: ActEntry[] = []
    const to = Math.min(size, from + entriesMost)
    for (let next = from; next < to;) {
      const tile = bundleAt(next, size)
      const bytes = await fetchBytes(world, at(tilePath(tile)), tileWidth * (entryBytes + 2))
      for (const entry of parseBundle(bytes, tile.width)
        .slice(next % tileWidth)
        .map(parseEntry))
        if (!('map' in entry)) acts.push(entry)
      next = tile.index * tileWidth + tile.width
      if (next >= to) return { acts, read: next, size }
    }
    return { acts, read: Math.min(from, size), size }
  } catch (error) {
    if (!(error instanceof ProtocolError) || ofTheWay.has(error.code)) throw error
    throw new ProtocolError('answer-invalid', `reading the log of ${zone}: ${error.message}`, { cause: error.code })
  }
}

const ofTheWay = new Set(['unreachable', 'unavailable', 'rate-limited', 'not-found', 'answer-invalid'])

/** The bundle that holds an entry, as wide as a log of this size has it. */
function bundleAt(entry: number, size: number): Tile {
  const index = Math.floor(entry / tileWidth)
  return { level: 'entries', index, width: Math.min(tileWidth, size - index * tileWidth) }
}
