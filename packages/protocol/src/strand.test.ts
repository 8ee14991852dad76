import { expect, test } from 'vitest'
import { type Strand, strandSchema } from './strand.ts'

const strand: Strand = {
  name: 'mobility.rides',
  kind: 'stream',
  schema: 'urn:dcann:schema:ride:1',
  category: 'pd:TravelHistory',
  special: false,
  tags: ['mobility.ride'],
  custody: 'node',
}

test('strandSchema admits a thread of one shape, and nothing beside', () => {
  expect(strandSchema.safeParse(strand).success).toBe(true)
  const wrong: unknown[] = [
    { ...strand, name: 'rides' },
    { ...strand, name: 'mobility.Rides' },
    { ...strand, name: 'a.b.c.d.e.f' },
    { ...strand, schema: 'https://example.org/ride' },
    { ...strand, category: 'pd:Mischief' },
    { ...strand, custody: 'cloud' },
    { ...strand, kind: 'table' },
    { ...strand, tags: ['b', 'a'] },
    { ...strand, owner: 'x' },
  ]
  for (const one of wrong) expect(strandSchema.safeParse(one).success).toBe(false)
})
