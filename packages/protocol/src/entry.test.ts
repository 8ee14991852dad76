import { expect, test } from 'vitest'
import { base64Url, sha256, utf8 } from './bytes.ts'
import { assurances, type Entry, entryId, entrySchema, isAssured, weakestAssurance } from './entry.ts'
import { limits } from './limits.ts'

const entry: Entry = {
  at: '2026-11-23T12:00:00Z',
  body: { fare: '4.20', places: ['A', 'B'] },
  tags: ['mobility.ride', 'usage.weekly'],
  moment: { driver: 'experience', channel: 'offline' },
  source: 'rides.csv',
  assurance: 'fetched',
  about: 'holder',
}

test('entryId is over strand, time, body and source, and nothing else', () => {
  const text =
    'mobility.rides\n{"at":"2026-11-23T12:00:00Z","body":{"fare":"4.20","places":["A","B"]},"source":"rides.csv"}'
  expect(entryId('mobility.rides', entry)).toBe(base64Url(sha256(utf8(text))))
  const classified: Entry = { ...entry, tags: [], assurance: 'self', about: 'both' }
  expect(entryId('mobility.rides', classified)).toBe(entryId('mobility.rides', entry))
  const reordered = { ...entry, body: { places: ['A', 'B'], fare: '4.20' } }
  expect(entryId('mobility.rides', reordered)).toBe(entryId('mobility.rides', entry))
  for (const other of [
    { ...entry, at: '2026-11-23T12:00:01Z' },
    { ...entry, source: 'x' },
    { ...entry, body: {} },
  ])
    expect(entryId('mobility.rides', other)).not.toBe(entryId('mobility.rides', entry))
  expect(entryId('mobility.searches', entry)).not.toBe(entryId('mobility.rides', entry))
})

test('isAssured and weakestAssurance follow the order of strength', () => {
  for (const [i, given] of assurances.entries())
    for (const [j, wanted] of assurances.entries()) expect(isAssured(given, wanted)).toBe(i >= j)
  expect(weakestAssurance([])).toBe('attested')
  expect(weakestAssurance(['attested', 'fetched', 'source-signed'])).toBe('fetched')
})

test('entrySchema bounds a body in bytes, and wants sorted tags and plain names', () => {
  expect(entrySchema.safeParse(entry).success).toBe(true)
  const filled = (c: string, count: number): unknown => ({ ...entry, body: { a: c.repeat(count) } })
  const around = '{"a":""}'.length
  expect(entrySchema.safeParse(filled('x', limits.entryBytes - around)).success).toBe(true)
  expect(entrySchema.safeParse(filled('x', limits.entryBytes - around + 1)).success).toBe(false)
  expect(entrySchema.safeParse(filled('ä', limits.entryBytes / 2)).success).toBe(false)
  const wrong: unknown[] = [
    { ...entry, tags: ['usage.weekly', 'mobility.ride'] },
    { ...entry, tags: ['mobility.ride', 'mobility.ride'] },
    { ...entry, tags: ['Mobility'] },
    { ...entry, body: { Fare: 1 } },
    { ...entry, body: [] },
    { ...entry, moment: { driver: 'hunger', channel: 'online' } },
    { ...entry, about: 'nobody' },
    { ...entry, assurance: 'sworn' },
    { ...entry, id: 'x' },
  ]
  for (const one of wrong) expect(entrySchema.safeParse(one).success).toBe(false)
})
