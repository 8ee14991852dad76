import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatenate, equalBytes, fromHex } from '../bytes.ts'
import { leafHash, nodeHash } from './merkle.ts'
import {
  type ConsistencyClaim,
  consistencyProof,
  inclusionProof,
  type InclusionClaim,
  type ReadHash,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

const leaves = Array.from({ length: 300 }, (_, i) => sha256(Uint8Array.of(0, i >> 8, i & 0xff)))
const known = new Map<string, Uint8Array>()

/** The definitions of RFC 6962 2.1, written again without anything of the module: MTH(D[start:end]). */
function naiveRoot(start: number, end: number): Uint8Array {
  const name = `${start}:${end}`
  const split = start + naiveSplit(end - start)
  const root =
    known.get(name) ??
    (end === start
      ? sha256()
      : end - start === 1
        ? leaves[start]!
        : sha256(Uint8Array.of(1), naiveRoot(start, split), naiveRoot(split, end)))
  known.set(name, root)
  return root
}

function naiveSplit(count: number): number {
  return count < 2 ? 0 : 2 ** (Math.ceil(Math.log2(count)) - 1)
}

/** PATH(m, D[start:end]) */
function naivePath(m: number, start: number, end: number): Uint8Array[] {
  if (end - start === 1) return []
  const k = naiveSplit(end - start)
  return m < k
    ? [...naivePath(m, start, start + k), naiveRoot(start + k, end)]
    : [...naivePath(m - k, start + k, end), naiveRoot(start, start + k)]
}

/** SUBPROOF(m, D[start:end], b) */
function naiveSubproof(m: number, start: number, end: number, b: boolean): Uint8Array[] {
  if (m === end - start) return b ? [] : [naiveRoot(start, end)]
  const k = naiveSplit(end - start)
  return m <= k
    ? [...naiveSubproof(m, start, start + k, b), naiveRoot(start + k, end)]
    : [...naiveSubproof(m - k, start + k, end, false), naiveRoot(start, start + k)]
}

const readHash: ReadHash = (level, index) => naiveRoot(index * 2 ** level, (index + 1) * 2 ** level)
const head = (size: number) => ({ size, root: naiveRoot(0, size) })
const inclusion = (index: number, size: number): InclusionClaim => {
  return { leaf: leaves[index]!, index, ...head(size), proof: inclusionProof(index, size, readHash) }
}
const consistency = (from: number, to: number): ConsistencyClaim => {
  return { from: head(from), to: head(to), proof: consistencyProof(from, to, readHash) }
}
const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean => {
  return equalBytes(concatenate(...a), concatenate(...b))
}
const refusal = (code: string): unknown => expect.objectContaining({ code })
const flipped = (hash: Uint8Array, bit: number): Uint8Array => {
  const copy = hash.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
const bits = fc.nat({ max: 255 })

/** A log in which every leaf is the same, so that a complete subtree's root depends on its height alone. */
const uniformRoots = [leafHash(Uint8Array.of(7))]
for (let level = 1; level <= 53; level++)
  uniformRoots.push(nodeHash(uniformRoots[level - 1]!, uniformRoots[level - 1]!))
const readUniform: ReadHash = (level) => uniformRoots[level]!
const most = Number.MAX_SAFE_INTEGER

test('rootAt gives the root at every size', () => {
  for (let size = 0; size <= leaves.length; size++) expect(rootAt(size, readHash)).toEqual(naiveRoot(0, size))
})

describe('inclusionProof', () => {
  test('is the RFC 6962 path of every leaf of every tree up to 300', () => {
    const differing: string[] = []
    for (let size = 1; size <= leaves.length; size++) {
      for (let index = 0; index < size; index++) {
        const claim = inclusion(index, size)
        if (!same(claim.proof, naivePath(index, 0, size))) differing.push(`${index} of ${size}`)
        verifyInclusion(claim)
      }
    }
    expect(differing).toEqual([])
  })

  test('refuses an index outside the tree', () => {
    for (const [index, size] of [
      [0, 0],
      [5, 5],
      [-1, 5],
      [0.5, 5],
      [0, -1],
      [0, 2 ** 53],
      [Number.NaN, 5],
    ] as const) {
      expect(() => inclusionProof(index, size, readHash)).toThrow(refusal('schema-mismatch'))
    }
  })
})

describe('verifyInclusion', () => {
  test('returns what it proved, and no proof', () => {
    const { proof: _, ...rest } = inclusion(5, 11)
    expect(verifyInclusion(inclusion(5, 11))).toEqual(rest)
  })

  test('accepts the worked example of RFC 6962 2.1.3', () => {
    // seven leaves; the path of d0 is [b, h, l], of d6 [i, k]
    const [a, b, c, d, e, f, j] = leaves as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)]
    const [k, l] = [nodeHash(g, h), nodeHash(i, j)]
    const root = nodeHash(k, l)
    for (const [index, leaf, proof] of [
      [0, a, [b, h, l]],
      [3, d, [c, g, l]],
      [5, f, [e, j, k]],
      [6, j, [i, k]],
    ] as const) {
      expect(verifyInclusion({ leaf, index, size: 7, root, proof })).toEqual({ leaf, index, size: 7, root })
    }
  })

  test('refuses any bit changed in leaf, root or proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), bits, (size, at, which, bit) => {
        const claim = inclusion(at % size, size)
        const place = which % (claim.proof.length + 2)
        const wrong =
          place === 0
            ? { ...claim, leaf: flipped(claim.leaf, bit) }
            : place === 1
              ? { ...claim, root: flipped(claim.root, bit) }
              : { ...claim, proof: claim.proof.map((hash, i) => (i === place - 2 ? flipped(hash, bit) : hash)) }
        expect(() => verifyInclusion(wrong)).toThrow(refusal('evidence-broken'))
      }),
      { numRuns: 500 },
    )
  })

  test('refuses another index for the same leaf', () => {
    for (let index = 0; index < 19; index++) {
      for (let other = 0; other < 19; other++) {
        if (other === index) continue
        expect(() => verifyInclusion({ ...inclusion(index, 19), index: other })).toThrow(refusal('evidence-broken'))
      }
    }
  })

  test('refuses a proof that is too short or too long', () => {
    for (let size = 1; size <= 40; size++) {
      const claim = inclusion(size - 1, size)
      const hash = leaves[0]!
      const wrong = [
        [...claim.proof, hash],
        [hash, ...claim.proof],
      ]
      if (claim.proof.length > 0) wrong.push(claim.proof.slice(1), claim.proof.slice(0, -1))
      for (const proof of wrong) {
        expect(() => verifyInclusion({ ...claim, proof })).toThrow(refusal('evidence-broken'))
      }
    }
  })

  test('refuses what has no form', () => {
    const claim = inclusion(3, 9)
    for (const wrong of [
      { ...claim, index: 9 },
      { ...claim, index: -1 },
      { ...claim, size: 2 ** 53 },
      { ...claim, size: 8.5 },
      { ...claim, leaf: claim.leaf.slice(1) },
      { ...claim, root: new Uint8Array(33) },
      { ...claim, proof: [new Uint8Array(0), ...claim.proof.slice(1)] },
    ]) {
      expect(() => verifyInclusion(wrong)).toThrow(refusal('schema-mismatch'))
    }
  })

  test('holds up to the largest safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [index, size] = [Math.min(a, b), Math.min(Math.max(a, b) + 1, most)]
        if (index >= size) return
        const proof = inclusionProof(index, size, readUniform)
        verifyInclusion({ leaf: uniformRoots[0]!, index, size, root: rootAt(size, readUniform), proof })
      }),
    )
    expect(inclusionProof(0, most, readUniform)).toHaveLength(53)
  })
})

describe('consistencyProof', () => {
  test('is the RFC 6962 proof between all sizes up to 100', () => {
    const differing: string[] = []
    for (let to = 0; to <= 100; to++) {
      for (let from = 0; from <= to; from++) {
        const claim = consistency(from, to)
        const naive = from === 0 ? [] : naiveSubproof(from, 0, to, true)
        if (!same(claim.proof, naive)) differing.push(`${from} to ${to}`)
        verifyConsistency(claim)
      }
    }
    expect(differing).toEqual([])
  })

  test('refuses sizes out of order', () => {
    for (const [from, to] of [
      [2, 1],
      [-1, 1],
      [0, 2 ** 53],
      [0.5, 1],
    ] as const) {
      expect(() => consistencyProof(from, to, readHash)).toThrow(refusal('schema-mismatch'))
    }
  })
})

describe('verifyConsistency', () => {
  test('returns both heads', () => {
    expect(verifyConsistency(consistency(6, 8))).toEqual({ from: head(6), to: head(8) })
  })

  test('accepts the worked example of RFC 6962 2.1.3', () => {
    const [a, b, c, d, e, f, j] = leaves as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)]
    const [k, l] = [nodeHash(g, h), nodeHash(i, j)]
    const to = { size: 7, root: nodeHash(k, l) }
    for (const [size, root, proof] of [
      [3, nodeHash(g, c), [c, d, g, l]],
      [4, k, [l]],
      [6, nodeHash(k, i), [i, j, k]],
    ] as const) {
      expect(verifyConsistency({ from: { size, root }, to, proof })).toEqual({ from: { size, root }, to })
    }
  })

  test('refuses any bit changed in either root or the proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), bits, (to, at, which, bit) => {
        const claim = consistency(1 + (at % to), to)
        const place = which % (claim.proof.length + 2)
        const wrong =
          place === 0
            ? { ...claim, from: { ...claim.from, root: flipped(claim.from.root, bit) } }
            : place === 1
              ? { ...claim, to: { ...claim.to, root: flipped(claim.to.root, bit) } }
              : { ...claim, proof: claim.proof.map((hash, i) => (i === place - 2 ? flipped(hash, bit) : hash)) }
        expect(() => verifyConsistency(wrong)).toThrow(refusal('evidence-broken'))
      }),
      { numRuns: 500 },
    )
  })

  test('refuses a proof that is too short or too long', () => {
    for (let to = 0; to <= 33; to++) {
      for (let from = 0; from <= to; from++) {
        const claim = consistency(from, to)
        const wrong = [
          [...claim.proof, leaves[0]!],
          [claim.from.root, ...claim.proof],
        ]
        if (claim.proof.length > 0) wrong.push(claim.proof.slice(1), claim.proof.slice(0, -1), [])
        for (const proof of wrong) {
          expect(() => verifyConsistency({ ...claim, proof })).toThrow(refusal('evidence-broken'))
        }
      }
    }
  })

  test('refuses two roots of one size', () => {
    expect(() => verifyConsistency({ from: head(8), to: { size: 8, root: leaves[0]! }, proof: [] })).toThrow(
      refusal('evidence-broken'),
    )
  })

  test('refuses an empty tree with another root than the empty one', () => {
    const wrong = { size: 0, root: leaves[0]! }
    expect(() => verifyConsistency({ from: wrong, to: head(3), proof: [] })).toThrow(refusal('evidence-broken'))
    expect(() => verifyConsistency({ from: head(0), to: wrong, proof: [] })).toThrow(refusal('evidence-broken'))
  })

  test('refuses what has no form', () => {
    const claim = consistency(3, 9)
    for (const wrong of [
      { ...claim, from: head(9), to: head(3) },
      { ...claim, to: { ...claim.to, size: 2 ** 53 } },
      { ...claim, from: { ...claim.from, root: fromHex('00') } },
      { ...claim, proof: [new Uint8Array(31), ...claim.proof.slice(1)] },
    ]) {
      expect(() => verifyConsistency(wrong)).toThrow(refusal('schema-mismatch'))
    }
  })

  test('holds up to the largest safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const proof = consistencyProof(from, to, readUniform)
        const at = (size: number) => ({ size, root: rootAt(size, readUniform) })
        expect(verifyConsistency({ from: at(from), to: at(to), proof })).toMatchObject({ to: { size: to } })
      }),
    )
  })
})
