import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { times } from './limits.ts'
import { endpointSchema, judgeNotice, type KnownRequester, newsOf, type Notice, noticeSchema } from './notice.ts'
import { formatTime } from './time.ts'

const now = 1_790_000_000
const notice: Notice = {
  v: 1,
  node: 'EE/node/tallinn',
  aud: 'EE/requester/insurer',
  agreement: 'A'.repeat(43),
  n: 3,
  at: formatTime(now),
}
const expected = { aud: notice.aud, node: notice.node, now }

describe('noticeSchema', () => {
  test.each([{ kind: 'revoke' }, { handle: '0'.repeat(26) }, { standing: 'revoked' }, { n: 0 }])(
    'has no room for %o',
    (more) => expect(noticeSchema.safeParse({ ...notice, ...more }).success).toBe(false),
  )
})

describe('endpointSchema', () => {
  test.each([
    'https://push.example/a',
    'https://wns2.push.example/w/?token=Ab%2b',
    'https://push.example:8443/a:b',
    'http://127.0.0.1:4000/a',
  ])('takes %s', (endpoint) => expect(endpointSchema.safeParse(endpoint).success).toBe(true))

  test.each([
    'http://push.example/a',
    'https://somebody@push.example/',
    'https://push.example/a#b',
    'HTTPS://push.example/',
    'https://push.example/../a',
    'ftp://push.example/',
    'a',
    `https://push.example/${'a'.repeat(2048)}`,
  ])('refuses %s', (endpoint) => expect(endpointSchema.safeParse(endpoint).success).toBe(false))
})

describe('newsOf', () => {
  const before: KnownRequester = { status: 'active', control: { epoch: 1, parent: null } }
  const lei = '00EXAMPLE00000000098'
  test.each<[Partial<KnownRequester>, string | undefined]>([
    [{}, undefined],
    [{ control: { epoch: 2, parent: null } }, 'takeover'],
    [{ control: { epoch: 1, parent: lei } }, 'takeover'],
    [{ status: 'suspended' }, 'requester'],
    [{ status: 'ended', control: { epoch: 2, parent: lei } }, 'takeover'],
  ])('of %o is %s', (change, news) => {
    expect(newsOf(before, { ...before, ...change })).toBe(news)
    expect(newsOf({ ...before, ...change }, before)).toBe(news)
  })
})

describe('judgeNotice', () => {
  test('takes what is for this requester, by the node of the agreement', () => {
    expect(judgeNotice({ payload: notice }, expected)).toBe(notice)
  })

  test.each([
    [{ aud: 'EE/requester/other' }, 'not-entitled'],
    [{ node: 'EE/node/other' }, 'not-entitled'],
    [{ at: formatTime(now + times.nodeSkew + 1) }, 'time-invalid'],
    [{ at: formatTime(now - times.noticeKept - times.nodeSkew) }, 'expired'],
  ])('refuses %o', async (change, code) => {
    expect(await codeOf(() => judgeNotice({ payload: { ...notice, ...change } }, expected))).toBe(code)
  })

  test.each([formatTime(now + times.nodeSkew), formatTime(now - times.noticeKept - times.nodeSkew + 1)])(
    'takes one that is just in time, %s',
    (at) => expect(judgeNotice({ payload: { ...notice, at } }, expected).at).toBe(at),
  )
})
