import { expect, test } from 'vitest'
import { amountSchema, dueFor, type Value, valueSchema } from './value.ts'

test('amountSchema is decimal text in one form', () => {
  for (const amount of ['0', '5', '5.00', '0.0001', '999999999999'])
    expect(amountSchema.safeParse(amount).success).toBe(true)
  for (const amount of ['', '05', '5.', '.5', '-1', '+1', '1e3', '1,5', '5.00001', '1000000000000', ' 1', 5])
    expect(amountSchema.safeParse(amount).success).toBe(false)
})

test('valueSchema and dueFor: an item stands for terms, and is due when all of them were granted', () => {
  const value: Value = {
    gives: [
      { kind: 'money', amount: '5.00', currency: 'EUR', per: 'once', terms: ['a', 'b'] },
      { kind: 'insight', per: 'answer', terms: ['b'] },
    ],
    settle_by: 'P30D',
  }
  expect(valueSchema.safeParse(value).success).toBe(true)
  expect(valueSchema.safeParse({ ...value, settle_by: 'P0D' }).success).toBe(false)
  expect(valueSchema.safeParse({ ...value, gives: [{ kind: 'money', per: 'once', terms: [] }] }).success).toBe(false)
  expect(dueFor(value, ['a'])).toEqual([])
  expect(dueFor(value, ['b'])).toEqual([value.gives[1]])
  expect(dueFor(value, ['b', 'a', 'c'])).toEqual(value.gives)
})
