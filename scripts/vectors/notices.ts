import type { ErrorCode } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { type Notice, noticeNoun } from '@dcann/protocol/notice'
import { formatTime } from '@dcann/protocol/time'
import { keys, nth } from './federation.ts'
import { at, changed, type NamedVector, now, signAny, vectorsOf } from './vector.ts'

type Change = Readonly<Record<string, unknown>>

/** What a node tells a requester, as it comes to the inbox. */
export async function noticeVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('notice')
  const node = nth(keys.identity, 0)
  const notice: Notice = {
    v: 1,
    node: 'EE/node/tallinn',
    aud: 'EE/requester/insurer',
    agreement: 'A'.repeat(43),
    n: 4,
    at,
  }
  const given = { keys: [node.key], expected: { aud: notice.aud, node: notice.node } }
  const of = async (change: Change, by: Signer = node, typ = noticeNoun.typ): Promise<unknown> =>
    await signAny(typ, changed(notice, change), [by])
  const right = async (name: string, about: string, change: Change = {}): Promise<NamedVector> =>
    valid(name, about, { given, input: await of(change) }, { agreement: notice.agreement, n: change['n'] ?? notice.n })
  const wrong = async (name: string, about: string, change: Change, code: ErrorCode): Promise<NamedVector> =>
    invalid(name, about, { given, input: await of(change) }, code)
  const oldest = now - times.noticeKept - times.nodeSkew
  return [
    await right('plain', 'Read the chain from line 4 on.'),
    await right('first-line', 'Read the whole chain.', { n: 1 }),
    await right('just-ahead', 'Dated 300 s ahead.', { at: formatTime(now + times.nodeSkew) }),
    await right('as-old-as-it-gets', 'Tried for seven days.', { at: formatTime(oldest + 1) }),
    await wrong('says-why', 'What happened stands in the chain alone.', { kind: 'revoke' }, 'schema-mismatch'),
    await wrong('names-the-handle', 'It is about nobody.', { handle: '0'.repeat(26) }, 'schema-mismatch'),
    await wrong('several-agreements', 'One at a time.', { agreement: ['A'.repeat(43)] }, 'schema-mismatch'),
    await wrong('line-0', 'Lines are counted from 1.', { n: 0 }, 'schema-mismatch'),
    await wrong('for-another', 'Replayed to another requester.', { aud: 'EE/requester/other' }, 'not-entitled'),
    await wrong('by-another-node', 'Under this agreement another answers.', { node: 'EE/node/other' }, 'not-entitled'),
    await wrong('dated-ahead', 'More than 300 s.', { at: formatTime(now + times.nodeSkew + 1) }, 'time-invalid'),
    await wrong('too-old', 'No node tries for so long.', { at: formatTime(oldest) }, 'expired'),
    invalid('by-a-stranger', 'Anybody can post.', { given, input: await of({}, nth(keys.stranger, 0)) }, 'key-unknown'),
    invalid(
      'as-a-refusal',
      'Another noun of the same node.',
      { given, input: await of({}, node, 'dcann-refusal+json') },
      'record-signature-invalid',
    ),
  ]
}
