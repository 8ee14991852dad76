import type { RecordId } from '@dcann/protocol/signed'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { makeAct } from '@dcann/sdk/wallet-documents'
import type { z } from 'zod'
import type { retireAnswer } from '../console/calls.ts'
import { heldAgreement } from './shelf.ts'
import type { AgreementsDesk } from './take.ts'

/** Gives an agreement up: nothing can be asked under it any more. What is kept of it stays. Throws `not-found`, and what the vault throws. */
export async function retire(desk: AgreementsDesk, agreement: RecordId): Promise<z.infer<typeof retireAnswer>> {
  const { requester } = desk
  const { node } = await heldAgreement(desk, agreement)
  const { url } = await requester.home(node)
  const act = await makeAct(requester.world, 'retire', agreement, requester.by.signer)
  const { standing, n } = await createVaultClient(requester.world, url).act(act)
  return { agreement, standing, n }
}
