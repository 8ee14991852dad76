import type { Allowance } from '@dcann/protocol/agreement'
import type { CoveredItem } from '@dcann/protocol/cover'
import type { Term } from '@dcann/protocol/offer'
import { describe, expect, test } from 'vitest'
import { countUse } from './frequency.ts'

const allowance = { from: 1_000_000 } as Allowance

function items(change: Partial<Term>): CoveredItem[] {
  const term = { id: 'rate', fetch: 'periodic', frequency: null, ...change } as Term
  return [{ item: { strand: 'mobility.rides' }, term, from: 0, to: 1 }]
}

function codeOf(act: () => unknown): unknown {
  try {
    act()
    return 'counted'
  } catch (error) {
    return error
  }
}

describe('countUse', () => {
  test('counts within a window and begins anew at its very end', () => {
    const hourly = items({ frequency: { max: 2, per: 'hour' } })
    const once = countUse({}, allowance, hourly, 1_000_000)
    const twice = countUse(once, allowance, hourly, 1_003_599)
    expect(twice).toEqual({ rate: { window: 0, count: 2 } })
    expect(codeOf(() => countUse(twice, allowance, hourly, 1_003_599))).toMatchObject({
      code: 'frequency-exceeded',
      facts: { retry_after: 1 },
    })
    expect(countUse(twice, allowance, hourly, 1_003_600)).toEqual({ rate: { window: 1, count: 1 } })
  })

  test('gives once what is fetched once, however long one waits', () => {
    const once = items({ fetch: 'one-time' })
    const used = countUse({}, allowance, once, 1_000_000)
    expect(codeOf(() => countUse(used, allowance, once, 9_000_000))).toMatchObject({ code: 'frequency-exceeded' })
  })

  test('counts a term once an answer, and leaves alone what has no limit', () => {
    const limited = items({ frequency: { max: 1, per: 'day' } })
    expect(countUse({}, allowance, [...limited, ...limited], 1_000_000)).toEqual({ rate: { window: 0, count: 1 } })
    expect(countUse({}, allowance, items({}), 1_000_000)).toEqual({})
  })
})
