import { z } from 'zod'
import { ProtocolError } from './errors.ts'
import { identifierSchema } from './identifier.ts'
import { admitKey, type PublicKey, publicKeySchema, thumbprint } from './key.ts'
import { limits, times } from './limits.ts'
import { rightSchema } from './right.ts'
import { type Noun, type RecordId, type Verified } from './signed.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

const nonceSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/)

/**
 * The right of another key on a holder's vault, signed by a control key and kept by the vault: a passport record counts
 * no device.
 *
 * spec: capability
 */
export const capabilitySchema = z.strictObject({
  v: z.literal(1),
  passport: identifierSchema,
  key: publicKeySchema,
  right: rightSchema,
  /** Half-open: at this moment it is over. */
  until: timeSchema,
  at: timeSchema,
  nonce: nonceSchema,
})
export type Capability = z.infer<typeof capabilitySchema>

export const capabilityNoun: Noun<Capability> = {
  typ: 'dcann-capability+json',
  schema: capabilitySchema,
  mostBytes: limits.payloadBytes,
}

/**
 * Ends whatever right a key has, for good. It names the key and no capability, so whatever is sent again afterwards, in
 * whatever order and by whatever clock, brings nothing back.
 *
 * spec: capability#end
 */
export const capabilityEndSchema = z.strictObject({
  v: z.literal(1),
  passport: identifierSchema,
  key: publicKeySchema,
  at: timeSchema,
  nonce: nonceSchema,
})
export type CapabilityEnd = z.infer<typeof capabilityEndSchema>

export const capabilityEndNoun: Noun<CapabilityEnd> = {
  typ: 'dcann-capability-end+json',
  schema: capabilityEndSchema,
  mostBytes: limits.payloadBytes,
}

/** What a vault holds of a key. */
export type HeldCapability = {
  readonly payload: Capability
  readonly id: RecordId
  /** Thumbprints of the control keys that signed it. */
  readonly kids: readonly string[]
  readonly ended: boolean
}

/**
 * Judges a capability that a control key signed. The same again is no fault, ended or not.
 *
 * Throws `key-inadmissible`, `rule-broken` for a control key or a key that was ended, `time-invalid`, `expired`, and
 * `record-stale` for one that is not younger than what is held of its key.
 *
 * spec: capability#making
 */
export function judgeCapability(
  held: Omit<HeldCapability, 'kids'> | undefined,
  { payload, id }: Pick<Verified<Capability>, 'payload' | 'id'>,
  controlKeys: readonly PublicKey[],
  now: Instant,
): void {
  if (held?.id === id) return
  admitKey(payload.key)
  const refuse = (code: 'rule-broken' | 'time-invalid' | 'expired' | 'record-stale', why: string): never => {
    throw new ProtocolError(code, `making a capability: ${why}`)
  }
  if (controlKeys.includes(payload.key)) refuse('rule-broken', 'its key is a control key, which needs none')
  if (held?.ended) refuse('rule-broken', 'its key was ended, and an ended key gets no right again; make a new key')
  if (Math.abs(now - parseTime(payload.at)) > times.nodeSkew)
    refuse('time-invalid', `it is dated ${payload.at}, more than ${times.nodeSkew} s from now`)
  if (parseTime(payload.until) <= parseTime(payload.at))
    refuse('rule-broken', `it ends at ${payload.until}, not after ${payload.at}, when it was made`)
  if (parseTime(payload.until) <= now) refuse('expired', `it ended at ${payload.until}`)
  if (held && parseTime(payload.at) <= parseTime(held.payload.at))
    refuse('record-stale', `one of the same key is dated ${held.payload.at}; expected a later one`)
}

/**
 * Whether a key still has its right: not ended, `now` before `until`, and one that signed it still a control key. What can
 * only lessen outlasts the key that gave it, one of `formerKids` (see `unvoidedKeys`): a thief who changes the control keys
 * must not take the stop out of a drawer.
 *
 * spec: capability#force
 */
export function isInForce(
  { payload, kids, ended }: Pick<HeldCapability, 'payload' | 'kids' | 'ended'>,
  controlKeys: readonly PublicKey[],
  formerKids: readonly string[],
  now: Instant,
): boolean {
  if (ended || now >= parseTime(payload.until)) return false
  if (controlKeys.some((key) => kids.includes(thumbprint(key)))) return true
  return payload.right === 'narrow' && controlKeys.length > 0 && formerKids.some((kid) => kids.includes(kid))
}
