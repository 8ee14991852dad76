import { expect, test } from 'vitest'
import { beginningOf, date } from './calendar.ts'

const row = (value: string) => new Map([['x', value]])

test.each([
  ['12 Mar 2021', '2021-03-12', '2021-03-12T00:00:00Z'],
  ['1 sept 2020', '2020-09-01', '2020-09-01T00:00:00Z'],
  ['29 February 2024', '2024-02-29', '2024-02-29T00:00:00Z'],
  [' Mar 2021 ', '2021-03', '2021-03-01T00:00:00Z'],
  ['December 1999', '1999-12', '1999-12-01T00:00:00Z'],
  ['2019', '2019', '2019-01-01T00:00:00Z'],
])('date reads %j as %s, which begins at %s', (value, read, at) => {
  expect(date('x')(row(value))).toBe(read)
  expect(beginningOf(date('x'))(row(value))).toBe(at)
})

test.each([
  '31 Feb 2021',
  '0 Mar 2021',
  '29 Feb 2023',
  'Spring 2014',
  'Ma 2021',
  'Marchy 2021',
  '3/2021',
  '21',
  '12 2021',
  '2021 Mar',
])('date takes %j for a fault, and so does beginningOf', (value) => {
  const fault = { column: 'x', expected: 'a date' }
  expect(date('x')(row(value))).toEqual(fault)
  expect(beginningOf(date('x'))(row(value))).toEqual(fault)
})

test('date takes an empty column for absent', () => {
  expect(date('x')(new Map())).toBeUndefined()
  expect(beginningOf(date('x'))(row(' '))).toBeUndefined()
})
