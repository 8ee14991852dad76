import { concatenate } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { checkSize } from './merkle.ts'
import { cut, partialTile, type ReadTile, readWhole, type Tile, tilePath, type TileWrite, tileWidth } from './tile.ts'

/** Bytes of the longest entry that a bundle can hold: its length is two bytes. */
export const bundledEntryBytes = 0xffff

/**
 * The bundles of entries that come to be when entries are appended to a log of `before`: every one that becomes full,
 * and the partial one of the new size. Reads the partial bundle of the old size, if there is one. Throws `too-large`
 * for an entry over 65,535 bytes, `evidence-broken` for a bundle that is missing or malformed.
 *
 * spec: log#bundles
 */
export function bundlesToWrite(before: number, entries: readonly Uint8Array[], readTile: ReadTile): TileWrite[] {
  checkSize(before, 'writing bundles')
  checkSize(before + entries.length, 'writing bundles')
  if (entries.length === 0) return []
  const kept = partialTile('entries', before)
  const all = [...(kept ? readBundle(kept, readTile) : []), ...entries]
  return cut('entries', before, all).map(({ tile, part }) => ({ tile, bytes: formatBundle(part) }))
}

/**
 * The entries of a bundle, sought in the full one when a partial one is gone. Throws `evidence-broken` for a bundle
 * that is missing or malformed. That they are the log's entries shows only against leaf hashes.
 *
 * spec: log#bundles
 */
export function readBundle(tile: Tile, readTile: ReadTile): Uint8Array[] {
  if (tile.level !== 'entries') {
    throw new ProtocolError('schema-mismatch', `reading ${tilePath(tile)}: it holds hashes, expected entries`)
  }
  const { bytes, held } = readWhole(tile, readTile)
  return parseBundle(bytes, held.width).slice(0, tile.width)
}

/** Entries one after another, each behind its length as two bytes big-endian. Throws `too-large`. spec: log#bundles */
export function formatBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > tileWidth) {
    throw new ProtocolError('too-large', `writing a bundle: ${entries.length} entries, at most ${tileWidth}`)
  }
  return concatenate(
    ...entries.flatMap((entry) => {
      if (entry.length > bundledEntryBytes) {
        throw new ProtocolError(
          'too-large',
          `writing a bundle: an entry of ${entry.length} bytes, at most ${bundledEntryBytes}`,
        )
      }
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
    }),
  )
}

/**
 * The `width` entries that bytes hold, each a copy; throws `evidence-broken` for fewer, more, or a broken one.
 *
 * spec: log#bundles
 */
export function parseBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = []
  const refuse = (why: string): never => {
    throw new ProtocolError('evidence-broken', `reading a bundle of ${width} entries: ${why}`)
  }
  let at = 0
  while (at < bytes.length) {
    if (entries.length === width) refuse(`${bytes.length - at} bytes follow the last`)
    const [high, low] = bytes.subarray(at, at + 2)
    if (high === undefined || low === undefined) return refuse(`the length of entry ${entries.length} is cut short`)
    const start = at + 2
    at = start + high * 256 + low
    if (at > bytes.length) refuse(`entry ${entries.length} is cut short`)
    entries.push(bytes.slice(start, at))
  }
  if (entries.length !== width) refuse(`there are ${entries.length}`)
  return entries
}
