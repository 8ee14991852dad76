import { allowanceOf, type Grant, grantNoun, judgeActivation } from '@dcann/protocol/agreement'
import { judgeOffer, type Offer, offerNoun } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { proveSigned, readSigned, type Verified } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import type { AgreementPair } from './agreement-pair.ts'
import { heardBy, type Party, type Scene, underAny } from './evidence-parties.ts'
import type { Prove } from './evidence-link.ts'

/** Proves the offer: signed by a key that the requester had when it was granted. */
export async function proveOfferLink(
  prove: Prove,
  { file }: Scene,
  requester: Party<RequesterRecord>,
): Promise<Verified<Offer>> {
  return await prove('offer', async () => {
    const submitted = readSigned(offerNoun, file.offer)
    const granted = parseTime(readSigned(grantNoun, file.grant).payload.at)
    const offer = await underAny(heardBy(requester, granted), async (record) => {
      const proved = await proveSigned(submitted, record.keys)
      // a successor's offer may have expired since; then it is judged as of its last moment
      const last = parseTime(proved.payload.expires) - 1
      judgeOffer(proved, record, isSuccessor(file.grant) ? Math.min(granted, last) : granted)
      return proved
    })
    return [offer, `signed by ${offer.payload.requester}, within its registered uses`]
  })
}

function isSuccessor(grant: Scene['file']['grant']): boolean {
  return readSigned(grantNoun, grant).payload.prior !== null
}

/** Proves the grant: signed by its handle key alone. */
export async function proveGrantLink(prove: Prove, { file }: Scene): Promise<Verified<Grant>> {
  return await prove('grant', async () => {
    const submitted = readSigned(grantNoun, file.grant)
    const grant = await proveSigned(submitted, [submitted.payload.key])
    return [grant, `signed by the holder under the handle ${grant.payload.handle}`]
  })
}

/** Proves that the two documents are an agreement, and that it could become active. */
export async function proveAgreementLink(
  prove: Prove,
  offer: Verified<Offer>,
  grant: Verified<Grant>,
  requester: Party<RequesterRecord>,
): Promise<AgreementPair> {
  return await prove('agreement', async () => {
    const allowance = allowanceOf(offer, grant)
    await underAny(heardBy(requester, allowance.from), (record) =>
      judgeActivation(offer, grant, record, allowance.from),
    )
    return [{ offer, grant, allowance }, `${grant.id} over ${allowance.terms.length} term(s)`]
  })
}
