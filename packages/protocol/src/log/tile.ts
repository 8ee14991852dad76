import { concatenate } from '../bytes.ts'
import { ProtocolError, quote } from '../errors.ts'
import { checkHash, checkSize, type Hash, hashBytes, hashesIn, rootOf } from './merkle.ts'
import type { ReadHash } from './proof.ts'

/** Hashes in a full tile, and entries in a full bundle. */
export const tileWidth = 256

/** The height of the subtree that a full tile spans: what one tile level adds to a hash's level. */
const tileHeight = 8

/**
 * Names a tile, or a bundle of entries, by its level, its index within the level, and its width: how many hashes or
 * entries it holds, 1 to 256. Less than 256 is partial: the right edge of a tree of some size.
 *
 * spec: log#tiles
 */
export type Tile = { readonly level: number | 'entries'; readonly index: number; readonly width: number }

/** Bytes to be kept under a tile's name. They never change once written. */
export type TileWrite = { readonly tile: Tile; readonly bytes: Uint8Array }

/** Gives a tile's bytes, or undefined for one that is not there; a partial tile is then sought in the full one. */
export type ReadTile = (tile: Tile) => Uint8Array | undefined

/**
 * Where a tile is served and kept, as `tile/0/x001/234` or `tile/entries/000.p/7`. Throws `schema-mismatch` for what
 * names no tile.
 *
 * spec: log#tiles
 */
export function tilePath({ level, index, width }: Tile): string {
  const named = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= 63)
  if (
    !named ||
    !Number.isSafeInteger(index) ||
    index < 0 ||
    !Number.isInteger(width) ||
    width < 1 ||
    width > tileWidth
  ) {
    throw new ProtocolError(
      'schema-mismatch',
      `naming a tile: level ${level}, index ${index}, width ${width} name none`,
    )
  }
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g) ?? []
  const place = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/')
  return `tile/${level}/${place}${width === tileWidth ? '' : `.p/${width}`}`
}

const pathGrammar = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/

/** Reads a path that `tilePath` would write; throws `schema-mismatch` for any other. spec: log#tiles */
export function parseTilePath(path: string): Tile {
  const [, level = '', place = '', width] = pathGrammar.exec(path) ?? []
  const tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(place.replaceAll(/[x/]/g, '')),
    width: width === undefined ? tileWidth : Number(width),
  } as const
  const known = place !== '' && Number.isSafeInteger(tile.index) && tile.width >= 1 && tile.width <= tileWidth
  if (!known || Number(level) > 63 || tilePath(tile) !== path) {
    throw new ProtocolError(
      'schema-mismatch',
      `reading the tile path ${quote(path, 80)}: expected one like "tile/0/x001/234.p/5"`,
    )
  }
  return tile
}

/**
 * The tiles that come to be when leaf hashes are appended to a tree of `before` leaves: every tile that becomes full,
 * and the partial ones of the new size that have changed. Reads none but `partialTiles(before)`, or the full tile where
 * one of them is gone. Throws `evidence-broken` for a tile that is missing or not as long as its name says.
 *
 * spec: log#tiles
 */
export function tilesToWrite(before: number, leaves: readonly Hash[], readTile: ReadTile): TileWrite[] {
  checkSize(before, 'writing tiles')
  checkSize(before + leaves.length, 'writing tiles')
  for (const leaf of leaves) checkHash(leaf, 'writing tiles')
  const writes: TileWrite[] = []
  let fresh = leaves
  for (let level = 0; fresh.length > 0; level++) {
    const count = Math.floor(before / tileWidth ** level)
    const kept = partialTile(level, count)
    const hashes = [...(kept ? readHashes(kept, readTile) : []), ...fresh]
    const full: Hash[] = []
    for (const { tile, part } of cut(level, count, hashes)) {
      writes.push({ tile, bytes: concatenate(...part) })
      if (tile.width === tileWidth) full.push(rootOf(part))
    }
    fresh = full
  }
  return writes
}

/**
 * Cuts what stands from the last full tile on into tiles, the last of them maybe partial. `before` items were there.
 */
export function cut<T>(
  level: Tile['level'],
  before: number,
  items: readonly T[],
): { tile: Tile; part: readonly T[] }[] {
  const first = Math.floor(before / tileWidth)
  return Array.from({ length: Math.ceil(items.length / tileWidth) }, (_, i) => {
    const part = items.slice(i * tileWidth, (i + 1) * tileWidth)
    return { tile: { level, index: first + i, width: part.length }, part }
  })
}

/**
 * The partial tiles of a tree of `size` leaves, lowest level first: what appending to it needs to read.
 *
 * spec: log#tiles
 */
export function partialTiles(size: number): Tile[] {
  checkSize(size, 'listing partial tiles')
  const tiles: Tile[] = []
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / tileWidth)) {
    const tile = partialTile(level, count)
    if (tile) tiles.push(tile)
  }
  return tiles
}

/** The partial tile of a level that holds `count` items, if there is one. */
export function partialTile(level: Tile['level'], count: number): Tile | undefined {
  const width = count % tileWidth
  return width === 0 ? undefined : { level, index: Math.floor(count / tileWidth), width }
}

/**
 * Reads stored hashes out of the tiles of a tree of `size` leaves, for `inclusionProof` and its like. A hash between
 * tile levels is computed from those below it. Throws `schema-mismatch` for a subtree that the tree does not hold
 * whole, `evidence-broken` for a tile that is missing or not as long as its name says.
 *
 * spec: log#tiles
 */
export function hashReaderOverTiles(size: number, readTile: ReadTile): ReadHash {
  return (level, index) => {
    const { tile, offset, count } = placeOf(level, index, size)
    return rootOf(readHashes(tile, readTile).slice(offset, offset + count))
  }
}

/**
 * The tiles that a computation over stored hashes reads, without reading any, so that a caller can fetch them in one
 * go: `tilesToRead(size, (readHash) => inclusionProof(index, size, readHash))`.
 */
export function tilesToRead(size: number, compute: (readHash: ReadHash) => unknown): Tile[] {
  const tiles = new Map<string, Tile>()
  compute((level, index) => {
    const { tile } = placeOf(level, index, size)
    tiles.set(tilePath(tile), tile)
    return new Uint8Array(hashBytes)
  })
  return [...tiles.values()]
}

/**
 * Which tile of a tree holds a complete subtree's root, or the `count` hashes from `offset` that it is computed from.
 */
function placeOf(level: number, index: number, size: number): { tile: Tile; offset: number; count: number } {
  checkSize(size, 'reading a hash from tiles')
  if (
    !Number.isInteger(level) ||
    !Number.isSafeInteger(index) ||
    level < 0 ||
    index < 0 ||
    (index + 1) * 2 ** level > size
  ) {
    throw new ProtocolError(
      'schema-mismatch',
      `reading a hash from tiles: a tree of ${size} has no complete subtree ${index} of level ${level}`,
    )
  }
  const tileLevel = Math.floor(level / tileHeight)
  const count = 2 ** (level % tileHeight)
  const tileIndex = Math.floor((index * count) / tileWidth)
  const width = Math.min(tileWidth, Math.floor(size / tileWidth ** tileLevel) - tileIndex * tileWidth)
  return { tile: { level: tileLevel, index: tileIndex, width }, offset: (index * count) % tileWidth, count }
}

function readHashes(tile: Tile, readTile: ReadTile): Hash[] {
  const { bytes, held } = readWhole(tile, readTile)
  if (bytes.length !== held.width * hashBytes) {
    throw new ProtocolError(
      'evidence-broken',
      `reading ${tilePath(held)}: ${bytes.length} bytes, expected ${held.width * hashBytes}`,
    )
  }
  return hashesIn(bytes.subarray(0, tile.width * hashBytes), `reading ${tilePath(held)}`)
}

/**
 * The bytes that hold a tile: its own, or once a partial tile is gone those of the full one that begins with it; `held`
 * is the one they are of. Throws `evidence-broken` when neither is there.
 */
export function readWhole(tile: Tile, readTile: ReadTile): { bytes: Uint8Array; held: Tile } {
  const full = { ...tile, width: tileWidth }
  for (const held of tile.width === tileWidth ? [full] : [tile, full]) {
    const bytes = readTile(held)
    if (bytes) return { bytes, held }
  }
  throw new ProtocolError('evidence-broken', `reading ${tilePath(tile)}: it is missing`)
}
