import { ProtocolError } from '@dcann/protocol/errors'
import { nodeNameSchema } from '@dcann/protocol/name'
import { acceptedMembers, grantedMembers, pairIn } from '@dcann/protocol/pair'
import type { RecordId } from '@dcann/protocol/signed'
import { type AgreementPair, proveAgreement } from '@dcann/sdk/agreement-pair'
import { json, shelf } from '@dcann/store/shelf'
import type { Reader } from '@dcann/store/store'
import { z } from 'zod'
import type { Requester } from '../requester.ts'

const keptSchema = z.union([
  z.strictObject({ ...grantedMembers, node: nodeNameSchema }),
  z.strictObject({ ...acceptedMembers, node: nodeNameSchema }),
])
export type KeptAgreement = z.infer<typeof keptSchema>

/** The documents of each agreement that a wallet brought back or a proffer became, and the node that answers under it, by its id. */
export const agreements = shelf(
  'agreements',
  json((value) => keptSchema.parse(value)),
)

/** An agreement as it is kept. Throws `not-found` when none of this id is held. */
export async function keptAgreement(store: Reader, agreement: RecordId): Promise<KeptAgreement> {
  const place = agreements.at(agreement)
  const kept = place.from(await store.read([place.key]))?.value
  if (kept) return kept
  throw new ProtocolError(
    'not-found',
    'looking for the agreement: none of this id is held here; see GET /v1/agreements',
  )
}

/** An agreement, proved anew by the requester's own keys as they are now. Throws `not-found` when none of this id is held. */
export async function heldAgreement(
  { store, requester }: { readonly store: Reader; readonly requester: Requester },
  agreement: RecordId,
): Promise<{ readonly pair: AgreementPair; readonly node: string }> {
  const kept = await keptAgreement(store, agreement)
  return { pair: await proveAgreement(pairIn(kept), (await requester.record()).keys), node: kept.node }
}
