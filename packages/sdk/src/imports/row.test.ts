import { describe, expect, test } from 'vitest'
import { decimal, firstOf, time } from './row.ts'

const row = (value: string) => new Map([['x', value]])

describe('time', () => {
  test.each([
    ['2026-03-04T05:06:07.123Z', '2026-03-04T05:06:07Z'],
    ['2026-03-04T05:06:07Z', '2026-03-04T05:06:07Z'],
    ['2026-03-04T05:06:07.123456+02:00', '2026-03-04T03:06:07Z'],
    ['2026-03-04 05:06:07 +0000 UTC', '2026-03-04T05:06:07Z'],
    ['2026-03-04 05:06:07 +0530 IST', '2026-03-03T23:36:07Z'],
    ['2026-12-31 20:00:00 -0800 PST', '2027-01-01T04:00:00Z'],
    ['2024-02-29 00:00:00 UTC', '2024-02-29T00:00:00Z'],
  ])('reads %s', (value, at) => expect(time('x')(row(value))).toBe(at))

  test.each(['', '1970-01-01 00:00:00 +0000 UTC'])('takes %j for absent', (value) => {
    expect(time('x')(value === '' ? new Map() : row(value))).toBeUndefined()
  })

  test.each([
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2026-03-04',
    '2026-03-04 05:06:07',
    '2026-03-04T24:00:00Z',
    '04/03/2026',
  ])('takes %s for a fault', (value) => expect(time('x')(row(value))).toEqual({ column: 'x', expected: 'a time' }))
})

test.each([
  ['12.50', '12.50'],
  [' +3 ', '3'],
  ['-0.1', '-0.1'],
])('decimal keeps %j as text', (value, kept) => expect(decimal('x')(row(value))).toBe(kept))

test.each(['1e3', '1,5', 'NaN', '--1', '1.'])('decimal takes %s for a fault', (value) => {
  expect(decimal('x')(row(value))).toHaveProperty('expected', 'a decimal number')
})

test('firstOf passes over what is absent', () => {
  expect(firstOf(decimal('y'), decimal('x'))(row('1'))).toBe('1')
})
