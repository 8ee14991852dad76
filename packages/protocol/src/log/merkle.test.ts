import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, hex } from '../bytes.ts'
import {
  emptyFrontier,
  emptyRoot,
  extend,
  type Frontier,
  frontierBytes,
  frontierRoot,
  leafHash,
  nodeHash,
  readFrontier,
  rootAfter,
  rootOf,
  splitOf,
} from './merkle.ts'

/** The inputs that implementations of RFC 6962 commonly test with, and the roots over the first one, two, … of them. */
const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** The definition, written again without anything of the module: over entries, in hexadecimal. */
function naiveRoot(data: readonly string[]): string {
  const sha256 = (text: string): string => createHash('sha256').update(text, 'hex').digest('hex')
  if (data.length === 0) return sha256('')
  if (data.length === 1) return sha256(`00${data[0]}`)
  const split = 2 ** (Math.ceil(Math.log2(data.length)) - 1)
  return sha256(`01${naiveRoot(data.slice(0, split))}${naiveRoot(data.slice(split))}`)
}

const leavesOf = (data: readonly string[]): Uint8Array[] => data.map((entry) => leafHash(fromHex(entry)))
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => i.toString(16).padStart(8, '0'))
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('rootOf', () => {
  test.each(roots.map((root, size) => ({ size, root })))('gives the known root of $size', ({ size, root }) => {
    expect(hex(rootOf(leavesOf(entries.slice(0, size))))).toBe(root)
    expect(naiveRoot(entries.slice(0, size))).toBe(root)
  })

  test('agrees with the definition', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }).map(hex), { maxLength: 70 }), (data) => {
        expect(hex(rootOf(leavesOf(data)))).toBe(naiveRoot(data))
      }),
    )
  })
})

test('emptyRoot is the hash of no bytes', () => {
  expect(hex(emptyRoot())).toBe(roots[0])
})

test('leafHash and nodeHash cannot give each other for the same bytes', () => {
  const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))]
  expect(nodeHash(left, right)).not.toEqual(leafHash(Uint8Array.of(...left, ...right)))
})

test('splitOf is the largest power of two below', () => {
  expect([2, 3, 4, 5, 8, 9, 2 ** 40, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER].map(splitOf)).toEqual([
    1,
    2,
    2,
    4,
    4,
    8,
    2 ** 39,
    2 ** 40,
    2 ** 52,
  ])
})

describe('extend', () => {
  test('one by one gives the root at every size', () => {
    let frontier = emptyFrontier
    expect(frontierRoot(frontier)).toEqual(emptyRoot())
    const data = numbered(300)
    for (const [i, leaf] of leavesOf(data).entries()) {
      frontier = extend(frontier, [leaf])
      expect(frontier.size).toBe(i + 1)
      expect(hex(frontierRoot(frontier))).toBe(naiveRoot(data.slice(0, i + 1)))
    }
  })

  test('takes any grouping of the same leaves to the same frontier, by way of bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), (groups) => {
        const leaves = leavesOf(numbered(groups.reduce((sum, count) => sum + count, 0)))
        let at = 0
        let frontier = emptyFrontier
        for (const count of groups) {
          frontier = extend(readFrontier(frontierBytes(frontier)), leaves.slice(at, at + count))
          at += count
        }
        expect(frontier).toEqual(extend(emptyFrontier, leaves))
        expect(frontierRoot(frontier)).toEqual(rootOf(leaves))
      }),
    )
  })

  test('leaves the frontier that it starts from as it was', () => {
    const before = extend(emptyFrontier, leavesOf(numbered(7)))
    const bytes = frontierBytes(before)
    extend(before, leavesOf(numbered(9)))
    expect(frontierBytes(before)).toEqual(bytes)
  })

  test('counts past 32 bits', () => {
    const peak = leafHash(Uint8Array.of(1))
    const almost: Frontier = { size: 2 ** 33 - 1, peaks: Array.from({ length: 33 }, () => peak) }
    expect(extend(almost, [peak])).toMatchObject({ size: 2 ** 33, peaks: { length: 1 } })
    const last: Frontier = { size: Number.MAX_SAFE_INTEGER, peaks: Array.from({ length: 53 }, () => peak) }
    expect(readFrontier(frontierBytes(last))).toEqual(last)
    expect(() => extend(last, [peak])).toThrow(refusal('schema-mismatch'))
  })

  test('refuses a leaf hash of another length', () => {
    expect(() => extend(emptyFrontier, [new Uint8Array(31)])).toThrow(refusal('schema-mismatch'))
  })

  test('refuses a frontier whose peaks do not fit its size', () => {
    const peak = leafHash(Uint8Array.of(1))
    for (const frontier of [
      { size: 3, peaks: [peak] },
      { size: 0, peaks: [peak] },
      { size: 1, peaks: [peak.slice(1)] },
      { size: 1.5, peaks: [peak] },
      { size: -1, peaks: [] },
    ]) {
      expect(() => extend(frontier, [])).toThrow(refusal('evidence-broken'))
      expect(() => frontierRoot(frontier)).toThrow(refusal('evidence-broken'))
    }
  })
})

describe('readFrontier', () => {
  const bytes = frontierBytes(extend(emptyFrontier, leavesOf(numbered(11))))

  test('is 8 bytes of size and a hash for each bit set', () => {
    expect(hex(bytes.slice(0, 8))).toBe('000000000000000b')
    expect(bytes.length).toBe(8 + 3 * 32)
  })

  test('refuses every other length', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readFrontier(bytes.slice(0, length))).toThrow(refusal('evidence-broken'))
    }
    expect(() => readFrontier(Uint8Array.of(...bytes, 0))).toThrow(refusal('evidence-broken'))
    expect(() => readFrontier(Uint8Array.of(...bytes, ...bytes.slice(0, 32)))).toThrow(refusal('evidence-broken'))
  })

  test('refuses a size that is not a safe integer', () => {
    expect(() => readFrontier(fromHex('ffffffffffffffff'))).toThrow(refusal('evidence-broken'))
  })
})

describe('rootAfter', () => {
  const leaves = Array.from({ length: 80 }, (_, i) => leafHash(Uint8Array.of(i)))

  test('is the root of all leaves, wherever they are parted', () => {
    for (let size = 0; size <= leaves.length; size++) {
      const root = hex(rootOf(leaves.slice(0, size)))
      for (let before = 0; before <= size; before++) {
        const frontier = extend(emptyFrontier, leaves.slice(0, before))
        expect(hex(rootAfter(frontier, leaves.slice(before, size)))).toBe(root)
      }
    }
  })

  test('refuses a leaf that is no hash, and peaks that do not fit', () => {
    const frontier = extend(emptyFrontier, leaves.slice(0, 3))
    expect(() => rootAfter(frontier, [leaves[0]!.slice(1)])).toThrow(
      expect.objectContaining({ code: 'schema-mismatch' }),
    )
    expect(() => rootAfter({ ...frontier, size: 4 }, [])).toThrow(expect.objectContaining({ code: 'evidence-broken' }))
  })
})
