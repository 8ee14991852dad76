import { ProtocolError } from '@dcann/protocol/errors'
import { pairIn, type SignedPair } from '@dcann/protocol/pair'
import type { RecordId } from '@dcann/protocol/signed'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import type { Write } from '@dcann/store/store'
import { unread } from '../notices/shelf.ts'
import { agreements } from './shelf.ts'
import type { AgreementsDesk } from './take.ts'

/** What took the place of an agreement, and the writes by which it is held here. */
export type Succeeded = { readonly agreement: RecordId; readonly writes: readonly Write[] }

/**
 * Takes up what a vault says took the place of an agreement: both documents prove, they are between the same two, and the new
 * one names the old. Its own chain is read next, since it may have been succeeded as well. Throws `answer-invalid` for
 * another's, and what `proveAgreement` throws.
 *
 * spec: agreement#successors
 */
export async function takeSuccessor(
  { requester }: Pick<AgreementsDesk, 'requester'>,
  old: RecordId,
  node: string,
  documents: SignedPair,
): Promise<Succeeded> {
  const record = await requester.record()
  const { allowance } = await proveAgreement(documents, record.keys)
  if (allowance.prior !== old || allowance.requester !== record.name) {
    throw new ProtocolError('answer-invalid', 'taking up a successor: the vault shows one of another agreement')
  }
  return {
    agreement: allowance.agreement,
    writes: [
      agreements.at(allowance.agreement).put({ ...pairIn(documents), node }),
      unread.at(allowance.agreement).put({ failed: 0, due: 0 }),
    ],
  }
}
