import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { derive, derivedClaim, derivedClaims } from './claim.ts'
import { type Assurance, entryId, type KeptEntry } from './entry.ts'
import type { Moment } from './moment.ts'
import { formatTime, type Instant, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const day = 86_400

function ride(at: Instant, driver: Moment['driver'] = 'experience', assurance: Assurance = 'fetched'): KeptEntry {
  const entry = { at: formatTime(at), body: { fare: '4.20' }, source: 'rides.csv' }
  const id = entryId('mobility.rides', entry)
  const moment: Moment = { driver, channel: 'offline' }
  return { ...entry, id, recorded: formatTime(now), tags: [], moment, assurance, about: 'holder' }
}

function profile(at: string, birth: unknown, id = 'A'.repeat(43)): KeptEntry {
  return {
    at,
    id,
    body: { birth_date: birth as string },
    source: 'wallet',
    recorded: at,
    tags: [],
    assurance: 'self',
    about: 'holder',
  }
}

const perWeek = (entries: readonly KeptEntry[], at = now): unknown => derive('rides_per_week', entries, at).value
const isAdult = (born: unknown, at: string): unknown =>
  derive('age_over_18', [profile('2020-01-01T00:00:00Z', born)], parseTime(at)).value

test('derive rides_per_week counts from exactly 90 days before, up to and without now', () => {
  expect(derive('rides_per_week', [ride(now - 90 * day)], now)).toEqual({
    value: '0.1',
    assurance: 'fetched',
    of: 1,
    from: formatTime(now - 90 * day),
    to: formatTime(now),
  })
  expect(derive('rides_per_week', [ride(now - 90 * day - 1)], now).of).toBe(0)
  expect(derive('rides_per_week', [ride(now - 1)], now).of).toBe(1)
  expect(derive('rides_per_week', [ride(now)], now).of).toBe(0)
  expect(derive('rides_per_week', [ride(now + 1)], now).of).toBe(0)
})

test('derive rides_per_week counts rides that happened, not those searched for', () => {
  expect(perWeek([ride(now - day, 'intent'), ride(now - day, 'sharing')])).toBe('0.0')
  const { moment: _, ...without } = ride(now - day)
  expect(perWeek([without])).toBe('0.0')
})

test('derive rides_per_week has one digit, rounded half up', () => {
  const rides = (count: number): KeptEntry[] => Array.from({ length: count }, (_, i) => ride(now - 1 - i * 60))
  // 9 rides: 0.7 exactly; 45: 3.5; 135: 10.5
  expect([0, 1, 9, 45, 90, 135].map((count) => perWeek(rides(count)))).toEqual([
    '0.0',
    '0.1',
    '0.7',
    '3.5',
    '7.0',
    '10.5',
  ])
  fc.assert(
    fc.property(fc.nat(600), (count) => {
      const exact = (count * 7) / 90
      expect(Math.abs(Number(perWeek(rides(count))) - exact)).toBeLessThanOrEqual(0.05 + 1e-9)
      expect(perWeek(rides(count))).toMatch(/^\d+\.\d$/)
    }),
    { numRuns: 30 },
  )
})

test('derive rides_per_week is as sure as the weakest ride, and self when there is none', () => {
  const sure = [ride(now - 1, 'experience', 'attested'), ride(now - 2, 'experience', 'source-signed')]
  expect(derive('rides_per_week', sure, now).assurance).toBe('source-signed')
  expect(derive('rides_per_week', [], now).assurance).toBe('self')
})

test.each([
  ['2008-11-23', '2026-11-22T23:59:59Z', false],
  ['2008-11-23', '2026-11-23T00:00:00Z', true],
  ['2008-02-29', '2026-02-28T23:59:59Z', false],
  ['2008-02-29', '2026-03-01T00:00:00Z', true],
  ['2006-02-28', '2024-02-28T00:00:00Z', true],
  ['1948-05-04', '2026-11-23T12:00:00Z', true],
])('derive age_over_18 of %s at %s', (born, at, expected) => {
  expect(isAdult(born, at)).toBe(expected)
})

test.each([['2001-02-30'], ['2001-13-01'], ['2001-2-3'], ['01.02.2001'], [''], [2001], [null], [undefined]])(
  'derive age_over_18 says nothing of %j',
  (born) => {
    expect(isAdult(born, '2026-11-23T12:00:00Z')).toBeNull()
  },
)

test('derive age_over_18 reads the newest record, whatever the order', () => {
  const old = profile('2020-01-01T00:00:00Z', '2015-01-01')
  const newer = profile('2021-01-01T00:00:00Z', '1990-01-01')
  expect(derive('age_over_18', [old, newer], now).value).toBe(true)
  expect(derive('age_over_18', [newer, old], now).value).toBe(true)
  const same = profile('2021-01-01T00:00:00Z', '2015-01-01', 'B'.repeat(43))
  expect(derive('age_over_18', [same, newer], now)).toEqual(derive('age_over_18', [newer, same], now))
  expect(derive('age_over_18', [], now)).toEqual({ value: null, assurance: 'self', of: 0, from: null, to: null })
})

test('derivedClaims have names of their own, and derive knows no others', async () => {
  expect(new Set(derivedClaims.map(({ name }) => name)).size).toBe(derivedClaims.length)
  for (const claim of derivedClaims) expect(derivedClaim(claim.name)).toBe(claim)
  expect(derivedClaim('constructor')).toBeUndefined()
  expect(await codeOf(() => derive('constructor', [], now))).toBe('schema-mismatch')
})
