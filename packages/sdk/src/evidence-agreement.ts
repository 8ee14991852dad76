import { acceptanceNoun, judgeAcceptance } from '@dcann/protocol/acceptance'
import { allowanceOf, type Documents, type Grant, grantNoun, judgeActivation } from '@dcann/protocol/agreement'
import { judgeOffer, offerNoun } from '@dcann/protocol/offer'
import type { SignedPair } from '@dcann/protocol/pair'
import { judgeProffer, profferNoun } from '@dcann/protocol/proffer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { proveSigned, readSigned, type Signed, type Verified } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import type { AgreementPair } from './agreement-pair.ts'
import { heardBy, type Party, type Scene, underAny } from './evidence-parties.ts'
import type { Prove } from './evidence-link.ts'

/** Proves every document of the agreement by itself, then that together they are one that could become active. */
export async function proveAgreementLinks(
  prove: Prove,
  { file }: Scene,
  requester: Party<RequesterRecord>,
): Promise<AgreementPair> {
  const documents =
    'offer' in file ? await proveGranted(prove, file, requester) : await proveAccepted(prove, file, requester)
  return await prove('agreement', async () => {
    const allowance = allowanceOf(documents)
    const { grant } = documents
    if (grant) {
      const first = 'offer' in documents ? documents.offer : documents.proffer
      await underAny(heardBy(requester, allowance.from), (record) =>
        judgeActivation(first, grant, record, allowance.from),
      )
    }
    return [{ ...documents, allowance }, `${allowance.agreement} over ${allowance.terms.length} term(s)`]
  })
}

/** The offer: signed by a key that the requester had when it was granted. The grant: by its handle key. */
async function proveGranted(
  prove: Prove,
  file: Extract<SignedPair, { offer: Signed }>,
  requester: Party<RequesterRecord>,
): Promise<Documents> {
  const offer = await prove('offer', async () => {
    const submitted = readSigned(offerNoun, file.offer)
    const { payload } = readSigned(grantNoun, file.grant)
    const granted = parseTime(payload.at)
    const proved = await underAny(heardBy(requester, granted), async (record) => {
      const one = await proveSigned(submitted, record.keys)
      // a successor's offer may have expired since; then it is judged as of its last moment
      const last = parseTime(one.payload.expires) - 1
      judgeOffer(one, record, payload.prior === null ? granted : Math.min(granted, last))
      return one
    })
    return [proved, `signed by ${proved.payload.requester}, within its registered uses`]
  })
  return { offer, grant: await proveGrantLink(prove, file.grant) }
}

/** The proffer: by its handle key. The acceptance: by a key that the requester had when it accepted, within its uses. */
async function proveAccepted(
  prove: Prove,
  file: Extract<SignedPair, { proffer: Signed }>,
  requester: Party<RequesterRecord>,
): Promise<Documents> {
  const submitted = readSigned(acceptanceNoun, file.acceptance)
  const accepted = parseTime(submitted.payload.at)
  const proffer = await prove('proffer', async () => {
    const form = readSigned(profferNoun, file.proffer)
    const proved = await proveSigned(form, [form.payload.key])
    judgeProffer(proved, accepted)
    return [proved, `signed by the holder under the handle ${proved.payload.handle}`]
  })
  const acceptance = await prove('acceptance', async () => {
    const proved = await underAny(heardBy(requester, accepted), async (record) => {
      const one = await proveSigned(submitted, record.keys)
      judgeAcceptance(proffer, one, record, accepted)
      return one
    })
    return [proved, `signed by ${proved.payload.requester}, within its registered uses`]
  })
  return { proffer, acceptance, ...(file.grant ? { grant: await proveGrantLink(prove, file.grant) } : {}) }
}

/** Proves a grant: signed by its handle key alone. */
async function proveGrantLink(prove: Prove, signed: Signed): Promise<Verified<Grant>> {
  return await prove('grant', async () => {
    const submitted = readSigned(grantNoun, signed)
    const grant = await proveSigned(submitted, [submitted.payload.key])
    return [grant, `signed by the holder under the handle ${grant.payload.handle}`]
  })
}
