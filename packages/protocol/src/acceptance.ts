import { z } from 'zod'
import { controlPinSchema, requirePin } from './control.ts'
import { ProtocolError, quote } from './errors.ts'
import { publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import { requesterNameSchema } from './name.ts'
import { offerSchema, requireRegisteredUse, requireSealing } from './offer.ts'
import { isOnRoster, type Proffer, rosterText } from './proffer.ts'
import type { RequesterRecord } from './requester.ts'
import { admitSealingKey } from './sealing-key.ts'
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

const { refusal_detriment, jurisdiction, authority, notice, ring_fence, nonce } = offerSchema.shape

/** The second document of an agreement on a proffer, by the requester. Its record id is the agreement's. spec: proffer#acceptance */
export const acceptanceSchema = z.strictObject({
  v: z.literal(1),
  proffer: recordIdSchema,
  requester: requesterNameSchema,
  /** Ids of the terms taken: every required one, and any optional ones. */
  terms: z.array(z.string().max(40)).min(1).max(limits.terms),
  control: controlPinSchema,
  at: timeSchema,
  until: timeSchema,
  /** X25519: answers are sealed to it when set. */
  sealing_key: publicKeySchema.nullable(),
  refusal_detriment,
  jurisdiction,
  authority,
  notice,
  ring_fence,
  nonce,
})
export type Acceptance = z.infer<typeof acceptanceSchema>

export const acceptanceNoun: Noun<Acceptance> = {
  typ: 'dcann-acceptance+json',
  schema: acceptanceSchema,
  mostBytes: limits.payloadBytes,
}

/**
 * Judges whether an acceptance may become an agreement now, against the requester's record as the registry has it: signed by
 * one of its keys, on the roster, dated now, before the proffer expires, pinned to its control as it stands, every term
 * taken inside a registered use, a special category sealed. Throws `not-entitled`, `not-active`, `time-invalid`, `expired`,
 * `over-asking`, `rule-broken` or `key-inadmissible`.
 *
 * spec: proffer#acceptance
 */
export function judgeAcceptance(
  proffer: Verified<Proffer>,
  acceptance: Verified<Acceptance>,
  requester: RequesterRecord,
  now: Instant,
): void {
  const { payload, signers } = acceptance
  if (payload.requester !== requester.name)
    throw new ProtocolError(
      'not-entitled',
      `judging an acceptance: it is by ${quote(payload.requester)}, not by ${quote(requester.name)}`,
    )
  if (!signers.some((key) => requester.keys.includes(key)))
    throw new ProtocolError('not-entitled', `judging an acceptance: no key of ${quote(requester.name)} signed it`)
  if (!isOnRoster(proffer.payload.for, requester))
    throw new ProtocolError(
      'not-entitled',
      `judging an acceptance: the proffer is for ${rosterText(proffer.payload.for)}, not for ${quote(requester.name)}`,
    )
  if (requester.status !== 'active')
    throw new ProtocolError('not-active', `judging an acceptance: ${quote(requester.name)} is ${requester.status}`)
  if (Math.abs(now - parseTime(payload.at)) > times.nodeSkew)
    throw new ProtocolError(
      'time-invalid',
      `judging an acceptance: it is dated ${payload.at}, more than ${times.nodeSkew} s from now`,
    )
  if (now >= parseTime(proffer.payload.expires))
    throw new ProtocolError('expired', `judging an acceptance: its proffer expired at ${proffer.payload.expires}`)
  requirePin(payload.control, requester.control, 'judging an acceptance: it')
  if (payload.sealing_key !== null) admitSealingKey(payload.sealing_key)
  for (const term of proffer.payload.terms.filter(({ id }) => payload.terms.includes(id))) {
    requireRegisteredUse(term, requester)
    requireSealing(term, payload.sealing_key, 'the acceptance')
  }
}
