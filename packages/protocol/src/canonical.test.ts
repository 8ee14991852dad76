import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { utf8 } from './bytes.ts'
import { canonicalBytes, canonicalText, type Json, parseBounded, parseCanonical } from './canonical.ts'
import { limits } from './limits.ts'

const parse = (text: string): Json => parseCanonical(utf8(text), limits.payloadBytes)

const stringArbitrary = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
const jsonArbitrary = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => number + 0),
    stringArbitrary,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      stringArbitrary.filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value

test('parseCanonical undoes canonicalBytes', () => {
  fc.assert(
    fc.property(jsonArbitrary, (value) => {
      const bytes = canonicalBytes(value)
      const parsed = parseCanonical(bytes, limits.payloadBytes)
      expect(canonicalBytes(parsed)).toEqual(bytes)
      expect(JSON.stringify(parsed, sorted)).toBe(JSON.stringify(value, sorted))
    }),
  )
})

test('parseCanonical admits no second form of a value', async () => {
  await fc.assert(
    fc.asyncProperty(jsonArbitrary, fc.nat(4), async (value, indent) => {
      const canonical = canonicalText(value)
      const other = JSON.stringify(value, undefined, indent)
      const expected = other === canonical ? 'admitted' : 'not-canonical'
      expect(await codeOf(() => parse(other))).toBe(expected)
    }),
  )
})

test('parseCanonical never throws anything but a refusal', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.json().map(utf8), fc.string().map(utf8)), async (bytes) => {
      expect(await codeOf(() => parseCanonical(bytes, limits.payloadBytes))).toMatch(
        /^(?:admitted|malformed-json|not-canonical)$/,
      )
    }),
  )
})

test.each([
  ['a duplicate key', '{"a":1,"a":1}', 'not-canonical'],
  ['a duplicate key by escape', '{"a":1,"\\u0061":1}', 'not-canonical'],
  ['keys out of order', '{"b":1,"a":1}', 'not-canonical'],
  ['keys in order of code points, not of UTF-16 units', '{"\uFB33":1,"\u{1F600}":1}', 'not-canonical'],
  ['1.0', '[1.0]', 'not-canonical'],
  ['1e2', '[1e2]', 'not-canonical'],
  ['a fraction', '[1.5]', 'not-canonical'],
  ['-0', '[-0]', 'not-canonical'],
  ['-0 alone', '-0', 'not-canonical'],
  ['1e400', '[1e400]', 'not-canonical'],
  ['2^53', '[9007199254740992]', 'not-canonical'],
  ['2^53 + 1', '[9007199254740993]', 'not-canonical'],
  ['a plus sign', '[+1]', 'malformed-json'],
  ['a leading zero', '[01]', 'malformed-json'],
  ['NaN', '[NaN]', 'malformed-json'],
  ['an escape that need not be', '["\\u0041"]', 'not-canonical'],
  ['an escaped solidus', '["\\/"]', 'not-canonical'],
  ['an upper-case escape', '["\\u001F"]', 'not-canonical'],
  ['a lone high surrogate', '["\\ud800"]', 'not-canonical'],
  ['a lone low surrogate as a key', '{"\\udc00":1}', 'not-canonical'],
  ['NUL', '["\\u0000"]', 'not-canonical'],
  ['NUL in a key', '{"\\u0000":1}', 'not-canonical'],
  ['a raw control character', '["\u0001"]', 'malformed-json'],
  ['__proto__', '{"__proto__":{}}', 'not-canonical'],
  ['__proto__ by escape', '{"\\u005f_proto__":{}}', 'not-canonical'],
  ['__proto__ deep inside', '[{"a":{"__proto__":1}}]', 'not-canonical'],
  ['white space before', ' {}', 'not-canonical'],
  ['white space after', '{}\n', 'not-canonical'],
  ['white space inside', '{"a": 1}', 'not-canonical'],
  ['a trailing comma', '[1,]', 'malformed-json'],
  ['two values', '{}{}', 'malformed-json'],
  ['a comment', '{}//', 'malformed-json'],
  ['nothing', '', 'malformed-json'],
  ['depth 33', '['.repeat(33) + ']'.repeat(33), 'malformed-json'],
  ['depth 33 of objects', '{"a":'.repeat(33) + '1' + '}'.repeat(33), 'malformed-json'],
  ['depth that would end the stack', '['.repeat(60_000), 'malformed-json'],
  ['brackets closed before they open', ']'.repeat(40) + '['.repeat(40), 'malformed-json'],
])('parseCanonical refuses %s', async (_, text, code) => {
  expect(await codeOf(() => parse(text))).toBe(code)
})

test.each([
  ['a BOM', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], 'malformed-json'],
  ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00], 'malformed-json'],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22], 'malformed-json'],
  ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22], 'malformed-json'],
  ['half a character', [0x22, 0xc3, 0x22], 'malformed-json'],
])('parseCanonical refuses the bytes of %s', async (_, bytes, code) => {
  expect(await codeOf(() => parseCanonical(Uint8Array.from(bytes), 100))).toBe(code)
})

test('parseCanonical bounds bytes before it looks at them', async () => {
  expect(await codeOf(() => parseCanonical(utf8('[1]'), 3))).toBe('admitted')
  expect(await codeOf(() => parseCanonical(utf8('[1]'), 2))).toBe('too-large')
  expect(await codeOf(() => parseCanonical(new Uint8Array(3), 2))).toBe('too-large')
})

test('parseCanonical admits depth 32, brackets in strings and keys in order of UTF-16 units', () => {
  expect(parse('['.repeat(32) + ']'.repeat(32))).toBeDefined()
  expect(parse('{"a":'.repeat(32) + '1' + '}'.repeat(32))).toBeDefined()
  expect(parse(`["${'['.repeat(100)}\\"${'{'.repeat(100)}\\\\"]`)).toHaveLength(1)
  expect(parse('{"\u{1F600}":1,"\uFB33":1}')).toBeDefined()
  expect(parse('[9007199254740991,-9007199254740991,0]')).toHaveLength(3)
})

test('parseBounded bounds breadth', async () => {
  const list = (count: number): string => `[${Array(count).fill('0').join(',')}]`
  const members = (count: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, 0])))
  expect(await codeOf(() => parseBounded(list(limits.jsonBreadth)))).toBe('admitted')
  expect(await codeOf(() => parseBounded(list(limits.jsonBreadth + 1)))).toBe('malformed-json')
  expect(await codeOf(() => parseBounded(members(limits.jsonBreadth)))).toBe('admitted')
  expect(await codeOf(() => parseBounded(members(limits.jsonBreadth + 1)))).toBe('malformed-json')
})

test.each([
  ['a fraction', 1.5, 'not-canonical'],
  ['NaN', Number.NaN, 'not-canonical'],
  ['-0', -0, 'not-canonical'],
  ['a bigint', 1n, 'not-canonical'],
  ['undefined', undefined, 'not-canonical'],
  ['a function', () => 1, 'not-canonical'],
  ['a lone surrogate', '\ud800', 'not-canonical'],
  ['depth 33', JSON.parse('['.repeat(33) + ']'.repeat(33)), 'malformed-json'],
])('canonicalText refuses %s', async (_, value, code) => {
  expect(await codeOf(() => canonicalText(value))).toBe(code)
})

test('canonicalText writes what parseCanonical reads, to the same depth', () => {
  const deep: unknown = JSON.parse('['.repeat(32) + ']'.repeat(32))
  expect(parse(canonicalText(deep))).toEqual(deep)
  expect(canonicalText({ b: undefined, a: 1 })).toBe('{"a":1}')
})

/** Sorts members, so that two values compare by what they hold. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
