import { type Allowance, sealingKeyOf } from '@dcann/protocol/agreement'
import { assurances } from '@dcann/protocol/entry'
import { ProtocolError } from '@dcann/protocol/errors'
import type { NodeRecord } from '@dcann/protocol/node'
import type { Opener } from '@dcann/protocol/sealing-key'
import { formatTime } from '@dcann/protocol/time'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { type Answered, query, refusalIn } from '@dcann/sdk/query'
import type { World } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import { heldAgreement } from '../agreements/shelf.ts'
import type { QueryAnswer, QueryCall } from '../console/calls.ts'
import { keepAnswer, keepRefusal } from '../evidence/keep.ts'
import type { Sealing } from '../keys/sealing.ts'
import type { Requester } from '../requester.ts'

export type QueryDesk = { readonly store: Store; readonly requester: Requester; readonly sealing: Sealing }

/**
 * Asks the vault under an agreement, proves what comes back and keeps the evidence before telling anybody. What the agreement
 * does not cover is refused here and never leaves. A refusal of the vault's is thrown with its code; the one it signed is kept,
 * under the id in `facts.evidence`.
 */
export async function askVault(desk: QueryDesk, { agreement, ...question }: QueryCall): Promise<QueryAnswer> {
  const { requester, store } = desk
  const { pair, node: name } = await heldAgreement(desk, agreement)
  const [node, record] = [await requester.home(name), await requester.record()]
  // before the question: who everybody is must not be what an answer is lost over
  const chain = await evidenceChain(await requester.resolver(), name, record.name)
  const opener = await openerFor(desk, pair.allowance)
  const { world, lastBody } = overheard(requester.world)
  try {
    const asking = { by: requester.by, requester: record, node, pair, ...(opener ? { opener } : {}) }
    const answered = await query(world, asking, question)
    return plainly(answered, await keepAnswer(store, answered, chain))
  } catch (error) {
    throw await refused(desk, error, node, agreement, lastBody())
  }
}

/** What opens the answers of an agreement that has them sealed; none where they come in the clear. */
async function openerFor({ sealing }: QueryDesk, allowance: Allowance): Promise<Opener | undefined> {
  const key = sealingKeyOf(allowance)
  return key === null ? undefined : await sealing.openerOf(key)
}

/** A world that remembers the last body that left, since a refusal is worth little without the request it names. */
function overheard(world: World): { readonly world: World; readonly lastBody: () => Uint8Array | undefined } {
  let last: Uint8Array | undefined
  const fetch: World['fetch'] = async (url, init) => {
    if (init?.body instanceof Uint8Array) last = init.body
    return await world.fetch(url, init)
  }
  return { world: { ...world, fetch }, lastBody: () => last }
}

async function refused(
  { store }: QueryDesk,
  error: unknown,
  node: NodeRecord,
  agreement: string,
  body: Uint8Array | undefined,
): Promise<unknown> {
  if (!(error instanceof ProtocolError) || body === undefined) return error
  if (error.code === 'not-found') {
    return new ProtocolError('not-found', 'asking the vault: the agreement has ended or was taken back', {
      by: node.name,
    })
  }
  const refusal = await refusalIn(error, node)
  if (!refusal) return error
  const facts = { by: node.name, evidence: await keepRefusal(store, refusal, agreement, body) }
  return new ProtocolError(error.code, error.message.slice(0, 400), { ...retryIn(error), ...facts })
}

function retryIn({ facts }: ProtocolError): { readonly retry_after?: number } {
  const seconds = facts['retry_after']
  return typeof seconds === 'number' ? { retry_after: seconds } : {}
}

function plainly({ assertion, pair }: Answered, evidence: string): QueryAnswer {
  const { items, complete, n, iat, exp, use_until } = assertion.payload
  const weakest = Math.min(...items.map((item) => assurances.indexOf(item.assurance)))
  return {
    answer: items,
    assurance: assurances[weakest] ?? 'self',
    sealed: pair.allowance.sealing_key !== null,
    complete,
    n,
    said: formatTime(iat),
    valid_until: formatTime(exp),
    use_until,
    evidence,
  }
}
