import { expect, test } from 'vitest'
import { base64Url, sha256, utf8 } from './bytes.ts'
import { deriveIdentifier } from './identifier.ts'
import { limits } from './limits.ts'
import { fromSchema, type Query, querySchema, requestDigest } from './request.ts'

const handle = '0'.repeat(26)
const query: Query = {
  id: 'A'.repeat(22),
  from: 'EE/requester/insurer',
  to: handle,
  purpose: 'dpv:PersonalisedBenefits',
  items: [{ strand: 'mobility.rides', claims: ['rides_per_week'] }],
}

test('querySchema is closed: it asks for what it names and nothing else', () => {
  expect(querySchema.safeParse(query).success).toBe(true)
  const [item] = query.items
  const items = (change: object): unknown => ({ ...query, items: [{ ...item, ...change }] })
  const wrong: unknown[] = [
    { ...query, id: 'short' },
    { ...query, from: handle },
    { ...query, to: 'EE/node/x' },
    { ...query, purpose: 'anything' },
    { ...query, items: [] },
    { ...query, items: Array(limits.queryItems + 1).fill(item) },
    { ...query, where: 'fare > 5' },
    items({ claims: [] }),
    items({ claims: ['rides_per_week; drop'] }),
    items({ tags: [] }),
    items({ moments: [] }),
    items({ limit: 0 }),
    items({ limit: limits.answerEntries + 1 }),
    items({ from: 'yesterday' }),
    items({ operator: 'sum' }),
  ]
  for (const one of wrong) expect(querySchema.safeParse(one).success).toBe(false)
})

test('fromSchema admits those who can be looked up', () => {
  for (const from of ['EE/requester/x', 'EE/node/x', deriveIdentifier('EE', {}), handle])
    expect(fromSchema.safeParse(from).success).toBe(true)
  for (const from of ['EE/operator/x', 'country/EE', 'root', '', `${deriveIdentifier('EE', {}).slice(0, 27)}!`])
    expect(fromSchema.safeParse(from).success).toBe(false)
})

test('requestDigest is over the bytes of the body', () => {
  expect(requestDigest(utf8('{}'))).toBe(base64Url(sha256(utf8('{}'))))
  expect(requestDigest(utf8('{} '))).not.toBe(requestDigest(utf8('{}')))
})
