import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOfOwner, createKeyFile, openKeyFile, type KeyRing } from './keys.ts'
import { addEntry, page, PAGE_BYTES, PAGE_ENTRIES } from './page.ts'
import { scratch } from './scratch.ts'
import { markOf, seal, SEAL_BYTES, unseal } from './sealed.ts'
import { add, emptySum, subtract, sumBytes, sumOf, termOf } from './sum.ts'

const ring = (): KeyRing => {
  const keys = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))] as const
  return {
    buckets: 2,
    current: (bucket) => ({ epoch: 1, key: keys[bucket === 0 ? 0 : 1] }),
    at: (bucket, epoch) => (epoch === 1 ? keys[bucket] : undefined),
  }
}

const corrupt = expect.objectContaining({ code: 'corrupt' })

describe('seal', () => {
  it('seal gives back what was sealed, and never the same bytes twice', () => {
    const keys = ring()
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(1),
        fc.integer({ min: 1, max: 2 ** 48 - 1 }),
        (value, bucket, version) => {
          const sealed = seal(keys, bucket, 'a/b', version, value)
          expect(sealed.length).toBe(value.length + SEAL_BYTES)
          expect(unseal(keys, 'a/b', sealed)).toEqual({ value, version })
          expect(seal(keys, bucket, 'a/b', version, value)).not.toEqual(sealed)
        },
      ),
    )
  })

  it('seal holds no byte of the value', () => {
    const sealed = seal(ring(), 0, 'a', 1, new TextEncoder().encode('a canary in the mine'))
    expect(Buffer.from(sealed).includes('canary')).toBe(false)
  })

  it('unseal refuses every flipped bit, other key, other ring and cut', () => {
    const keys = ring()
    const sealed = seal(keys, 1, 'a/b', 3, Uint8Array.of(1, 2, 3))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => unseal(keys, 'a/b', flipped), `bit ${bit}`).toThrow(corrupt)
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => unseal(keys, 'a/b', sealed.subarray(0, length))).toThrow(corrupt)
    expect(() => unseal(keys, 'a/c', sealed)).toThrow(corrupt)
    expect(() => unseal(ring(), 'a/b', sealed)).toThrow(corrupt)
  })

  it('markOf tells two sealings of the same value apart', () => {
    const keys = ring()
    const [one, two] = [seal(keys, 0, 'a', 1, new Uint8Array(3)), seal(keys, 0, 'a', 1, new Uint8Array(3))]
    expect(markOf('a', one)).not.toEqual(markOf('a', two))
    expect(markOf('a', one)).toEqual(markOf('a', one.slice()))
  })
})

describe('page', () => {
  it('page gives back its entries', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 64 }), (entries) => {
        expect(page.decode(page.encode(entries))).toEqual(entries)
      }),
    )
  })
  it('page refuses bytes cut inside an entry', () => {
    const whole = page.encode([Uint8Array.of(1, 2, 3)])
    for (let length = 1; length < whole.length; length++)
      expect(() => page.decode(whole.subarray(0, length))).toThrow(RangeError)
  })
  it('addEntry fills a page by number and by bytes, and lets a large entry stand alone', () => {
    const fill = (size: number): number => {
      let entries: readonly Uint8Array[] = []
      for (
        let next: typeof entries | undefined = entries;
        next !== undefined;
        next = addEntry(entries, new Uint8Array(size))
      )
        entries = next
      return entries.length
    }
    expect([fill(10), fill(1024), fill(PAGE_BYTES), fill(PAGE_BYTES * 2)]).toEqual([PAGE_ENTRIES, 16, 1, 1])
  })
})

describe('sum', () => {
  const key = createSecretKey(randomBytes(32))
  const asNumber = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) + BigInt(byte), 0n)

  it('add and subtract are addition modulo 2^256', () => {
    const term = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(term, term, (a, b) => {
        const sum = sumOf(a)
        add(sum, b)
        expect(asNumber(sumBytes(sum))).toBe((asNumber(a) + asNumber(b)) % 2n ** 256n)
        subtract(sum, b)
        expect(sumBytes(sum)).toEqual(a)
      }),
    )
  })
  it('sum does not depend on the order and comes back to nothing', () => {
    const terms = Array.from({ length: 20 }, (_, i) => termOf(key, Uint8Array.of(i)))
    const [up, down] = [emptySum(), emptySum()]
    for (const term of terms) add(up, term)
    for (const term of terms.toReversed()) add(down, term)
    expect(up).toEqual(down)
    for (const term of terms) subtract(up, term)
    expect(up).toEqual(emptySum())
  })
  it('termOf is the HMAC of the mark', () => {
    const mark = randomBytes(60)
    expect(termOf(key, mark)).toEqual(createHmac('sha256', key.export()).update(mark).digest())
  })
})

describe('openKeyFile', () => {
  const made = () => {
    const { folder, remove } = scratch()
    const path = join(folder, 'store.keys')
    createKeyFile(path, 3)
    return { path, remove }
  }

  it('openKeyFile finds the same keys again, readable by the owner only', () => {
    const { path, remove } = made()
    const [one, two] = [openKeyFile(path), openKeyFile(path)]
    expect(statSync(path).mode & 0o77).toBe(0)
    expect(one.buckets).toBe(3)
    for (const bucket of [0, 1, 2]) expect(one.current(bucket).key.equals(two.current(bucket).key)).toBe(true)
    expect(one.derive('head').equals(two.derive('head'))).toBe(true)
    expect(one.derive('head').equals(one.derive('sum'))).toBe(false)
    expect(one.current(0).key.equals(one.current(1).key)).toBe(false)
    remove()
  })

  it('advance keeps past epochs until destroy, and both outlast the process', () => {
    const { path, remove } = made()
    const first = openKeyFile(path)
    const old = first.current(1)
    const next = first.advance(1)
    expect([old.epoch, next.epoch, first.current(1).epoch, first.current(0).epoch]).toEqual([1, 2, 2, 1])
    expect(first.at(1, 1)?.equals(old.key)).toBe(true)
    expect(() => first.destroy(1, 2)).toThrow(expect.objectContaining({ code: 'key-missing' }))
    first.close()
    const second = openKeyFile(path)
    expect(second.current(1).key.equals(next.key)).toBe(true)
    expect(second.at(1, 1)?.equals(old.key)).toBe(true)
    second.destroy(1, 1)
    expect(second.at(1, 1)).toBeUndefined()
    second.close()
    expect(readFileSync(path).includes(old.key.export())).toBe(false)
    expect(openKeyFile(path).at(1, 1)).toBeUndefined()
    expect(openKeyFile(path).current(1).key.equals(next.key)).toBe(true)
    remove()
  })

  it('openKeyFile leaves out half a record at the end, and writes the next over it', () => {
    const { path, remove } = made()
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(20, 7)]))
    const keys = openKeyFile(path)
    const { key } = keys.advance(0)
    expect(openKeyFile(path).current(0).key.equals(key)).toBe(true)
    remove()
  })

  it('openKeyFile refuses every flipped byte and every cut', () => {
    const { path, remove } = made()
    const whole = readFileSync(path)
    for (let i = 0; i < whole.length; i++) {
      const flipped = Buffer.from(whole)
      flipped[i]! ^= 0x40
      writeFileSync(path, flipped)
      expect(() => openKeyFile(path), `byte ${i}`).toThrow(expect.objectContaining({ code: 'key-missing' }))
    }
    for (const length of [0, 10, 44, 100]) {
      writeFileSync(path, whole.subarray(0, length))
      expect(() => openKeyFile(path)).toThrow(expect.objectContaining({ code: 'key-missing' }))
    }
    remove()
  })

  it('bucketOfOwner is spread and stays', () => {
    const buckets = new Set(Array.from({ length: 1000 }, (_, i) => bucketOfOwner(`owner ${i}`, 16)))
    expect(buckets.size).toBe(16)
    expect(bucketOfOwner('owner', 4096)).toBe(bucketOfOwner('owner', 4096))
  })
})
