import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatenate } from '../bytes.ts'
import { emptyFrontier, extend, frontierRoot, type Hash, rootOf } from './merkle.ts'
import { consistencyProof, inclusionProof, rootAt, verifyConsistency, verifyInclusion } from './proof.ts'
import {
  hashReaderOverTiles,
  parseTilePath,
  partialTiles,
  type ReadTile,
  type Tile,
  tilePath,
  tilesToRead,
  tilesToWrite,
} from './tile.ts'

/** Leaf hashes that cost nothing: the index in 32 bytes. */
const leaves: readonly Hash[] = Array.from({ length: 70_000 }, (_, i) => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, i)
  return bytes
})

function shelf(kept = new Map<string, Uint8Array>()) {
  const read: ReadTile = (tile) => kept.get(tilePath(tile))
  const append = (from: number, to: number): string[] =>
    tilesToWrite(from, leaves.slice(from, to), read).map(({ tile, bytes }) => {
      kept.set(tilePath(tile), bytes)
      return tilePath(tile)
    })
  return { kept, read, append }
}

/** What C2SP tlog-tiles says that the tile of a level and index holds, straight from its formula. */
function defined({ level, index, width }: Tile): Uint8Array {
  const span = 256 ** Number(level)
  const hashes = Array.from({ length: width }, (_, i) => {
    return rootOf(leaves.slice((index * 256 + i) * span, (index * 256 + i + 1) * span))
  })
  return concatenate(...hashes)
}

const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('tilePath', () => {
  test.each([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/000.p/1', { level: 0, index: 0, width: 1 }],
    ['tile/1/999', { level: 1, index: 999, width: 256 }],
    ['tile/63/x001/000.p/255', { level: 63, index: 1000, width: 255 }],
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/entries/x001/x234/067.p/8', { level: 'entries', index: 1_234_067, width: 8 }],
    ['tile/0/x009/x007/x199/x254/x740/991', { level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 }],
  ] as const)('writes %s, and parseTilePath reads it', (path, tile) => {
    expect(tilePath(tile)).toBe(path)
    expect(parseTilePath(path)).toEqual(tile)
  })

  test('comes back for every tile', () => {
    const level = fc.oneof(fc.nat({ max: 63 }), fc.constant('entries' as const))
    fc.assert(
      fc.property(level, fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width })
      }),
    )
  })

  test('refuses what names no tile', () => {
    const tile = { level: 0, index: 0, width: 1 }
    for (const wrong of [
      { ...tile, level: 64 },
      { ...tile, level: -1 },
      { ...tile, level: 0.5 },
      { ...tile, index: -1 },
      { ...tile, index: 2 ** 53 },
      { ...tile, width: 0 },
      { ...tile, width: 257 },
    ]) {
      expect(() => tilePath(wrong)).toThrow(refusal('schema-mismatch'))
    }
  })
})

describe('parseTilePath', () => {
  test.each([
    '',
    'tile/0/0',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/data/000',
    'tile/0/x000/001',
    'tile/0/001/234',
    'tile/0/x001',
    'tile/0/X001/234',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p',
    'tile/0/000.p/1/',
    'tile/0/000\n',
    '/tile/0/000',
    'tile/0/../000',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
  ])('refuses %j', (path) => {
    expect(() => parseTilePath(path)).toThrow(refusal('schema-mismatch'))
  })
})

describe('tilesToWrite', () => {
  test('covers a log of 70,000 as the specification counts it', () => {
    const { append } = shelf()
    const paths = append(0, 70_000)
    expect(paths.filter((path) => /^tile\/0\/[x0-9/]+$/.test(path))).toHaveLength(273)
    expect(paths.filter((path) => !/^tile\/0\/[x0-9/]+$/.test(path))).toEqual([
      'tile/0/273.p/112',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ])
  })

  test('writes nothing for nothing', () => {
    expect(shelf().append(0, 0)).toEqual([])
    const { append } = shelf()
    append(0, 300)
    expect(append(300, 300)).toEqual([])
  })

  test('writes at each step what has changed, and what its definition says', () => {
    const { kept, append } = shelf()
    expect(append(0, 1)).toEqual(['tile/0/000.p/1'])
    expect(append(1, 255)).toEqual(['tile/0/000.p/255'])
    expect(append(255, 256)).toEqual(['tile/0/000', 'tile/1/000.p/1'])
    expect(append(256, 257)).toEqual(['tile/0/001.p/1'])
    expect(append(257, 511)).toEqual(['tile/0/001.p/255'])
    expect(append(511, 513)).toEqual(['tile/0/001', 'tile/0/002.p/1', 'tile/1/000.p/2'])
    append(513, 65_535)
    expect(append(65_535, 65_536)).toEqual(['tile/0/255', 'tile/1/000', 'tile/2/000.p/1'])
    expect(append(65_536, 65_537)).toEqual(['tile/0/256.p/1'])
    expect(append(65_537, 65_793)).toEqual(['tile/0/256', 'tile/0/257.p/1', 'tile/1/001.p/1'])
    for (const [path, bytes] of kept) expect(bytes).toEqual(defined(parseTilePath(path)))
  })

  test('comes to the same tiles whatever the steps', () => {
    const step = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 700 }), fc.constantFrom(255, 256, 257))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const slow = shelf()
        let size = 0
        for (const step of steps) {
          slow.append(size, size + step)
          size += step
        }
        const quick = shelf()
        quick.append(0, size)
        for (const [path, bytes] of quick.kept) expect(slow.kept.get(path)).toEqual(bytes)
        expect([...quick.kept.keys()].filter((path) => path.includes('.p/'))).toEqual(partialTiles(size).map(tilePath))
      }),
      { numRuns: 40 },
    )
  })

  test('reads the partial tiles of the old size and no others', () => {
    const { kept, append } = shelf()
    append(0, 65_900)
    const asked: string[] = []
    tilesToWrite(65_900, leaves.slice(65_900, 66_200), (tile) => {
      asked.push(tilePath(tile))
      return kept.get(tilePath(tile))
    })
    expect(asked).toEqual(['tile/0/257.p/108', 'tile/1/001.p/1'])
    expect(partialTiles(65_900).map(tilePath)).toEqual([...asked, 'tile/2/000.p/1'])
  })

  test('refuses a partial tile that is missing, short or long', () => {
    const { kept, read, append } = shelf()
    append(0, 5)
    for (const bytes of [undefined, new Uint8Array(4 * 32), new Uint8Array(6 * 32), new Uint8Array(5 * 32 - 1)]) {
      const given: ReadTile = (tile) => (tile.width === 5 ? bytes : read(tile))
      expect(() => tilesToWrite(5, leaves.slice(5, 6), given)).toThrow(refusal('evidence-broken'))
    }
    expect(kept.size).toBe(1)
  })

  test('refuses what is no leaf hash and no size', () => {
    const { read } = shelf()
    expect(() => tilesToWrite(0, [new Uint8Array(31)], read)).toThrow(refusal('schema-mismatch'))
    for (const before of [-1, 0.5, Number.MAX_SAFE_INTEGER]) {
      expect(() => tilesToWrite(before, leaves.slice(0, 1), read)).toThrow(refusal('schema-mismatch'))
    }
  })
})

test('partialTiles is empty where every level is full', () => {
  expect(partialTiles(0)).toEqual([])
  expect(partialTiles(256).map(tilePath)).toEqual(['tile/1/000.p/1'])
  expect(partialTiles(70_000).map(tilePath)).toEqual(['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1'])
})

describe('hashReaderOverTiles', () => {
  const { kept, read, append } = shelf()
  const sizes = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 65_535, 65_536, 65_537, 65_791, 65_792, 66_000]
  const roots = new Map<number, Hash>()
  let frontier = emptyFrontier
  for (const size of sizes) {
    append(frontier.size, size)
    frontier = extend(frontier, leaves.slice(frontier.size, size))
    roots.set(size, frontierRoot(frontier))
  }
  const head = (size: number) => ({ size, root: roots.get(size)! })

  test.each(sizes)('gives root, inclusion and consistency at %i', (size) => {
    const readHash = hashReaderOverTiles(size, read)
    expect(rootAt(size, readHash)).toEqual(roots.get(size))
    for (const index of new Set([0, 1, 254, 255, 256, 65_535, 65_536, size >> 1, size - 2, size - 1])) {
      if (index < 0 || index >= size) continue
      const proof = inclusionProof(index, size, readHash)
      verifyInclusion({ leaf: leaves[index]!, index, ...head(size), proof })
    }
    for (const from of sizes.filter((from) => from <= size)) {
      verifyConsistency({ from: head(from), to: head(size), proof: consistencyProof(from, size, readHash) })
    }
  })

  test('gives the root of every kind of subtree', () => {
    const readHash = hashReaderOverTiles(66_000, read)
    for (let level = 0; level <= 16; level++) {
      const span = 2 ** level
      for (const index of new Set([0, Math.floor(66_000 / span) - 1, Math.floor(33_000 / span)])) {
        if ((index + 1) * span > 66_000) continue
        expect(readHash(level, index)).toEqual(rootOf(leaves.slice(index * span, (index + 1) * span)))
      }
    }
  })

  test('reads a full tile for a partial one that is gone', () => {
    const without: ReadTile = (tile) => (tile.width < 256 ? undefined : read(tile))
    expect(rootAt(255, hashReaderOverTiles(255, without))).toEqual(roots.get(255))
    expect(() => rootAt(66_000, hashReaderOverTiles(66_000, without))).toThrow(refusal('evidence-broken'))
  })

  test('refuses a tile of another length than its name says', () => {
    const path = 'tile/0/000'
    const bytes = kept.get(path)!
    for (const wrong of [bytes.slice(32), bytes.slice(1), concatenate(bytes, bytes), new Uint8Array(0)]) {
      const given: ReadTile = (tile) => (tilePath(tile) === path ? wrong : read(tile))
      expect(() => hashReaderOverTiles(256, given)(0, 0)).toThrow(refusal('evidence-broken'))
    }
  })

  test('refuses a subtree that the tree does not hold whole', () => {
    const readHash = hashReaderOverTiles(257, read)
    for (const [level, index] of [
      [0, 257],
      [1, 128],
      [8, 1],
      [9, 0],
      [-1, 0],
      [0, -1],
      [0.5, 0],
      [0, 0.5],
    ] as const) {
      expect(() => readHash(level, index)).toThrow(refusal('schema-mismatch'))
    }
  })

  test('shows any bit that changes in a tile', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sizes), fc.nat(), fc.nat(), (size, at, bit) => {
        const needed = tilesToRead(size, (readHash) => rootAt(size, readHash))
        const changed = tilePath(needed[at % needed.length]!)
        const given: ReadTile = (tile) => {
          const bytes = read(tile)?.slice()
          if (bytes && tilePath(tile) === changed) {
            // a tile of a level below the top is read only for its right end
            const last = bytes.length - 1 - ((bit >> 3) % 32)
            bytes[last]! ^= 1 << (bit & 7)
          }
          return bytes
        }
        expect(rootAt(size, hashReaderOverTiles(size, given))).not.toEqual(roots.get(size))
      }),
      { numRuns: 60 },
    )
  })
})

describe('tilesToRead', () => {
  test('names all that a proof reads', () => {
    const { read, append } = shelf()
    append(0, 66_000)
    const size = 66_000
    const compute = (index: number) => (readHash: Parameters<typeof rootAt>[1]) => inclusionProof(index, size, readHash)
    for (const index of [0, 300, 65_535, 65_536, 65_999]) {
      const named = tilesToRead(size, compute(index)).map(tilePath)
      const only: ReadTile = (tile) => (named.includes(tilePath(tile)) ? read(tile) : undefined)
      const proof = compute(index)(hashReaderOverTiles(size, only))
      expect(proof).toEqual(compute(index)(hashReaderOverTiles(size, read)))
    }
    expect(tilesToRead(size, compute(300)).map(tilePath)).toEqual([
      'tile/0/001',
      'tile/1/000',
      'tile/1/001.p/1',
      'tile/0/257.p/208',
    ])
  })
})
