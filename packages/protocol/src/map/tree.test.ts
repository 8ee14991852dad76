import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64Url, concatenate, fromHex, hex, utf8 } from '../bytes.ts'
import { bitOf, compareKeys, type MapKey, type MapLeaf, mapKey, mapLeaf, subtreeOf } from './node.ts'
import { formatPage, type MapPage, type PageAddress, pageLeaves, parsePage } from './page.ts'
import { type MapProof, proveInMap, verifyInMap } from './proof.ts'
import { emptyMap, type MapState, pagesToUpdate, updateMap } from './tree.ts'

const refusal = (code: string): unknown => expect.objectContaining({ code })
const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** The definition once more, over bit strings and without anything of the module. */
function naiveRoot(entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const all = [...entries].map(([key, record]) => ({
    bits: [...fromHex(key)].map((byte) => byte.toString(2).padStart(8, '0')).join(''),
    hash: sha256(Uint8Array.of(2), fromHex(key), record),
  }))
  const over = (some: typeof all, depth: number): Uint8Array => {
    if (some.length === 0) return new Uint8Array(32)
    if (some.length === 1) return some[0]!.hash
    const side = (bit: string): Uint8Array => {
      return over(
        some.filter(({ bits }) => bits[depth] === bit),
        depth + 1,
      )
    }
    return sha256(Uint8Array.of(3), side('0'), side('1'))
  }
  return over(all, 0)
}

/** A map over pages that are kept as bytes, as a store would, old ones too. */
function keptMap() {
  const pages = new Map<string, Uint8Array>()
  const read = ({ path, version }: PageAddress): MapPage | undefined => {
    const bytes = pages.get(`${path}@${version}`)
    return bytes && parsePage(bytes)
  }
  let now = emptyMap
  return {
    get state() {
      return now
    },
    pages,
    read,
    set(leaves: readonly MapLeaf[]): void {
      const { state, writes, stale } = updateMap(now, leaves, now.version + 1, read)
      if (stale.some(({ path, version }) => !pages.has(`${path}@${version}`))) throw new Error('stale, but never kept')
      for (const { address, page } of writes) {
        const name = `${address.path}@${address.version}`
        if (pages.has(name)) throw new Error(`${name} is written twice`)
        pages.set(name, formatPage(page))
      }
      now = state
    },
    prove(key: MapKey, state: MapState = now): MapProof {
      const found = proveInMap(state, key, read)
      if ('lacking' in found) throw new Error(`lacking ${found.lacking.path}`)
      return found.proof
    },
  }
}

/** Keys that agree in many of their first bits, so that small maps are deep and crooked. */
const keys = fc
  .tuple(fc.array(fc.constantFrom(0x00, 0x01, 0x80, 0xff), { maxLength: 5 }), fc.nat(255), fc.nat(3))
  .map(([first, then, last]) => {
    const key = new Uint8Array(32)
    key.set([...first, then])
    key[31] = last
    return key
  })
const records = fc.nat(50).map((n) => sha256(Uint8Array.of(n)))
const acts = fc.array(fc.record({ key: keys, record: records }), { maxLength: 90 })
const batches = fc.array(fc.array(fc.record({ key: keys, record: records }), { maxLength: 40 }), { maxLength: 5 })

const one = mapLeaf('EE', 'EE/node/a', base64Url(sha256(utf8('a'))))
const many = Array.from({ length: 400 }, (_, i) => mapLeaf('EE', `EE/node/${i}`, base64Url(sha256(utf8(`${i}`)))))

describe('updateMap', () => {
  test('yields the root of the definition, whatever the batches, and every state before stays readable', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const map = keptMap()
        const entries = new Map<string, Uint8Array>()
        const past: { state: MapState; entries: Map<string, Uint8Array> }[] = []
        for (const batch of all) {
          map.set(batch)
          for (const { key, record } of batch) entries.set(hex(key), record)
          past.push({ state: map.state, entries: new Map(entries) })
        }
        for (const { state, entries: then } of past) {
          expect(hex(state.root)).toBe(hex(naiveRoot(then)))
          expect(state.names).toBe(then.size)
          for (const key of entries.keys()) {
            const mapped = verifyInMap(state.root, fromHex(key), map.prove(fromHex(key), state))
            expect(mapped.record).toBe(then.has(key) ? base64Url(then.get(key)!) : null)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('does not depend on the order of acts, nor on how they are cut into batches', () => {
    fc.assert(
      fc.property(acts, fc.integer({ min: 1, max: 30 }), fc.nat(), (all, size, seed) => {
        const last = [...new Map(all.map((leaf) => [hex(leaf.key), leaf])).values()]
        const shuffled = last.toSorted((a, b) => compareKeys(sha256(a.key, Uint8Array.of(seed & 255)), sha256(b.key)))
        const [together, apart] = [keptMap(), keptMap()]
        together.set(all)
        for (let at = 0; at < shuffled.length; at += size) apart.set(shuffled.slice(at, at + size))
        expect(hex(apart.state.root)).toBe(hex(together.state.root))
        expect(apart.state.names).toBe(together.state.names)
      }),
      { numRuns: 100 },
    )
  })

  test('reads what pagesToUpdate names, one level at a time, and nothing else', () => {
    const map = keptMap()
    for (const batch of [many.slice(0, 300), many.slice(200)]) map.set(batch)
    const some = many.slice(90, 110).map((leaf) => ({ ...leaf, record: sha256(leaf.record) }))
    const read = new Map<string, MapPage>()
    const give = ({ path, version }: PageAddress) => read.get(`${path}@${version}`)
    let rounds = 0
    for (;;) {
      const next = pagesToUpdate(
        map.state,
        some.map(({ key }) => key),
        give,
      )
      if (next.length === 0) break
      rounds++
      for (const address of next) read.set(`${address.path}@${address.version}`, map.read(address)!)
    }
    expect(rounds).toBeLessThanOrEqual(4)
    const { stale, writes } = updateMap(map.state, some, 9, give)
    expect(stale.map(({ path, version }) => `${path}@${version}`).toSorted()).toEqual([...read.keys()].toSorted())
    expect(writes.length).toBeLessThanOrEqual(read.size)
    expect(new Set(writes.map(({ address }) => address.path)).size).toBe(writes.length)
  })

  test('refuses a page that is missing or not what was written, and a version that does not rise', () => {
    const map = keptMap()
    map.set(many)
    expect(() => updateMap(map.state, [one], 1, map.read)).toThrow(refusal('schema-mismatch'))
    expect(() => updateMap(map.state, [one], 2, () => undefined)).toThrow(refusal('evidence-broken'))
    let refused = 0
    const some = [...map.pages].filter((_, i) => i % 5 === 0)
    for (const [name, bytes] of some) {
      const changed = bytes.slice()
      changed[bytes.length - 1]! ^= 1
      map.pages.set(name, changed)
      try {
        updateMap(map.state, many, 2, map.read)
      } catch (error) {
        expect(error).toMatchObject({ code: 'evidence-broken' })
        refused++
      }
      map.pages.set(name, bytes)
    }
    expect(refused).toBe(some.length)
    expect(refused).toBeGreaterThan(5)
  })
})

describe('verifyInMap', () => {
  test('takes a key and tells presence and both kinds of absence', () => {
    const map = keptMap()
    expect(verifyInMap(map.state.root, one.key, map.prove(one.key)).record).toBeNull()
    map.set([one])
    const other = mapKey('EE', 'EE/node/b')
    expect(map.prove(one.key)).toMatchObject({ depth: 0, siblings: '', bitmap: '' })
    expect(verifyInMap(map.state.root, one.key, map.prove(one.key)).record).toBe(base64Url(one.record))
    expect(map.prove(other).leaf?.key).toBe(base64Url(one.key))
    expect(verifyInMap(map.state.root, other, map.prove(other)).record).toBeNull()
    map.set(many)
    const absent = Array.from({ length: 200 }, (_, i) => map.prove(mapKey('EE', `nobody/${i}`)))
    const kinds = [absent.filter(({ leaf }) => leaf !== null).length, absent.filter(({ leaf }) => leaf === null).length]
    expect(Math.min(...kinds)).toBeGreaterThan(20)
  })

  test('refuses another name, another root, and every bit changed', () => {
    const map = keptMap()
    map.set(many)
    const { root } = map.state
    const names = [...many.slice(0, 40).map(({ key }) => key), ...many.slice(0, 40).map(({ key }) => sha256(key))]
    for (const key of names) {
      const proof = map.prove(key)
      const truth = verifyInMap(root, key, proof).record
      for (const wrong of mutations(proof)) {
        try {
          // a proof that is read as the same one says the same; nothing else passes
          expect(verifyInMap(root, key, wrong).record).toBe(truth)
          expect(wrong.leaf).not.toBeUndefined()
          throw new Error(`passed: ${JSON.stringify(wrong)}`)
        } catch (error) {
          expect(['evidence-broken', 'malformed-json']).toContain((error as { code?: string }).code)
        }
      }
      for (const other of names) {
        if (other === key) continue
        try {
          const { record } = verifyInMap(root, other, proof)
          // one absence may show two names, but only truly absent ones
          expect(record).toBe(verifyInMap(root, other, map.prove(other)).record)
        } catch (error) {
          expect(error).toMatchObject({ code: 'evidence-broken' })
        }
      }
      expect(() => verifyInMap(sha256(root), key, proof)).toThrow(refusal('evidence-broken'))
    }
  })

  test('refuses what no map yields', () => {
    const map = keptMap()
    map.set([one])
    const proof = map.prove(one.key)
    const deeper = { ...proof, depth: 1, bitmap: 'AA', siblings: '' }
    const root = sha256(Uint8Array.of(3), ...sided(one.key, map.state.root, new Uint8Array(32)))
    expect(() => verifyInMap(root, one.key, deeper)).toThrow(refusal('evidence-broken'))
    const zero = { ...deeper, bitmap: 'gA', siblings: base64Url(new Uint8Array(32)) }
    expect(() => verifyInMap(root, one.key, zero)).toThrow(refusal('evidence-broken'))
    expect(() => verifyInMap(root.slice(1), one.key, proof)).toThrow(refusal('schema-mismatch'))
  })

  test('takes about 32 bytes for each doubling', () => {
    const map = keptMap()
    map.set(many)
    const sizes = many.map(({ key }) => map.prove(key).siblings.length * 0.75)
    expect(sizes.reduce((a, b) => a + b) / sizes.length).toBeLessThan(32 * (Math.log2(many.length) + 2))
  })
})

describe('parsePage', () => {
  test('reads back what formatPage wrote, and refuses it changed in form', () => {
    fc.assert(
      fc.property(acts, (leaves) => {
        const map = keptMap()
        map.set(leaves)
        for (const bytes of map.pages.values()) expect(formatPage(parsePage(bytes))).toEqual(bytes)
      }),
      { numRuns: 40 },
    )
    const map = keptMap()
    map.set(many)
    const pages = [...map.pages.values()]
    const slots = pages.find((bytes) => bytes[0] === 2)!
    const leaves = pages.find((bytes) => bytes[0] === 1 && bytes.length > 65)!
    for (const wrong of [
      new Uint8Array(0),
      Uint8Array.of(3),
      Uint8Array.of(1),
      Uint8Array.of(2),
      Uint8Array.of(2, 0, 0, 0, 0),
      slots.slice(0, -1),
      concatenate(slots, slots.slice(0, 1)),
      leaves.slice(0, -1),
      concatenate(leaves, leaves.slice(1)),
      concatenate(leaves.slice(0, 1), ...many.slice(0, pageLeaves + 1).flatMap(({ key, record }) => [key, record])),
    ]) {
      expect(() => parsePage(wrong)).toThrow(refusal('evidence-broken'))
    }
  })
})

test('subtreeOf over a page of leaves is the definition from any depth', () => {
  const under = many.filter(({ key }) => bitOf(key, 0) === 1).toSorted((a, b) => compareKeys(a.key, b.key))
  const entries = new Map(under.map(({ key, record }) => [hex(key), record]))
  const whole = sha256(Uint8Array.of(3), new Uint8Array(32), subtreeOf(under, 1).hash)
  expect(hex(whole)).toBe(hex(naiveRoot(entries)))
})

function sided(key: MapKey, own: Uint8Array, sibling: Uint8Array): [Uint8Array, Uint8Array] {
  return bitOf(key, 0) === 0 ? [own, sibling] : [sibling, own]
}

/** A proof changed in every member, one at a time. */
function mutations(proof: MapProof): MapProof[] {
  const flip = (text: string): string[] =>
    text === ''
      ? []
      : [0, text.length >> 1].map((at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1))
  const changed = [
    ...(proof.depth > 0 ? [{ ...proof, depth: proof.depth - 1 }] : []),
    { ...proof, depth: proof.depth + 1 },
    ...flip(proof.bitmap).map((bitmap) => ({ ...proof, bitmap })),
    { ...proof, bitmap: `${proof.bitmap}AA` },
    ...flip(proof.siblings).map((siblings) => ({ ...proof, siblings })),
    { ...proof, siblings: proof.siblings + base64Url(new Uint8Array(33)) },
    { ...proof, siblings: proof.siblings.slice(0, -43) },
  ]
  const { leaf } = proof
  if (leaf === null) return [...changed, { ...proof, leaf: { key: base64Url(one.key), record: base64Url(one.record) } }]
  return [
    ...changed,
    { ...proof, leaf: null },
    ...flip(leaf.record).map((record) => ({ ...proof, leaf: { ...leaf, record } })),
    ...flip(leaf.key).map((key) => ({ ...proof, leaf: { ...leaf, key } })),
  ]
}
