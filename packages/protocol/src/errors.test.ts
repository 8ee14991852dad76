import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorCodes, ProtocolError, quote } from './errors.ts'

const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code))
const textArbitrary = fc.string({ unit })

test('errorCodes are distinct kebab-case words', () => {
  expect(new Set(errorCodes).size).toBe(errorCodes.length)
  for (const code of errorCodes) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
})

test('ProtocolError carries its code and facts', () => {
  const error = new ProtocolError('over-asking', 'covering a request: too much', { bound: 'claims' })
  expect(error).toMatchObject({ name: 'ProtocolError', code: 'over-asking', facts: { bound: 'claims' } })
  expect(new ProtocolError('moved', 'x').facts).toEqual({})
})

test('quote bounds what it quotes and shows what would be invisible', () => {
  fc.assert(
    fc.property(textArbitrary, fc.nat(60), (text, max) => {
      const quoted = quote(text, max)
      expect(quoted.length).toBeLessThanOrEqual(6 * (max + 1) + 2)
      expect(quoted).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u)
      expect(quoted.isWellFormed()).toBe(true)
    }),
  )
  expect(quote('a\u202Eb')).toBe('"a\\u202eb"')
  expect(quote('x'.repeat(50), 3)).toBe('"xxx…"')
})
