import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { formatTime, parseTime, within } from './time.ts'

const least = Date.UTC(1900, 0, 1) / 1000
const instant = fc.integer({ min: least, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })

test('parseTime undoes formatTime, and texts order as instants do', () => {
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      expect(parseTime(formatTime(a))).toBe(a)
      expect(formatTime(a) < formatTime(b)).toBe(a < b)
    }),
  )
})

test.each([
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T23:60:00Z',
  '2026-12-31T23:59:60Z',
  '2026-01-01T00:00:00+00:00',
  '2026-01-01T00:00:00z',
  '2026-01-01t00:00:00Z',
  '2026-01-01 00:00:00Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00Z',
  '2026-01-01',
  '+02026-01-01T00:00:00Z',
  '٢٠٢٦-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z\n',
  '',
])('parseTime refuses %j', async (text) => {
  expect(await codeOf(() => parseTime(text))).toBe('time-invalid')
})

test('parseTime knows leap days and times before 1970', () => {
  expect(parseTime('2024-02-29T00:00:00Z')).toBe(1_709_164_800)
  expect(parseTime('1969-12-31T23:59:59Z')).toBe(-1)
  expect(parseTime('0000-01-01T00:00:00Z')).toBeLessThan(0)
})

test('within is half-open', () => {
  const [from, until] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z']
  expect(within(parseTime(from), from, until)).toBe(true)
  expect(within(parseTime(from) - 1, from, until)).toBe(false)
  expect(within(parseTime(until) - 1, from, until)).toBe(true)
  expect(within(parseTime(until), from, until)).toBe(false)
  expect(within(0, null, undefined)).toBe(true)
})
