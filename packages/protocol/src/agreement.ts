import { z } from 'zod'
import type { Acceptance } from './acceptance.ts'
import { type ControlPin, controlPinSchema, controlStanding, requirePin } from './control.ts'
import { ProtocolError, quote } from './errors.ts'
import { type Handle, handleOf, handleSchema } from './handle.ts'
import { admitKey, type PublicKey, publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import { type Offer, secondsOf, type Term } from './offer.ts'
import type { Proffer } from './proffer.ts'
import type { RequesterRecord } from './requester.ts'
import { type Noun, type RecordId, recordIdSchema, type Verified } from './signed.ts'
import { formatTime, type Instant, parseTime, timeSchema } from './time.ts'
import { dueFor, type Value } from './value.ts'
import { isSpecialCategory } from './vocabulary.ts'

/** The second document of an agreement on an offer, by the holder under a handle key. Its record id is the agreement's. */
export const grantSchema = z.strictObject({
  v: z.literal(1),
  /** The offer, or, where an agreement on a proffer is granted anew, its acceptance. */
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

/** What an agreement allows: one pure function of its documents. */
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
 * The documents of an agreement, proved: an offer and its grant, or a proffer and its acceptance. Where the holder granted
 * anew over an acceptance, which is the company's document, that grant stands with both.
 */
export type Documents =
  | { readonly offer: Verified<Offer>; readonly grant: Verified<Grant> }
  | { readonly proffer: Verified<Proffer>; readonly acceptance: Verified<Acceptance>; readonly grant?: Verified<Grant> }

/**
 * What the documents allow. Throws `rule-broken` when the later does not fit the earlier: another offer, a required term left
 * out, a term that is not there, a handle that is not the key's, a longer time than offered.
 *
 * spec: agreement#pair
 */
export function allowanceOf(documents: Documents): Allowance {
  if ('offer' in documents) {
    const { payload, id } = documents.offer
    return grantAllowance({ ...payload, id }, documents.grant)
  }
  const { proffer, acceptance, grant } = documents
  const accepted = acceptanceAllowance(proffer, acceptance)
  if (grant === undefined) return accepted
  if (grant.payload.prior === null) {
    throw new ProtocolError(
      'rule-broken',
      `reading the agreement ${quote(grant.id, 43)}: a grant over an acceptance takes the place of an agreement, and names none`,
    )
  }
  const { terms, requester, sealing_key } = accepted
  const { value, lasts } = proffer.payload
  return grantAllowance({ id: acceptance.id, requester, terms, value, lasts, sealing_key }, grant)
}

/** What a grant may take from: an offer, or an acceptance that stands for one. */
type Offered = Pick<Offer, 'requester' | 'value' | 'lasts' | 'sealing_key'> & {
  readonly id: RecordId
  readonly terms: readonly Term[]
}

function grantAllowance(offered: Offered, grant: Verified<Grant>): Allowance {
  const { payload } = grant
  const refuse = (why: string): never => {
    throw new ProtocolError('rule-broken', `reading the agreement ${quote(grant.id, 43)}: ${why}`)
  }
  if (payload.offer !== offered.id) refuse(`its grant names the offer ${payload.offer}, this is ${offered.id}`)
  if (payload.handle !== handleOf(payload.key)) refuse('its handle is not that of its key')
  if (grant.signers.length !== 1 || grant.signers[0] !== payload.key)
    refuse('its grant is not signed by its handle key alone')
  return {
    agreement: grant.id,
    requester: offered.requester,
    handle: payload.handle,
    key: payload.key,
    control: payload.control,
    ...takenOf(offered, payload, 'grant', refuse),
    sealing_key: offered.sealing_key,
    prior: payload.prior,
  }
}

function acceptanceAllowance(proffer: Verified<Proffer>, acceptance: Verified<Acceptance>): Allowance {
  const { payload } = acceptance
  const refuse = (why: string): never => {
    throw new ProtocolError('rule-broken', `reading the agreement ${quote(acceptance.id, 43)}: ${why}`)
  }
  const { key, handle, for: roster, prior } = proffer.payload
  if (payload.proffer !== proffer.id)
    refuse(`its acceptance names the proffer ${payload.proffer}, this is ${proffer.id}`)
  if (handle !== handleOf(key)) refuse('its handle is not that of its key')
  if (proffer.signers.length !== 1 || proffer.signers[0] !== key)
    refuse('its proffer is not signed by its handle key alone')
  if ('requester' in roster && roster.requester !== payload.requester)
    refuse(`its proffer is for ${quote(roster.requester, 60)}, not for ${quote(payload.requester, 60)}`)
  return {
    agreement: acceptance.id,
    requester: payload.requester,
    handle,
    key,
    control: payload.control,
    ...takenOf(proffer.payload, payload, 'acceptance', refuse),
    sealing_key: payload.sealing_key,
    prior,
  }
}

/** The terms taken, for how long, and what is due for them. */
function takenOf(
  offered: Pick<Offered, 'terms' | 'lasts' | 'value'>,
  taken: Pick<Grant, 'terms' | 'at' | 'until'>,
  document: string,
  refuse: (why: string) => never,
): Pick<Allowance, 'terms' | 'from' | 'until' | 'due'> {
  const terms = offered.terms.filter(({ id }) => taken.terms.includes(id))
  if (terms.length !== taken.terms.length) refuse(`its ${document} takes a term twice or one that was not offered`)
  const left = offered.terms.find((term) => !term.optional && !taken.terms.includes(term.id))
  if (left) refuse(`its ${document} leaves out the required term ${quote(left.id)}`)
  const from = parseTime(taken.at)
  const until = parseTime(taken.until)
  if (until <= from || until > from + secondsOf(offered.lasts))
    refuse(`its ${document} runs from ${taken.at} until ${taken.until}; offered were ${offered.lasts}`)
  return { terms, from, until, due: dueFor(offered.value, taken.terms) }
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
 * it names a `prior`, and pinned to the requester's control as it stands; one that has settled was dated when it was
 * `submitted`. That `prior` is an agreement over the same offer
 * is for the caller to see, who has it. Throws `key-inadmissible`, `expired`, `time-invalid` or `not-active`.
 *
 * spec: agreement#activation
 */
export function judgeActivation(
  offer: { readonly payload: Pick<Offer, 'expires'> },
  grant: Verified<Grant>,
  requester: RequesterRecord,
  now: Instant,
  submitted: Instant = now,
): void {
  admitKey(grant.payload.key)
  const at = parseTime(grant.payload.at)
  if (Math.abs(submitted - at) > times.nodeSkew)
    throw new ProtocolError(
      'time-invalid',
      `activating an agreement: its grant is dated ${grant.payload.at}, more than ${times.nodeSkew} s from now`,
    )
  if (grant.payload.prior === null && now >= parseTime(offer.payload.expires)) {
    throw new ProtocolError('expired', `activating an agreement: its offer expired at ${offer.payload.expires}`)
  }
  requirePin(grant.payload.control, requester.control, 'activating an agreement: its grant')
}

/**
 * When a grant comes into force whose holder wants it to settle first. Throws `rule-broken` when none of its terms is of a
 * special category, `expired` when the offer or the grant is over by then.
 *
 * spec: agreement#settling
 */
export function settlesAt(
  offer: { readonly payload: Pick<Offer, 'expires'> },
  { payload: { prior } }: Verified<Grant>,
  { terms, until }: Pick<Allowance, 'terms' | 'until'>,
  now: Instant,
): Instant {
  if (!terms.some(({ category }) => isSpecialCategory(category))) {
    throw new ProtocolError(
      'rule-broken',
      'settling a grant: none of its terms is of a special category; grant it at once',
    )
  }
  const settles = now + times.grantSettles
  if (settles >= until || (prior === null && settles >= parseTime(offer.payload.expires))) {
    throw new ProtocolError(
      'expired',
      `settling a grant: its offer or itself is over before ${formatTime(settles)}; grant it at once, or not`,
    )
  }
  return settles
}

/** What the signed acts on an agreement have made of it; everything else is derived when it is asked. */
export type ActedState = 'active' | 'paused' | 'revoked' | 'retired' | 'superseded'
export type Standing = ActedState | 'expired' | 'suspended'

/** Why an agreement is suspended: derived, never written. */
export type Suspension = 'control-change' | 'control-stale' | 'key-compromise' | 'legal' | 'held'

/**
 * How an agreement stands at `now`: its acted state, else expired, else suspended by a hold of the houses on the
 * requester, or by the requester's record.
 *
 * spec: agreement#states
 */
export function standingOf(
  allowance: Allowance,
  acted: ActedState,
  requester: RequesterRecord,
  now: Instant,
  isHeld = false,
): { readonly standing: Standing; readonly suspension?: Suspension } {
  if (acted === 'revoked' || acted === 'retired' || acted === 'superseded') return { standing: acted }
  if (now >= allowance.until) return { standing: 'expired' }
  const suspension = isHeld ? 'held' : suspensionOf(allowance, requester, now)
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
