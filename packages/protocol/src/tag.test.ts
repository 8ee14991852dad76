import { expect, test } from 'vitest'
import { tagSchema, tagsSchema } from './tag.ts'

test.each(['mobility', 'mobility.ride', 'a.b.c.d.e.f', 'usage.per-week', 'iab-aud:1137', 'a.1'])(
  'tagSchema admits %s',
  (tag) => {
    expect(tagSchema.safeParse(tag).success).toBe(true)
  },
)

test.each([
  '',
  'Mobility',
  '.a',
  'a.',
  'a..b',
  'a b',
  '1a',
  '-a',
  'a.b.c.d.e.f.g',
  'iab-aud:',
  'iab-aud:x',
  'iab-aud:1234567',
  `a${'b'.repeat(80)}`,
])('tagSchema refuses %j', (tag) => {
  expect(tagSchema.safeParse(tag).success).toBe(false)
})

test('tagsSchema wants them sorted, each once, at most 32', () => {
  const many = Array.from({ length: 33 }, (_, i) => `t${String(i).padStart(2, '0')}`)
  expect(tagsSchema.safeParse([]).success).toBe(true)
  expect(tagsSchema.safeParse(many.slice(1)).success).toBe(true)
  for (const wrong of [many, ['b', 'a'], ['a', 'a']]) expect(tagsSchema.safeParse(wrong).success).toBe(false)
})
