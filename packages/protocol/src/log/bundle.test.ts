import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, hex, utf8 } from '../bytes.ts'
import { bundlesToWrite, formatBundle, parseBundle, readBundle } from './bundle.ts'
import { type ReadTile, tilePath } from './tile.ts'

const entries = Array.from({ length: 1500 }, (_, i) => utf8(`entry ${i}`))
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('formatBundle', () => {
  test('puts two bytes of length before each entry', () => {
    expect(hex(formatBundle([fromHex('aa'), fromHex(''), fromHex('bbcc')]))).toBe('0001aa00000002bbcc')
    expect(hex(formatBundle([new Uint8Array(0x0102)]).slice(0, 3))).toBe('010200')
  })

  test('comes back', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 256 })
    fc.assert(
      fc.property(parts, (parts) => {
        expect(parseBundle(formatBundle(parts), parts.length)).toEqual(parts)
      }),
    )
  })

  test('takes entries of 65,535 bytes and refuses longer ones', () => {
    const longest = new Uint8Array(65_535).fill(1)
    expect(parseBundle(formatBundle([longest]), 1)).toEqual([longest])
    expect(() => formatBundle([new Uint8Array(65_536)])).toThrow(refusal('too-large'))
  })

  test('refuses more than 256 entries', () => {
    expect(() => formatBundle(entries.slice(0, 257))).toThrow(refusal('too-large'))
  })
})

describe('parseBundle', () => {
  test('refuses every cut and anything behind', () => {
    const bytes = formatBundle(entries.slice(0, 3))
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseBundle(bytes.slice(0, length), 3)).toThrow(refusal('evidence-broken'))
    }
    expect(() => parseBundle(Uint8Array.of(...bytes, 0), 3)).toThrow(refusal('evidence-broken'))
    expect(() => parseBundle(bytes, 2)).toThrow(refusal('evidence-broken'))
    expect(() => parseBundle(bytes, 4)).toThrow(refusal('evidence-broken'))
  })
})

describe('bundlesToWrite', () => {
  test('keeps every entry whatever the steps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(255, 256, 257)), { maxLength: 5 }),
        (steps) => {
          const kept = new Map<string, Uint8Array>()
          const read: ReadTile = (tile) => kept.get(tilePath(tile))
          let size = 0
          for (const step of steps) {
            for (const { tile, bytes } of bundlesToWrite(size, entries.slice(size, size + step), read)) {
              kept.set(tilePath(tile), bytes)
            }
            size += step
          }
          const found = Array.from({ length: Math.ceil(size / 256) }, (_, index) => {
            return readBundle({ level: 'entries', index, width: Math.min(256, size - index * 256) }, read)
          })
          expect(found.flat()).toEqual(entries.slice(0, size))
        },
      ),
      { numRuns: 40 },
    )
  })

  test('names what it writes', () => {
    const paths = bundlesToWrite(0, entries.slice(0, 258), () => undefined).map(({ tile }) => tilePath(tile))
    expect(paths).toEqual(['tile/entries/000', 'tile/entries/001.p/2'])
  })

  test('refuses a bundle that is missing', () => {
    expect(() => bundlesToWrite(3, entries.slice(3, 4), () => undefined)).toThrow(refusal('evidence-broken'))
  })
})

describe('readBundle', () => {
  test('reads a full bundle for a partial one that is gone', () => {
    const bytes = formatBundle(entries.slice(0, 256))
    const read: ReadTile = (tile) => (tile.width === 256 ? bytes : undefined)
    expect(readBundle({ level: 'entries', index: 0, width: 5 }, read)).toEqual(entries.slice(0, 5))
  })

  test('refuses a tile of hashes', () => {
    expect(() => readBundle({ level: 0, index: 0, width: 1 }, () => utf8(''))).toThrow(refusal('schema-mismatch'))
  })
})
