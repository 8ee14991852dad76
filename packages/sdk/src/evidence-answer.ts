import { type Assertion, judgeAssertion } from '@dcann/protocol/assertion'
import { standingOf } from '@dcann/protocol/agreement'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { leafHash } from '@dcann/protocol/log/merkle'
import { parseNote } from '@dcann/protocol/log/note'
import { verifyInclusion } from '@dcann/protocol/log/proof'
import { times } from '@dcann/protocol/limits'
import type { WitnessPolicy } from '@dcann/protocol/log/quorum'
import type { NodeRecord } from '@dcann/protocol/node'
import { type Query, requestDigest } from '@dcann/protocol/request'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { proveSigned, type Submitted, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import type { AgreementPair } from './agreement-pair.ts'
import { judgeAnswer } from './answer.ts'
import { policyAt, requireOwnLines, timeOfHead } from './evidence-head.ts'
import type { EvidencePackage } from './evidence-package.ts'
import { heardBy, type Party, type Scene, underAny } from './evidence-parties.ts'
import type { Prove } from './evidence-link.ts'
import { inForce } from './replay.ts'

/** Proves that the node's assertion key of that day signed the answer, and that it answers this request. */
export async function proveAssertionLink(
  prove: Prove,
  { file, at }: Scene,
  claimed: Submitted<Assertion>,
  node: Party<NodeRecord>,
  { allowance }: AgreementPair,
): Promise<Verified<Assertion>> {
  return await prove('assertion', async () => {
    const assertion = await proveSigned(claimed, [node.record.payload.assertion_key])
    const request = requestDigest(fromBase64Url(file.request.body))
    judgeAssertion(assertion, { aud: allowance.requester, request, agreement: allowance.agreement, now: at })
    const { node: by, n, unconfirmed } = assertion.payload
    const silent = unconfirmed ? ', while the registry of the requester was silent' : ''
    return [assertion, `signed by ${by} at ${formatTime(at)}, number ${n}${silent}`]
  })
}

/** Proves that the agreement stood and that the answer holds what it lets out, and nothing else. */
export async function proveCoverageLink(
  prove: Prove,
  { at }: Scene,
  assertion: Verified<Assertion>,
  query: Query,
  { allowance }: AgreementPair,
  requester: Party<RequesterRecord>,
): Promise<void> {
  await prove('answer covers agreement', async () => {
    await underAny(heardBy(requester, at), (record) => {
      const { standing, suspension } = standingOf(allowance, 'active', record, at)
      if (standing !== 'active') {
        throw new ProtocolError(
          'not-active',
          `judging the agreement: it was ${suspension ?? standing} when it was used`,
        )
      }
      judgeAnswer(assertion, query, allowance, record)
    })
    return [undefined, `${assertion.payload.items.length} item(s), each inside a term that was granted`]
  })
}

type Evidence = NonNullable<EvidencePackage['evidence']>

/** Proves that the line of evidence is about this answer. That it is the node's own line, its inclusion proves. */
export async function proveEntryLink(
  prove: Prove,
  { entry }: Evidence,
  { payload, id }: Verified<Assertion>,
): Promise<void> {
  await prove('evidence entry', async () => {
    const expected = {
      agreement: payload.agreement,
      passport: null,
      n: payload.n,
      kind: 'answer',
      request: payload.request,
      answer: id,
      outcome: 'answered',
      at: formatTime(payload.iat),
    } as const
    for (const [member, value] of Object.entries(expected)) {
      // each name is one of the entry's own
      const is = entry[member as keyof typeof expected]
      if (is !== value) {
        throw new ProtocolError(
          'evidence-broken',
          `reading the entry: ${member} is ${quote(String(is), 60)}, not the answer's`,
        )
      }
    }
    return [undefined, `line ${entry.n} of the agreement's chain names this answer`]
  })
}

/**
 * Proves that the line is in the node's log, under a head that the node's identity key signed. Tells whether others cosigned
 * that head while the key that signed the answer was good, so that it cannot have been made afterwards.
 */
export async function proveInclusionLink(
  prove: Prove,
  { at, roots, zones }: Scene,
  { entry, salt, inclusion }: Evidence,
  node: Party<NodeRecord>,
): Promise<boolean> {
  return await prove('inclusion', async () => {
    const { index, size, proof, checkpoint } = inclusion
    const policy = policyAt(roots, zones.node, at)
    const head = await openNodeCheckpoint(checkpoint, node, policy)
    if (head.size !== size) {
      throw new ProtocolError('evidence-broken', `reading the head: it is of ${head.size} lines, the proof of ${size}`)
    }
    verifyInclusion({
      leaf: leafHash(fromBase64Url(evidenceLeaf(salt, entry))),
      index,
      size,
      root: head.root,
      proof: proof.map((hash) => fromBase64Url(hash)),
    })
    const time = await timeOfHead(head.note, policy, Number.MAX_SAFE_INTEGER - times.nodeSkew)
    const isDated = time !== undefined && isGoodAt(node, time)
    const words = isDated ? `, under a head cosigned at ${formatTime(time)}` : ''
    return [isDated, `line ${index} of ${size} in the log of ${node.record.payload.name}${words}`]
  })
}

/** Whether the key that signed the answer was the node's at a time, as far as the zone's word of it reaches: a day on. */
function isGoodAt({ history, record, stated }: Party<NodeRecord>, time: Instant): boolean {
  return time <= stated + times.stale && inForce(history, time)?.payload.assertion_key === record.payload.assertion_key
}

type Checkpoint = Awaited<ReturnType<typeof openCheckpoint>>

/** Signed by the node's key at the time of the answer, or by one it had later: heads of a log follow its node's keys. */
async function openNodeCheckpoint(
  text: string,
  { history, record }: Party<NodeRecord>,
  policy: WitnessPolicy | undefined,
): Promise<Checkpoint> {
  const note = parseNote(text)
  const origin = note.text.slice(0, note.text.indexOf('\n'))
  if (!origin.endsWith(`/evidence/${record.payload.name}`)) {
    throw new ProtocolError(
      'evidence-broken',
      `reading the head: it is ${quote(origin)}, expected the log of ${record.payload.name}`,
    )
  }
  const since = history.filter(({ payload }) => parseTime(payload.at) >= parseTime(record.payload.at))
  const head = await underAny(since, async ({ identity_key: key }) => {
    const opened = await openCheckpoint(text, { name: origin, key })
    requireOwnLines(opened.note, { name: origin, key }, policy)
    return opened
  })
  if (head.extensions.length > 0) {
    throw new ProtocolError('evidence-broken', 'reading the head: it has lines that nothing here can prove')
  }
  return head
}
