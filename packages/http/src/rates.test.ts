import { describe, expect, test } from 'vitest'
import { createRates } from './rates.ts'

describe('take', () => {
  test('grants a burst, then says how long to wait, then grants again', () => {
    const { take } = createRates({ burst: 3, perSecond: 0.5, callersMost: 10 })
    expect([take('a', 0), take('a', 0), take('a', 0)]).toEqual([0, 0, 0])
    expect(take('a', 0)).toBe(2)
    expect(take('a', 1_000)).toBe(1)
    expect(take('a', 2_000)).toBe(0)
    expect(take('a', 2_000)).toBe(2)
  })

  test('gives back no more than the burst, and nothing for a clock that went back', () => {
    const { take } = createRates({ burst: 1, perSecond: 1, callersMost: 10 })
    expect(take('a', 1_000_000)).toBe(0)
    expect(take('a', 0)).toBe(1)
    expect(take('a', 1_000_500)).toBe(1)
    expect(take('a', 9_000_000)).toBe(0)
    expect(take('a', 9_000_000)).toBe(1)
  })

  test('counts each caller apart, and forgets the oldest', () => {
    const { take } = createRates({ burst: 1, perSecond: 0.01, callersMost: 2 })
    expect([take('a', 0), take('b', 0), take('a', 0)]).toEqual([0, 0, 100])
    expect([take('c', 0), take('b', 0)]).toEqual([0, 0])
  })

  test('takes what a call costs', () => {
    const { take } = createRates({ burst: 10, perSecond: 1, callersMost: 2 })
    expect([take('a', 0, 8), take('a', 0, 8), take('a', 6_000, 8)]).toEqual([0, 6, 0])
  })
})
