import { expect, test } from 'vitest'
import { identifyEntry } from './entry-id.ts'
import type { ImportedEntry } from './mapping.ts'

const entry: ImportedEntry = {
  at: '2026-03-04T05:06:07Z',
  body: { b: '1', a: 'õ' },
  tags: ['usage.search'],
  source: 'google-search-export',
  assurance: 'self',
  about: 'holder',
}

test('identifyEntry is pinned: ids outlive this code', () => {
  expect(identifyEntry('interest.searches', entry)).toMatchInlineSnapshot(
    `"q9WvohSHBf0t_5c2BEb_Bnhft_RsXzdLd-qfBeDgrc0"`,
  )
})

test('identifyEntry looks at strand, time, body and source, and at nothing else', () => {
  const id = identifyEntry('interest.searches', entry)
  const same = [
    { ...entry, body: { a: 'õ', b: '1' } },
    { ...entry, tags: [] },
    { ...entry, moment: { driver: 'intent', channel: 'online' } as const },
  ]
  const other = [
    { ...entry, at: '2026-03-04T05:06:08Z' },
    { ...entry, body: { a: 'õ' } },
    { ...entry, source: 'another-export' },
  ]
  for (const one of same) expect(identifyEntry('interest.searches', one)).toBe(id)
  for (const one of other) expect(identifyEntry('interest.searches', one)).not.toBe(id)
  expect(identifyEntry('mobility.rides', entry)).not.toBe(id)
})
