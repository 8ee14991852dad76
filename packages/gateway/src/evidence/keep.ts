import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Refusal } from '@dcann/protocol/refusal'
import { recordIdSchema, type RecordId, signedSchema, type Verified } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import type { EvidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import type { Answered } from '@dcann/sdk/query'
import type { Store } from '@dcann/store/store'
import { z } from 'zod'
import { putEvidence } from './shelf.ts'

/** Keeps an answer with all that proves it, durably, before anybody is told of it. Gives the id to ask for it by. */
export async function keepAnswer(store: Store, answered: Answered, chain: EvidenceChain): Promise<RecordId> {
  const { id, payload } = answered.assertion
  const { agreement, node, n, iat } = payload
  const use_until = parseTime(payload.use_until)
  const bytes = makeEvidencePackage({ answered, chain })
  await store.commit({
    writes: putEvidence(
      id,
      undefined,
      { kind: 'answer', agreement, node, n, at: iat, included: false, use_until },
      bytes,
    ),
  })
  return id
}

/** A refusal as it is kept: the node's signed word, and the bytes of the request whose digest it names. */
export const refusalEvidenceSchema = z.strictObject({
  v: z.literal(1),
  refusal: signedSchema,
  /** The request's body, in base64url. */
  request: z.string().regex(/^[A-Za-z0-9_-]+$/),
  agreement: recordIdSchema,
})

/** Keeps a refusal that the vault signed, and the request that it refuses. */
export async function keepRefusal(
  store: Store,
  refusal: Verified<Refusal>,
  agreement: RecordId,
  request: Uint8Array,
): Promise<RecordId> {
  const { node, n, code, at } = refusal.payload
  const bytes = canonicalBytes(
    refusalEvidenceSchema.parse({ v: 1, refusal: refusal.signed, request: base64Url(request), agreement }),
  )
  const kept = { kind: 'refusal', agreement, node, n, at: parseTime(at), code, included: false } as const
  await store.commit({ writes: putEvidence(refusal.id, undefined, kept, bytes) })
  return refusal.id
}
