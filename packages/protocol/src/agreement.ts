import { z } from 'zod'
import { type ControlPin, controlPinSchema, controlStanding, pinOf } from './control.ts'
import { ProtocolError, quote } from './errors.ts'
import { type Handle, handleOf, handleSchema } from './handle.ts'
import { admitKey, type PublicKey, publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import { type Offer, secondsOf, type Term } from './offer.ts'
import type { RequesterRecord } from './requester.ts'
import { type Noun, type RecordId, recordIdSchema, type Verified } from './signed.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'
import { dueFor, type Value } from './value.ts'
import { isSpecialCategory } from './vocabulary.ts'

/** The second document of an agreement, by the holder under a handle key. Its record id is the agreement's. */
export const grantSchema = z.strictObject({
  v: z.literal(1),
  offer: recordIdSchema,
  /** Ids of the terms taken: every required one, and any optional ones. */
  terms: z.array(z.string().max(40)).min(1).max(limits.terms),
  handle: handleSchema,
  /** The handle key; it signs this grant, and nothing that another requester ever sees. */
  key: publicKeySchema,
  control: controlPinSchema,
  at: timeSchema,
  until: timeSchema,
  /** The agreement this one succeeds. */
  prior: recordIdSchema.nullable(),
  /** Same company, same use, nothing to a new group. */
  ring_fence: z.boolean(),
})
export type Grant = z.infer<typeof grantSchema>

export const grantNoun: Noun<Grant> = { typ: 'dcann-grant+json', schema: grantSchema, mostBytes: limits.payloadBytes }

/** What an agreement allows: one pure function of its two documents. */
export type Allowance = {
  readonly agreement: RecordId
  readonly requester: string
  readonly handle: Handle
  readonly key: PublicKey
  readonly terms: readonly Term[]
  readonly control: ControlPin
  readonly from: Instant
  readonly until: Instant
  readonly due: Value['gives']
  readonly sealing_key: PublicKey | null
  readonly prior: RecordId | null
}

/**
 * What the pair allows. Throws `rule-broken` when the second document does not fit the first: another offer, a required
 * term left out, a term that is not there, a handle that is not the key's, a longer time than offered.
 *
 * spec: agreement#pair
 */
export function allowanceOf(offer: Verified<Offer>, grant: Verified<Grant>): Allowance {
  const { payload } = grant
  const refuse = (why: string): never => {
    throw new ProtocolError('rule-broken', `reading the agreement ${quote(grant.id, 43)}: ${why}`)
  }
  if (payload.offer !== offer.id) refuse(`its grant names the offer ${payload.offer}, this is ${offer.id}`)
  if (payload.handle !== handleOf(payload.key)) refuse('its handle is not that of its key')
  if (grant.signers.length !== 1 || grant.signers[0] !== payload.key)
    refuse('its grant is not signed by its handle key alone')
  const terms = offer.payload.terms.filter(({ id }) => payload.terms.includes(id))
  if (terms.length !== payload.terms.length) refuse('its grant takes a term twice or one that was not offered')
  const left = offer.payload.terms.find((term) => !term.optional && !payload.terms.includes(term.id))
  if (left) refuse(`its grant leaves out the required term ${quote(left.id)}`)
  const from = parseTime(payload.at)
  const until = parseTime(payload.until)
  if (until <= from || until > from + secondsOf(offer.payload.lasts))
    refuse(`its grant runs from ${payload.at} until ${payload.until}; offered were ${offer.payload.lasts}`)
  return {
    agreement: grant.id,
    requester: offer.payload.requester,
    handle: payload.handle,
    key: payload.key,
    terms,
    control: payload.control,
    from,
    until,
    due: dueFor(offer.payload.value, payload.terms),
    sealing_key: offer.payload.sealing_key,
    prior: payload.prior,
  }
}

/**
 * The key that every answer under an agreement is sealed to, or null for answers in the clear. One function for the vault
 * that seals and the requester that insists on it. Throws `rule-broken` for an agreement over a special category that has no
 * such key, which `judgeOffer` lets nobody make.
 *
 * spec: seal#answers
 */
export function sealingKeyOf({ sealing_key, terms }: Pick<Allowance, 'sealing_key' | 'terms'>): PublicKey | null {
  const special = terms.find(({ category }) => isSpecialCategory(category))
  if (sealing_key === null && special) {
    throw new ProtocolError(
      'rule-broken',
      `sealing an answer: ${special.category} is a special category and the agreement has no sealing key; agree anew`,
    )
  }
  return sealing_key
}

/**
 * Judges whether a grant may become active now: under an admissible handle key, dated now, before the offer's expiry unless
 * it names a `prior`, and pinned to the requester's control as it stands. That `prior` is an agreement over the same offer
 * is for the caller to see, who has it. Throws `key-inadmissible`, `expired`, `time-invalid` or `not-active`.
 *
 * spec: agreement#activation
 */
export function judgeActivation(
  offer: Verified<Offer>,
  grant: Verified<Grant>,
  requester: RequesterRecord,
  now: Instant,
): void {
  admitKey(grant.payload.key)
  const at = parseTime(grant.payload.at)
  if (Math.abs(now - at) > times.nodeSkew)
    throw new ProtocolError(
      'time-invalid',
      `activating an agreement: its grant is dated ${grant.payload.at}, more than ${times.nodeSkew} s from now`,
    )
  if (grant.payload.prior === null && now >= parseTime(offer.payload.expires)) {
    throw new ProtocolError('expired', `activating an agreement: its offer expired at ${offer.payload.expires}`)
  }
  const pin = pinOf(requester.control)
  if (pin.epoch !== grant.payload.control.epoch || pin.parent !== grant.payload.control.parent) {
    throw new ProtocolError(
      'not-active',
      `activating an agreement: its grant is pinned to control epoch ${grant.payload.control.epoch}, the requester is at ${pin.epoch}; look again who owns it`,
    )
  }
}

/** What the signed acts on an agreement have made of it; everything else is derived when it is asked. */
export type ActedState = 'active' | 'paused' | 'revoked' | 'retired' | 'superseded'
export type Standing = ActedState | 'expired' | 'suspended'

/** Why an agreement is suspended: derived, never written. */
export type Suspension = 'control-change' | 'control-stale' | 'key-compromise' | 'legal'

/**
 * How an agreement stands at `now`: its acted state, else expired, else suspended by the requester's record.
 *
 * spec: agreement#states
 */
export function standingOf(
  allowance: Allowance,
  acted: ActedState,
  requester: RequesterRecord,
  now: Instant,
): { readonly standing: Standing; readonly suspension?: Suspension } {
  if (acted === 'revoked' || acted === 'retired' || acted === 'superseded') return { standing: acted }
  if (now >= allowance.until) return { standing: 'expired' }
  const suspension = suspensionOf(allowance, requester, now)
  if (suspension) return { standing: 'suspended', suspension }
  return { standing: acted }
}

function suspensionOf(allowance: Allowance, requester: RequesterRecord, now: Instant): Suspension | undefined {
  if (requester.status === 'suspended') return 'legal'
  if (requester.status !== 'active') return 'control-stale'
  const control = controlStanding(allowance.control, requester.control, now)
  return control === 'current' ? undefined : control
}

/** Whether the agreement can still come back or is in force: active, paused or suspended. */
export function isLive(standing: Standing): boolean {
  return standing === 'active' || standing === 'paused' || standing === 'suspended'
}
