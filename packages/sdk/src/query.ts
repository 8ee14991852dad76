import { type Assertion, assertionNoun, judgeAssertion } from '@dcann/protocol/assertion'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { cover, type CoveredItem } from '@dcann/protocol/cover'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { NodeRecord } from '@dcann/protocol/node'
import { type Refusal, refusalNoun } from '@dcann/protocol/refusal'
import { type Query, querySchema, requestDigest } from '@dcann/protocol/request'
import type { SignedHead } from '@dcann/protocol/request-signature'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { Opener } from '@dcann/protocol/sealing-key'
import { parseSchema, proveSigned, readSigned, type Verified } from '@dcann/protocol/signed'
import { type AnswerBody, answerBody, batchAnswer, batchCall } from '@dcann/protocol/vault-api'
import type { AgreementPair } from './agreement-pair.ts'
import { judgeAnswer } from './answer.ts'
import { addressBelow } from './exchange.ts'
import { type Caller, type CallWorld, callSigned } from './signed-call.ts'
import { assertionIn, requireOpener } from './unseal.ts'
import { freshNonce, instantOf } from './world.ts'

/** Who asks whom, under what: each as it was resolved and proved. */
export type Asking = {
  readonly by: Caller
  readonly requester: RequesterRecord
  readonly node: NodeRecord
  readonly pair: AgreementPair
  /** Opens answers that the agreement has sealed. */
  readonly opener?: Opener
}

export type Question = Pick<Query, 'purpose' | 'items'>

/** An answer, proved and judged, with the bytes that evidence is made of. */
export type Answered = {
  readonly assertion: Verified<Assertion>
  readonly covered: readonly CoveredItem[]
  readonly pair: AgreementPair
  readonly body: Uint8Array
  readonly head: SignedHead
}

/**
 * Asks a vault under an agreement. What the agreement does not cover is refused here, before it leaves; what comes back is
 * opened when the agreement has it sealed, proved by the node's assertion key and judged against request and agreement. An
 * answer in the clear where it should be sealed is refused: whoever stood between has read it.
 *
 * Throws `purpose-mismatch`, `over-asking` or `bound-crossed` before asking, and `key-unknown` when answers are sealed and
 * `opener` does not have their key; `answer-invalid`, `key-unknown` or
 * `record-signature-invalid` for an answer that is not the node's or not one to this; and the code of the node's problem, of
 * which `refusalIn` gives the node's own signed word.
 *
 * ```ts
 * const { assertion } = await query(world, { by, requester, node, pair }, { purpose: 'dpv:ServiceProvision', items: [{ strand: 'mobility.rides' }] })
 * ```
 *
 * spec: request#query
 */
export async function query(world: CallWorld, asking: Asking, question: Question): Promise<Answered> {
  const { by, requester, node, pair, opener } = asking
  cover(question, pair.allowance, requester, instantOf(world))
  requireOpener(pair.allowance, opener)
  const { answer, body, head } = await callSigned(
    world,
    addressBelow(node.url, '/v1/requests'),
    by,
    querySchema,
    membersOf(asking, question),
    answerBody,
  )
  return { ...(await judge(world, asking, question, body, answer)), pair, body, head }
}

/** One answer of a batch: as `Answered`, or the code it was refused with. A batch makes no evidence packages. */
export type BatchAnswer =
  | Omit<Answered, 'body' | 'head' | 'pair'>
  | { readonly refused: string; readonly status: number }

/**
 * Asks several questions in one call, each decided by itself. Throws as `query` does, for the first that is not covered or
 * whose answer does not hold.
 *
 * spec: request#batch
 */
export async function queryBatch(
  world: CallWorld,
  asking: Asking,
  questions: readonly Question[],
): Promise<readonly BatchAnswer[]> {
  const { by, requester, node, pair, opener } = asking
  for (const question of questions) cover(question, pair.allowance, requester, instantOf(world))
  requireOpener(pair.allowance, opener)
  const requests = questions.map((question) =>
    parseSchema(
      querySchema,
      { ...membersOf(asking, question), id: freshNonce(world), from: by.from },
      'making a query',
    ),
  )
  const url = addressBelow(node.url, '/v1/requests/batch')
  const { answer } = await callSigned(world, url, by, batchCall, { requests }, batchAnswer)
  if (answer.answers.length !== requests.length) {
    throw new ProtocolError(
      'answer-invalid',
      `judging a batch: ${answer.answers.length} answers to ${requests.length} requests`,
    )
  }
  const judged: BatchAnswer[] = []
  for (const [i, one] of answer.answers.entries()) {
    const request = requests[i]
    if ('problem' in one || request === undefined) {
      judged.push('problem' in one ? { refused: one.problem.code, status: one.problem.status } : noAnswer)
      continue
    }
    judged.push(await judge(world, asking, request, canonicalBytes(request), one))
  }
  return judged
}

const noAnswer = { refused: 'answer-invalid', status: 500 } as const

/**
 * The node's signed refusal that came with an error of `query`, proved by its identity key: what a requester shows to prove
 * that it was refused. `undefined` when none came, as with the uniform 404. Throws what `readSigned` and `proveSigned` throw.
 *
 * spec: request#refusals
 */
export async function refusalIn(error: unknown, node: NodeRecord): Promise<Verified<Refusal> | undefined> {
  const sent = error instanceof ProtocolError ? error.cause : undefined
  if (typeof sent !== 'object' || sent === null || !('refusal' in sent)) return undefined
  const refusal = await proveSigned(readSigned(refusalNoun, sent.refusal), [node.identity_key])
  if (refusal.payload.node !== node.name) {
    throw new ProtocolError(
      'answer-invalid',
      `reading a refusal: it is by ${quote(refusal.payload.node)}, expected ${node.name}`,
      { member: 'node' },
    )
  }
  return refusal
}

function membersOf({ pair }: Asking, { purpose, items }: Question): Omit<Query, 'id' | 'from'> {
  return { to: pair.allowance.handle, agreement: pair.allowance.agreement, purpose, items }
}

async function judge(
  world: CallWorld,
  { by, requester, node, pair, opener }: Asking,
  question: Question,
  body: Uint8Array,
  answer: AnswerBody,
): Promise<Pick<Answered, 'assertion' | 'covered'>> {
  const request = requestDigest(body)
  const signed = await assertionIn(answer, pair.allowance, opener, request)
  const assertion = await proveSigned(readSigned(assertionNoun, signed), [node.assertion_key])
  judgeAssertion(assertion, {
    aud: by.from,
    request,
    agreement: pair.allowance.agreement,
    now: instantOf(world),
  })
  if (assertion.payload.node !== node.name) {
    throw new ProtocolError(
      'answer-invalid',
      `judging an assertion: node is ${quote(assertion.payload.node)}, expected ${node.name}`,
      { member: 'node' },
    )
  }
  return { assertion, covered: judgeAnswer(assertion, question, pair.allowance, requester) }
}
