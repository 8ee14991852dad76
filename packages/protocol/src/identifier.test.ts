import { mod1271_36 } from 'cdigit'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { sha256, utf8 } from './bytes.ts'
import {
  checkCharacters,
  crockford32,
  deriveIdentifier,
  formatIdentifier,
  identifierSchema,
  identifierUri,
  parseIdentifier,
} from './identifier.ts'

const base36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const identifierOf = (country: string, label: string): string => deriveIdentifier(country, { label })
const samples = ['IN', 'EE', 'XN', 'ZZ'].map((country, i) => identifierOf(country, `sample ${i}`))
const identifierArbitrary = fc
  .tuple(fc.constantFrom('IN', 'EE', 'AA', 'ZZ', 'IL', 'OM'), fc.string())
  .map(([country, label]) => identifierOf(country, label.toWellFormed().replaceAll('\0', '')))

test('deriveIdentifier has two letters, 24 characters of a hash and two that check them', () => {
  const genesis = { v: 1, at: '2026-01-01T00:00:00Z' }
  const digest = sha256(utf8('dcann/passport-id/1\nEE\n{"at":"2026-01-01T00:00:00Z","v":1}'))
  const body = `EE${crockford32(digest, 120)}`
  expect(deriveIdentifier('EE', genesis)).toBe(body + checkCharacters(body))
  expect(deriveIdentifier('IN', genesis).slice(2, 26)).not.toBe(body.slice(2))
  expect(deriveIdentifier('EE', { ...genesis, v: 2 })).not.toBe(deriveIdentifier('EE', genesis))
})

test('crockford32 takes the first bits, highest first', () => {
  expect(crockford32(Uint8Array.of(0b00001_000, 0b11_11111_0), 15)).toBe('13Z')
  expect(crockford32(new Uint8Array(5).fill(0xff), 40)).toBe('ZZZZZZZZ')
  expect(crockford32(new Uint8Array(5).fill(0xff), 35)).toBe('ZZZZZZZ')
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 32 }), (bytes) => {
      const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
      const text = (bits.slice(0, 120).match(/.{5}/g) ?? []).map((five) => crockford[Number.parseInt(five, 2)]).join('')
      expect(crockford32(bytes, 120)).toBe(text)
    }),
  )
})

test('checkCharacters are those of ISO 7064 MOD 1271-36, as others compute them', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...base36), minLength: 26, maxLength: 26 }), (text) => {
      expect(text + checkCharacters(text)).toBe(mod1271_36.generate(text))
    }),
    { numRuns: 5000 },
  )
})

test('checkCharacters admit one pair where two are congruent', () => {
  // 1271 and 1272 are congruent to 0 and 1; about one identifier in 600 has such a pair
  for (const [written, congruent] of [
    ['ZB', '00'],
    ['ZC', '01'],
  ]) {
    const right = find((text) => text.endsWith(written ?? ''))
    expect(identifierSchema.safeParse(right).success).toBe(true)
    expect(mod1271_36.validate(right.slice(0, 26) + congruent)).toBe(true)
    expect(identifierSchema.safeParse(right.slice(0, 26) + congruent).success).toBe(false)
  }
})

test('identifierSchema catches every single error', () => {
  for (const right of samples) {
    expect(identifierSchema.safeParse(right).success).toBe(true)
    for (let i = 0; i < 28; i++) {
      for (const c of base36) {
        const wrong = right.slice(0, i) + c + right.slice(i + 1)
        if (wrong !== right) expect(identifierSchema.safeParse(wrong).success).toBe(false)
      }
    }
  }
})

test('checkCharacters catch every adjacent swap and every jump, whatever the characters', () => {
  // independent of grammar: over all of base 36, every pair of places of the whole string
  const holds = (text: string): boolean => checkCharacters(text.slice(0, 26)) === text.slice(26)
  for (const right of samples) {
    for (let i = 0; i < 28; i++) {
      for (const distance of [1, 2]) {
        const j = i + distance
        if (j >= 28 || right[i] === right[j]) continue
        const wrong = right.slice(0, i) + right[j] + right.slice(i + 1, j) + right[i] + right.slice(j + 1)
        expect(holds(wrong)).toBe(false)
      }
    }
  }
  // every pair of characters at every place, not only the pairs that the samples have
  for (const [x, y] of base36.flatMap((x) => base36.flatMap((y) => (x < y ? [[x, y] as const] : [])))) {
    for (const i of [0, 7, 24]) {
      const adjacent = `${'3'.repeat(i)}${x}${y}${'7'.repeat(24 - i)}`
      const swapped = `${'3'.repeat(i)}${y}${x}${'7'.repeat(24 - i)}`
      expect(checkCharacters(adjacent)).not.toBe(checkCharacters(swapped))
      if (i === 24) continue
      const jump = `${'3'.repeat(i)}${x}5${y}${'7'.repeat(23 - i)}`
      expect(checkCharacters(jump)).not.toBe(checkCharacters(`${'3'.repeat(i)}${y}5${x}${'7'.repeat(23 - i)}`))
    }
  }
})

test('parseIdentifier reads what formatIdentifier and identifierUri write, however it is typed', () => {
  fc.assert(
    fc.property(identifierArbitrary, fc.infiniteStream(fc.boolean()), (identifier, coin) => {
      const flip = (): boolean => coin.next().value === true
      const typed = identifier.split('').map((c, i) => {
        const middle = i >= 2 && i < 26
        const folded = middle && c === '0' && flip() ? 'O' : middle && c === '1' && flip() ? (flip() ? 'I' : 'l') : c
        return (flip() ? folded.toLowerCase() : folded) + (flip() ? ' ' : flip() ? '-' : '')
      })
      expect(parseIdentifier(typed.join(''))).toBe(identifier)
      expect(parseIdentifier(formatIdentifier(identifier))).toBe(identifier)
      expect(parseIdentifier(identifierUri(identifier))).toBe(identifier)
      expect(parseIdentifier(`DCANN:${identifier.toLowerCase()}`)).toBe(identifier)
    }),
  )
})

test('formatIdentifier makes seven groups of four', () => {
  for (const sample of samples) expect(formatIdentifier(sample)).toMatch(/^(?:[0-9A-Z]{4} ){6}[0-9A-Z]{4}$/)
})

test('parseIdentifier never answers with another identifier than the one typed', async () => {
  const [right = ''] = samples
  await fc.assert(
    fc.asyncProperty(fc.nat(27), fc.constantFrom(...base36, ...'!.,;/ıſßİK'.split('')), async (at, c) => {
      const typed = right.slice(0, at) + c + right.slice(at + 1)
      const same = [right, right.replaceAll('0', 'O'), right.replaceAll('1', 'I')].includes(typed)
      const code = await codeOf(() => expect(parseIdentifier(typed)).toBe(right))
      expect(['admitted', 'identifier-invalid']).toContain(code)
      if (same) expect(code).toBe('admitted')
    }),
    { numRuns: 500 },
  )
})

test('parseIdentifier folds only in positions 3 to 26', async () => {
  const zero = find((text) => /^..[^0]*0/.test(text) && text.endsWith('0'))
  expect(parseIdentifier(zero.slice(0, 26).replaceAll('0', 'o') + zero.slice(26))).toBe(zero)
  expect(await codeOf(() => parseIdentifier(`${zero.slice(0, 27)}O`))).toBe('identifier-invalid')
  const one = find((text) => text.endsWith('1'))
  for (const c of 'IL')
    expect(await codeOf(() => parseIdentifier(`${one.slice(0, 27)}${c}`))).toBe('identifier-invalid')
  // check characters O and I stand for themselves
  const letter = find((text) => /[OIL]$/.test(text))
  expect(parseIdentifier(letter)).toBe(letter)
  const country = find((_) => true, 'IL')
  expect(parseIdentifier(country)).toBe(country)
  expect(await codeOf(() => parseIdentifier(`1L${country.slice(2)}`))).toBe('identifier-invalid')
})

const [sample = ''] = samples
test.each([
  ['nothing', ''],
  ['27 characters', sample.slice(0, 27)],
  ['29 characters', `${sample}0`],
  ['Arabic-Indic digits', sample.replaceAll(/\d/g, (d) => String.fromCharCode(0x660 + Number(d)))],
  ['full-width letters', sample.replaceAll(/./g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))],
  ['a dotless ı, which upper-cases to I', `ı${sample.slice(1)}`],
  ['a long ſ, which upper-cases to S', `${sample.slice(0, 5)}ſ${sample.slice(6)}`],
  ['a ligature that grows', `${sample.slice(0, 26)}ﬁ`],
  ['a no-break space', `${sample.slice(0, 4)}\u00A0${sample.slice(4)}`],
  ['a non-breaking hyphen', `${sample.slice(0, 4)}\u2011${sample.slice(4)}`],
  ['a zero-width space', `${sample.slice(0, 4)}\u200B${sample.slice(4)}`],
  ['a tab', `${sample.slice(0, 4)}\t${sample.slice(4)}`],
  ['a line end after it', `${sample}\n`],
  ['a Greek capital that looks alike', `${sample.slice(0, 26)}ΑΒ`],
  ['digits for a country', `12${sample.slice(2)}`],
  ['U in the middle', `${sample.slice(0, 5)}U${sample.slice(6)}`],
  ['two schemes', `dcann:dcann:${sample}`],
  ['another scheme', `did:${sample}`],
  ['a path', `${sample}/x`],
])('parseIdentifier refuses %s', async (_, text) => {
  expect(await codeOf(() => parseIdentifier(text))).toBe('identifier-invalid')
})

function find(test: (identifier: string) => boolean, country = 'EE'): string {
  for (let i = 0; i < 50_000; i++) {
    const identifier = identifierOf(country, `search ${i}`)
    if (test(identifier)) return identifier
  }
  throw new Error('searching an identifier: none found')
}
