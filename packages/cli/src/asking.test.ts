import { describe, expect, test } from 'vitest'
import type { Term } from '@dcann/protocol/offer'
import type { KeptEntry } from '@dcann/protocol/entry'
import { parseTime } from '@dcann/protocol/time'
import type { Imported } from '@dcann/sdk/imports/piece'
import { rideTrips } from '@dcann/sdk/imports/ride-trips'
import { createBatch } from '@dcann/sdk/imports/batch'
import { chooseEnd, chooseTerms } from './commands/agree.ts'
import { itemOf } from './commands/query.ts'
import { UsageError } from './failure.ts'
import { letOutBy } from '@dcann/sdk/let-out'

const now = parseTime('2026-11-23T12:00:00Z')
const rides: Term = {
  id: 'rides',
  optional: false,
  strand: 'mobility.rides',
  claims: ['rides_per_week'],
  category: 'pd:TravelHistory',
  purpose: 'dpv:PersonalisedBenefits',
  purpose_text: { en: 'To lower your premium' },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A6-1-a',
  mode: 'query',
  fetch: 'periodic',
  frequency: null,
  data_range: { last: 'P90D' },
  data_life: 'P30D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: ['EE'],
  used_by: [],
  combine: 'never',
}
const cities: Term = { ...rides, id: 'cities', optional: true, claims: ['city'] }

describe('chooseTerms', () => {
  test('takes what is required always, and what is optional when it is named', () => {
    expect(chooseTerms({ terms: [rides, cities] }, [])).toEqual(['rides'])
    expect(chooseTerms({ terms: [rides, cities] }, ['cities'])).toEqual(['rides', 'cities'])
    expect(chooseTerms({ terms: [rides, cities] }, ['rides'])).toEqual(['rides'])
    expect(() => chooseTerms({ terms: [rides, cities] }, ['city'])).toThrow('optional are cities')
    expect(() => chooseTerms({ terms: [rides] }, ['city'])).toThrow('none is optional')
  })
})

describe('chooseEnd', () => {
  const lasts = { lasts: 'P180D' }
  test('ends by date, by days, or as offered', () => {
    expect(chooseEnd({}, lasts, now)).toBe(now + 180 * 86_400)
    expect(chooseEnd({ days: '30' }, lasts, now)).toBe(now + 30 * 86_400)
    expect(chooseEnd({ until: '2026-12-01' }, lasts, now)).toBe(parseTime('2026-12-01T00:00:00Z'))
  })

  test.each([
    { days: '181' },
    { days: '0' },
    { days: '1.5' },
    { until: '2026-11-01' },
    { until: '2030-01-01' },
    { until: 'soon' },
    { until: '2026-12-01', days: '3' },
  ])('refuses %j', (given) => {
    expect(() => chooseEnd(given, lasts, now)).toThrow(UsageError)
  })
})

describe('letOutBy', () => {
  const entry = (at: string, change: Partial<KeptEntry> = {}): KeptEntry => ({
    id: 'x'.repeat(43),
    recorded: at,
    at,
    body: { city: 'Pune' },
    tags: [],
    moment: { driver: 'experience', channel: 'offline' },
    source: 'test',
    assurance: 'self',
    about: 'holder',
    ...change,
  })
  const entries = [
    entry('2026-11-20T00:00:00Z'),
    entry('2026-11-19T00:00:00Z', { about: 'others' }),
    entry('2026-11-18T00:00:00Z', { moment: { driver: 'intent', channel: 'online' } }),
    entry('2025-01-01T00:00:00Z'),
  ]

  test('counts what leaves, and what values are worked out from', () => {
    expect(letOutBy(rides, entries, now)).toMatchObject({ leaving: 0, counted: 1 })
    expect(letOutBy(cities, entries, now)).toMatchObject({ leaving: 2, counted: 0 })
    expect(letOutBy({ ...cities, claims: null }, entries, now)).toMatchObject({ leaving: 2, counted: 0 })
    expect(letOutBy(cities, entries, now).rows.map(({ body }) => Object.keys(body))).toEqual([['city'], ['city']])
    expect(letOutBy(rides, entries, now)).toMatchObject({ rows: [], values: [{ claim: 'rides_per_week', of: 1 }] })
    expect(letOutBy({ ...cities, data_range: null }, entries, now).leaving).toBe(3)
    expect(letOutBy({ ...cities, about_others: true }, entries, now).leaving).toBe(3)
    expect(letOutBy({ ...cities, moments: [{ driver: 'experience' }] }, entries, now).leaving).toBe(1)
    expect(letOutBy({ ...cities, min_assurance: 'attested' }, entries, now).leaving).toBe(0)
  })
})

describe('itemOf', () => {
  test('puts together what is asked for', () => {
    expect(
      itemOf({
        strand: 'mobility.rides',
        claims: ['a,b', 'c'],
        from: '2026-01-31',
        limit: '5',
        moments: ['experience/offline'],
      }),
    ).toEqual({
      strand: 'mobility.rides',
      claims: ['a', 'b', 'c'],
      from: '2026-01-31T00:00:00Z',
      limit: 5,
      moments: [{ driver: 'experience', channel: 'offline' }],
    })
    expect(() => itemOf({})).toThrow('--strand is missing')
    for (const wrong of [{ from: 'monday' }, { limit: '0' }, { moments: ['experience/intent'] }, { moments: ['x'] }]) {
      expect(() => itemOf({ strand: 'a.b', ...wrong })).toThrow(UsageError)
    }
  })
})

describe('createBatch', () => {
  const made = (i: number, text = ''): Imported => ({
    id: `${i}`,
    line: i,
    file: 'trips_data.csv',
    mapping: rideTrips,
    entry: { at: '2026-01-01T00:00:00Z', body: { text }, tags: [], source: 'test', assurance: 'self', about: 'holder' },
  })

  test('is full by number or by bytes, and loses nothing', () => {
    const byNumber = createBatch(2, 10_000)
    const sent = [1, 2, 3, 4, 5].flatMap((i) => {
      const full = byNumber.add(made(i))
      return full ? [full.map(({ line }) => line)] : []
    })
    expect([...sent, byNumber.rest().map(({ line }) => line)]).toEqual([[1, 2], [3, 4], [5]])
    const byBytes = createBatch(100, 1_000)
    expect(byBytes.add(made(1, 'x'.repeat(600)))).toBeUndefined()
    expect(byBytes.add(made(2, 'x'.repeat(600)))).toHaveLength(1)
    expect(byBytes.rest()).toHaveLength(1)
    expect(byBytes.rest()).toEqual([])
  })
})
