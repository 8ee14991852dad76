import { sha256, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRecoveryKit, writeRecoveryKit } from './recovery-kit.ts'

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes))
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The group that a kit is refused for; 0 for the whole. */
function refusedAt(text: string): unknown {
  try {
    readRecoveryKit(text)
    return 'read'
  } catch (error) {
    return error instanceof ProtocolError && error.code === 'wallet-invalid' ? (error.facts['group'] ?? 0) : error
  }
}

describe('readRecoveryKit', () => {
  test('reads what was written, however it is typed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const kit = writeRecoveryKit(seed)
        expect(kit).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){13}[0-9A-HJKMNP-TV-Z]{5}$/)
        expect(readRecoveryKit(kit)).toEqual(seed)
        const typed = kit.toLowerCase().replaceAll('-', ' \n').replaceAll('0', 'o').replaceAll('1', 'l')
        expect(readRecoveryKit(typed)).toEqual(seed)
      }),
    )
  })

  test('refuses every mistyped character', () => {
    fc.assert(
      fc.property(seeds, fc.nat(69), fc.constantFrom(...alphabet.split('')), (seed, at, wrong) => {
        const plain = writeRecoveryKit(seed).replaceAll('-', '')
        fc.pre(plain[at] !== wrong)
        expect(refusedAt(plain.slice(0, at) + wrong + plain.slice(at + 1))).not.toBe('read')
      }),
    )
  })

  test('says which group is wrong, nearly always', () => {
    const kit = writeRecoveryKit(sha256(utf8('kit')))
    const groups = kit.split('-')
    const found = groups.slice(0, 13).map((group, i) => {
      const wrong = (group.startsWith('X') ? 'Y' : 'X') + group.slice(1)
      return refusedAt(groups.with(i, wrong).join('-')) === i + 1
    })
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(12)
    expect(refusedAt([...groups.slice(1), groups[0]].join('-'))).not.toBe('read')
  })

  test('refuses another length, other characters, and a kit whose spare bits are set', () => {
    const kit = writeRecoveryKit(sha256(utf8('kit')))
    expect(refusedAt(kit.slice(0, -1))).toBe(0)
    expect(refusedAt(`${kit}0`)).toBe(0)
    expect(refusedAt(kit.replace('-', '_'))).toBe(0)
    expect(refusedAt('')).toBe(0)
    expect(() => writeRecoveryKit(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'wallet-invalid' }))
  })

  test('a sheet is no kit, and a kit no sheet', () => {
    const seed = sha256(utf8('kit'))
    expect(readRecoveryKit(writeRecoveryKit(seed, 'recovery'), 'recovery')).toEqual(seed)
    expect(refusedAt(writeRecoveryKit(seed, 'recovery'))).not.toBe('read')
    expect(() => readRecoveryKit(writeRecoveryKit(seed), 'recovery')).toThrow(
      expect.objectContaining({ code: 'wallet-invalid' }),
    )
  })
})
