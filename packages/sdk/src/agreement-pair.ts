import { type Allowance, allowanceOf, type Documents } from '@dcann/protocol/agreement'
import type { PublicKey } from '@dcann/protocol/key'
import { proveDocuments, type SignedPair } from '@dcann/protocol/pair'
import type { Signed } from '@dcann/protocol/signed'

/** The documents of an agreement, proved, and what they allow. */
export type AgreementPair = Documents & { readonly allowance: Allowance }

/**
 * Proves the documents of an agreement as both sides keep them: those of the requester by its keys, those of the holder by
 * the handle key that they name. Whether the agreement stands is a question of its acts, which only the vault's chain tells.
 *
 * Throws what `readSigned`, `proveSigned` and `allowanceOf` throw.
 *
 * spec: agreement#pair
 */
export async function proveAgreement(pair: SignedPair, requesterKeys: Iterable<PublicKey>): Promise<AgreementPair> {
  const documents = await proveDocuments(pair, requesterKeys)
  return { ...documents, allowance: allowanceOf(documents) }
}

/** The documents as they were signed, to keep or to show. */
export function signedDocuments(pair: Documents): SignedPair {
  if ('offer' in pair) return { offer: pair.offer.signed, grant: pair.grant.signed }
  const { proffer, acceptance, grant } = pair
  const both: { proffer: Signed; acceptance: Signed } = { proffer: proffer.signed, acceptance: acceptance.signed }
  return grant ? { ...both, grant: grant.signed } : both
}
