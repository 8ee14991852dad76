import { z } from 'zod'
import { ProtocolError, quote } from './errors.ts'
import { handleOf, handleSchema } from './handle.ts'
import { admitKey, publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import { countryCodeSchema, requesterNameSchema } from './name.ts'
import { daysSchema, judgeTerms, termSchema } from './offer.ts'
import { type RequesterRecord, requesterSchema } from './requester.ts'
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import { plainTextSchema } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'
import { valueSchema } from './value.ts'

/** Who may accept: one requester by name, or any of a kind, a country, an authority's; `null` stands for every one. */
export const rosterSchema = z.union([
  z.strictObject({ requester: requesterNameSchema }),
  z.strictObject({
    kind: requesterSchema.shape.kind.nullable(),
    zone: countryCodeSchema.nullable(),
    authority: plainTextSchema(120).nullable(),
  }),
])
export type Roster = z.infer<typeof rosterSchema>

/**
 * The first document of an agreement when the holder speaks first, under a handle key of its own: no other requester ever
 * sees that key, so nobody can tell to whom else the holder spoke.
 *
 * spec: proffer
 */
export const profferSchema = z.strictObject({
  v: z.literal(1),
  for: rosterSchema,
  handle: handleSchema,
  /** The handle key; it signs this proffer. */
  key: publicKeySchema,
  at: timeSchema,
  /** Until when it can be accepted. */
  expires: timeSchema,
  /** How long an agreement on it lasts at most. */
  lasts: daysSchema,
  /** What the holder lets out at most; the requester may leave optional ones. */
  terms: z.array(termSchema).min(1).max(limits.terms),
  /** What the holder wants for it. */
  value: valueSchema,
  /** The agreement that one on this takes the place of. */
  prior: recordIdSchema.nullable(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})
export type Proffer = z.infer<typeof profferSchema>

export const profferNoun: Noun<Proffer> = {
  typ: 'dcann-proffer+json',
  schema: profferSchema,
  mostBytes: limits.payloadBytes,
}

/**
 * Judges a proffer by itself: under its handle key alone, not expired, its terms whole. Whether they are inside a registered
 * use is asked when somebody accepts. Throws `rule-broken`, `expired`, `time-invalid` or `key-inadmissible`.
 *
 * spec: proffer#form
 */
export function judgeProffer({ payload, signers }: Verified<Proffer>, now: Instant): void {
  const refuse = (why: string): never => {
    throw new ProtocolError('rule-broken', `judging a proffer: ${why}`)
  }
  admitKey(payload.key)
  if (payload.handle !== handleOf(payload.key)) refuse('its handle is not that of its key')
  if (signers.length !== 1 || signers[0] !== payload.key) refuse('it is not signed by its handle key alone')
  const [at, expires] = [parseTime(payload.at), parseTime(payload.expires)]
  if (expires <= at) refuse('it expires before it is made')
  if (at > now + times.nodeSkew)
    throw new ProtocolError('time-invalid', `judging a proffer: it is dated ${payload.at}, which is to come`)
  if (now >= expires) throw new ProtocolError('expired', `judging a proffer: it expired at ${payload.expires}`)
  if (payload.prior !== null && !('requester' in payload.for))
    refuse('it takes the place of an agreement and names nobody; name the requester of that agreement')
  judgeTerms(payload, 'judging a proffer')
}

/** Whether a requester is one of those who may accept. spec: proffer#roster */
export function isOnRoster(roster: Roster, { name, kind, authority }: RequesterRecord): boolean {
  if ('requester' in roster) return roster.requester === name
  return (
    (roster.kind === null || roster.kind === kind) &&
    (roster.zone === null || roster.zone === name.slice(0, 2)) &&
    (roster.authority === null || roster.authority === authority)
  )
}

/** Who may accept, for messages: the name, or what is wanted of them. */
export function rosterText(roster: Roster): string {
  if ('requester' in roster) return quote(roster.requester, 60)
  const wanted = [roster.kind, roster.zone, roster.authority].filter((one) => one !== null)
  return wanted.length === 0 ? 'anybody registered' : `any ${wanted.join(', ')}`
}
