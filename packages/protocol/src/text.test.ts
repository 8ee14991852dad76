import { expect, test } from 'vitest'
import { leiSchema, mod97, plainTextSchema, urlSchema } from './text.ts'

const plain = plainTextSchema(20)

test.each(['Sahyadri Vaults', 'Õnne & Jõud OÜ', '数据护照', 'a', 'x'.repeat(20)])(
  'plainTextSchema admits %j',
  (text) => {
    expect(plain.safeParse(text).success).toBe(true)
  },
)

test.each([
  ['nothing', ''],
  ['21 characters', 'x'.repeat(21)],
  ['space before', ' a'],
  ['space after', 'a '],
  ['a line end', 'a\nb'],
  ['a tab', 'a\tb'],
  ['a line separator', 'a\u2028b'],
  ['a right-to-left override', 'a\u202Eb'],
  ['an Arabic letter mark', 'a\u061Cb'],
  ['an isolate', 'a\u2066b'],
  ['a zero-width space', 'a\u200Bb'],
  ['a soft hyphen', 'a\u00ADb'],
  ['a tag character', 'a\u{E0041}b'],
  ['a lone surrogate', 'a\uD800b'],
  ['a BOM', '\uFEFFa'],
])('plainTextSchema refuses %s', (_, text) => {
  expect(plain.safeParse(text).success).toBe(false)
})

test.each([
  'https://vault.example',
  'https://vault.example/a/b',
  'https://vault.example:8443/a',
  'http://localhost:4400',
  'http://127.0.0.1:4400/x',
  'http://[::1]:4400',
])('urlSchema admits %s', (url) => {
  expect(urlSchema.safeParse(url).success).toBe(true)
})

test.each([
  'http://vault.example',
  'http://127.0.0.1.vault.example',
  'http://10.0.0.1',
  'https://user@vault.example',
  'https://user:secret@vault.example',
  'https://vault.example/?a=1',
  'https://vault.example/#a',
  'https://VAULT.example',
  'https://vault.example:443',
  'https://vault.example/a/../b',
  'https://vault.example/a b',
  'HTTPS://vault.example',
  'ftp://vault.example',
  'javascript:alert(1)',
  'data:text/plain,a',
  '//vault.example',
  'vault.example',
  '',
  `https://vault.example/${'a'.repeat(512)}`,
])('urlSchema refuses %s', (url) => {
  expect(urlSchema.safeParse(url).success).toBe(false)
})

test('leiSchema holds check digits, and mod97 gives one for what is right', () => {
  expect(mod97('5493001KJTIIGC8Y1R12')).toBe(1)
  expect(leiSchema.safeParse('5493001KJTIIGC8Y1R12').success).toBe(true)
  for (const lei of ['5493001KJTIIGC8Y1R13', '5493001KJTIIGC8Y1R1', '5493001kjtiigc8y1r12', '4593001KJTIIGC8Y1R12'])
    expect(leiSchema.safeParse(lei).success).toBe(false)
})
