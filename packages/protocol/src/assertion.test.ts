import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { type Assertion, assertionNoun, judgeAssertion } from './assertion.ts'
import { handleOf } from './handle.ts'
import { testSigner } from './key.ts'
import { times } from './limits.ts'
import { proveSigned, readSigned, signPayload } from './signed.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const node = testSigner('assertion/node')
const id = 'A'.repeat(43)
const assertion: Assertion = {
  v: 1,
  iss: handleOf(testSigner('assertion/handle').key),
  aud: 'EE/requester/insurer',
  node: 'EE/node/tallinn',
  request: id,
  agreement: id,
  n: 2,
  grant_seq: 1,
  iat: now,
  exp: now + times.assertionLife,
  complete: true,
  items: [
    {
      strand: 'mobility.rides',
      term: 'rides',
      derived: { rides_per_week: { value: '3.5', assurance: 'fetched', of: 45, from: null, to: null } },
      assurance: 'fetched',
      coverage: { from: null, to: null, last_event: null, entries: 45 },
      complete: true,
    },
  ],
  use_until: '2026-12-23T12:00:00Z',
}
const expected = { aud: assertion.aud, request: id, agreement: id, now }
const judge = async (change: Partial<Assertion>, at: Partial<typeof expected> = {}): Promise<string> => {
  const signed = await signPayload(assertionNoun, { ...assertion, ...change }, [node])
  const proved = await proveSigned(readSigned(assertionNoun, signed), [node.key])
  return await codeOf(() => judgeAssertion(proved, { ...expected, ...at }))
}
const other = `${'B'.repeat(42)}A`

test.each<[string, Partial<Assertion>, Partial<typeof expected>, string]>([
  ['what was asked for', {}, {}, 'admitted'],
  ['an answer to another', { aud: 'EE/requester/other' }, {}, 'answer-invalid'],
  ['an answer to another request', { request: other }, {}, 'answer-invalid'],
  ['an answer of another agreement', { agreement: other }, {}, 'answer-invalid'],
  ['a life too long', { exp: now + times.assertionLife + 1 }, {}, 'answer-invalid'],
  ['no life', { exp: now }, {}, 'answer-invalid'],
  ['the last second', {}, { now: now + times.assertionLife + times.nodeSkew - 1 }, 'admitted'],
  ['a second later', {}, { now: now + times.assertionLife + times.nodeSkew }, 'answer-invalid'],
  ['a clock behind', {}, { now: now - times.nodeSkew }, 'admitted'],
  ['a clock further behind', {}, { now: now - times.nodeSkew - 1 }, 'answer-invalid'],
])('judgeAssertion judges %s', async (_, change, at, code) => {
  expect(await judge(change, at)).toBe(code)
})

test('assertionNoun keeps to its form', async () => {
  const sign = async (change: object): Promise<unknown> =>
    await signPayload(assertionNoun, { ...assertion, ...change }, [node]).catch(() => 'refused')
  const [item] = assertion.items
  for (const wrong of [
    { items: [] },
    { n: 0 },
    { unconfirmed: false },
    { items: [{ ...item, why: 'because' }] },
    { x: 1 },
  ])
    expect(await sign(wrong)).toBe('refused')
})
