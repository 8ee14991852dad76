import type { RecordId } from '@dcann/protocol/signed'
import { createVaultClient } from '@dcann/sdk/vault-client'
import type { z } from 'zod'
import type { chainAnswer, chainQuery } from '../console/calls.ts'
import { keptAgreement } from './shelf.ts'
import type { AgreementsDesk } from './take.ts'

/**
 * Every line of an agreement's chain, as its vault has it now. They are passed on as they came: whoever reads them proves that
 * they follow each other. Throws `not-found` for an agreement that is not held here, and what the vault throws.
 */
export async function readChain(
  desk: AgreementsDesk,
  agreement: RecordId,
  { after, limit }: z.infer<typeof chainQuery>,
): Promise<z.infer<typeof chainAnswer>> {
  const { requester } = desk
  const { node } = await keptAgreement(desk.store, agreement)
  const { url } = await requester.home(node)
  const vault = createVaultClient(requester.world, url)
  const { entries, standing } = await vault.listEvents(requester.by, agreement, { after, limit })
  const last = entries.at(-1)?.entry.n
  return { standing, entries, ...(entries.length === limit && last !== undefined ? { next: last } : {}) }
}
