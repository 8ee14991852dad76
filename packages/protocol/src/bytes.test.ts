import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import {
  base64,
  base64Url,
  concatenate,
  equalBytes,
  fromBase64Url,
  fromHex,
  hex,
  isBase64Url,
  sha256,
  utf8,
} from './bytes.ts'
import { engine as elsewhere } from './engine.default.ts'
import { engine as here } from './engine.node.ts'

test('fromBase64Url undoes base64Url, in every engine', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = base64Url(bytes)
      expect(fromBase64Url(text)).toEqual(bytes)
      expect(elsewhere.encodeBase64Url(bytes)).toBe(text)
      expect(elsewhere.decodeBase64Url(text)).toEqual(bytes)
    }),
  )
})

test('base64Url of more than one chunk is the same in every engine', () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 7) & 255)
  expect(elsewhere.encodeBase64Url(bytes)).toBe(here.encodeBase64Url(bytes))
})

test('fromBase64Url admits one text for one sequence of bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AQgwab-_+/= \n'.split('')) }), (text) => {
      const decoded = isBase64Url(text) ? base64Url(fromBase64Url(text)) : undefined
      expect(decoded === undefined || decoded === text).toBe(true)
    }),
  )
})

test.each([
  ['padding', 'YQ=='],
  ['spare bits', 'YR'],
  ['standard alphabet', '+/+/'],
  ['white space', 'YW Jj'],
  ['a line end', 'YWJj\n'],
  ['one character', 'Y'],
  ['another letter', 'YWJé'],
])('fromBase64Url refuses %s', async (_, text) => {
  expect(await codeOf(() => fromBase64Url(text))).toBe('malformed-json')
  expect(isBase64Url(text)).toBe(false)
  const bytes = elsewhere.decodeBase64Url(text)
  expect(elsewhere.encodeBase64Url(bytes)).not.toBe(text)
})

test('base64 pads as header fields do', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
    }),
  )
})

test('fromHex undoes hex and refuses upper case, odd lengths and others', async () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(hex(bytes))).toEqual(bytes)
    }),
  )
  for (const text of ['AB', 'abc', 'zz', '0x00', 'ab '])
    expect(await codeOf(() => fromHex(text))).toBe('malformed-json')
})

test('sha256 and signing are the same in every engine', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes, seed) => {
      expect(elsewhere.sha256(bytes)).toEqual(sha256(bytes))
      expect(elsewhere.publicKeyOf(seed)).toEqual(here.publicKeyOf(seed))
      expect(elsewhere.signWith(seed)(bytes)).toEqual(here.signWith(seed)(bytes))
    }),
    { numRuns: 10 },
  )
})

test('equalBytes and concatenate', () => {
  const text = utf8('passport')
  expect(concatenate(utf8('pass'), new Uint8Array(0), utf8('port'))).toEqual(text)
  expect(equalBytes(text, utf8('passport'))).toBe(true)
  expect(equalBytes(text, utf8('passports'))).toBe(false)
  expect(equalBytes(text, utf8('passporu'))).toBe(false)
})
