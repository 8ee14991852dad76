import { type Allowance, allowanceOf, type Grant, grantNoun } from '@dcann/protocol/agreement'
import type { PublicKey } from '@dcann/protocol/key'
import { type Offer, offerNoun } from '@dcann/protocol/offer'
import { proveSigned, readSigned, type Signed, type Verified } from '@dcann/protocol/signed'

/** Both documents of an agreement, proved, and what they allow. */
export type AgreementPair = {
  readonly offer: Verified<Offer>
  readonly grant: Verified<Grant>
  readonly allowance: Allowance
}

/**
 * Proves the two documents of an agreement as both sides keep them: the offer by keys of the requester, the grant by the
 * handle key that it names. Whether the agreement stands is a question of its acts, which only the vault's chain tells.
 *
 * Throws what `readSigned`, `proveSigned` and `allowanceOf` throw.
 *
 * spec: agreement#pair
 */
export async function proveAgreement(
  { offer, grant }: { readonly offer: Signed; readonly grant: Signed },
  requesterKeys: Iterable<PublicKey>,
): Promise<AgreementPair> {
  const first = await proveSigned(readSigned(offerNoun, offer), requesterKeys)
  const submitted = readSigned(grantNoun, grant)
  const second = await proveSigned(submitted, [submitted.payload.key])
  return { offer: first, grant: second, allowance: allowanceOf(first, second) }
}
