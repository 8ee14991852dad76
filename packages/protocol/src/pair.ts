import { z } from 'zod'
import { acceptanceNoun } from './acceptance.ts'
import { type Documents, type Grant, grantNoun } from './agreement.ts'
import type { ControlPin } from './control.ts'
import { ProtocolError } from './errors.ts'
import type { Handle } from './handle.ts'
import type { PublicKey } from './key.ts'
import { offerNoun } from './offer.ts'
import { profferNoun } from './proffer.ts'
import { proveSigned, readSigned, type RecordId, signedSchema, type Submitted } from './signed.ts'

/** Members under which an agreement's documents are kept and shown, by who spoke first. */
export const grantedMembers = { offer: signedSchema, grant: signedSchema }
export const acceptedMembers = { proffer: signedSchema, acceptance: signedSchema, grant: signedSchema.optional() }

/** The documents of an agreement as both sides keep them: offer and grant, or proffer and acceptance. spec: agreement#pair */
export const signedPairSchema = z.union([z.strictObject(grantedMembers), z.strictObject(acceptedMembers)])
export type SignedPair = z.infer<typeof signedPairSchema>

/** The documents alone, out of whatever else stands beside them. */
export function pairIn(value: SignedPair): SignedPair {
  if ('offer' in value) return { offer: value.offer, grant: value.grant }
  const { proffer, acceptance, grant } = value
  return { proffer, acceptance, ...(grant ? { grant } : {}) }
}

/** What documents say of themselves. Nothing of it is proved: for lists, and to know whose keys to prove them by. */
export type Claimed = {
  readonly agreement: RecordId
  readonly requester: string
  readonly handle: Handle
  /** Ids of the terms that are agreed. */
  readonly terms: readonly string[]
  readonly control: ControlPin
  readonly at: string
  readonly until: string
  readonly prior: RecordId | null
}

/** Reads what documents claim. Throws what `readSigned` throws, and `rule-broken` for two that do not belong together. */
export function claimedBy(pair: SignedPair): Claimed {
  if ('offer' in pair) {
    const offer = readSigned(offerNoun, pair.offer)
    const grant = readSigned(grantNoun, pair.grant)
    if (grant.payload.offer !== offer.id) throw strangers('grant', 'offer')
    return claimedByGrant(offer.payload.requester, grant)
  }
  const proffer = readSigned(profferNoun, pair.proffer)
  const acceptance = readSigned(acceptanceNoun, pair.acceptance)
  if (acceptance.payload.proffer !== proffer.id) throw strangers('acceptance', 'proffer')
  const { requester } = acceptance.payload
  if (pair.grant === undefined) {
    const { handle, prior } = proffer.payload
    const { terms, control, at, until } = acceptance.payload
    return { agreement: acceptance.id, requester, handle, terms, control, at, until, prior }
  }
  const grant = readSigned(grantNoun, pair.grant)
  if (grant.payload.offer !== acceptance.id) throw strangers('grant', 'acceptance')
  return claimedByGrant(requester, grant)
}

function claimedByGrant(requester: string, { id, payload }: Submitted<Grant>): Claimed {
  const { handle, terms, control, at, until, prior } = payload
  return { agreement: id, requester, handle, terms, control, at, until, prior }
}

/**
 * Proves every document of an agreement: the requester's by keys of the requester, the holder's by the handle key that it
 * names. What they allow is for `allowanceOf` to say. Throws what `readSigned` and `proveSigned` throw.
 *
 * spec: agreement#pair
 */
export async function proveDocuments(pair: SignedPair, requesterKeys: Iterable<PublicKey>): Promise<Documents> {
  const keys = [...requesterKeys]
  const proveGrant = async (signed: unknown) => {
    const submitted = readSigned(grantNoun, signed)
    return await proveSigned(submitted, [submitted.payload.key])
  }
  if ('offer' in pair) {
    const offer = await proveSigned(readSigned(offerNoun, pair.offer), keys)
    return { offer, grant: await proveGrant(pair.grant) }
  }
  const submitted = readSigned(profferNoun, pair.proffer)
  const proffer = await proveSigned(submitted, [submitted.payload.key])
  const acceptance = await proveSigned(readSigned(acceptanceNoun, pair.acceptance), keys)
  return { proffer, acceptance, ...(pair.grant ? { grant: await proveGrant(pair.grant) } : {}) }
}

function strangers(second: string, first: string): ProtocolError {
  return new ProtocolError('rule-broken', `reading an agreement: its ${second} names another ${first}`)
}
