import { z } from 'zod'
import type { CountryRecord } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import { houses, isNeedMet, type RootRecord, rootStanding } from './root.ts'
import type { PublicKey } from './key.ts'
import { limits } from './limits.ts'
import { policyNameSchema } from './name.ts'
import { type Held, recordMembers, requireNotHeld, requireSequence, requireSigned } from './record.ts'
import { type Judged, type Noun, recordIdSchema } from './signed.ts'
import { plainTextSchema, urlSchema } from './text.ts'
import { type Instant, timeSchema } from './time.ts'

/** What a text is about. spec: policy */
export const policySubjects = [
  'fair-use',
  'custody',
  'retention',
  'may-go-to',
  'age-of-consent',
  'population',
  'wallet-bundle',
  'procedure',
] as const

export const policySchema = z.strictObject({
  ...recordMembers,
  name: policyNameSchema,
  subject: z.enum(policySubjects),
  title: plainTextSchema(200),
  /** SHA-256 of the text's bytes. */
  digest: recordIdSchema,
  /** Where the text lies; whoever reads it compares the digest. */
  urls: z.array(urlSchema).min(1).max(8),
  /** From when it is in force. */
  from: timeSchema,
  status: z.enum(['adopted', 'withdrawn']),
})

export type PolicyRecord = z.infer<typeof policySchema>

export const policyNoun: Noun<PolicyRecord> = {
  typ: 'dcann-policy+json',
  schema: policySchema,
  mostBytes: limits.zoneRecordBytes,
}

/** Every key that may sign a policy: of the houses for the root's, of the country for its own. */
export function policySigners(by: { readonly root: RootRecord } | { readonly country: CountryRecord }): PublicKey[] {
  return 'root' in by ? houses.flatMap((house) => by.root.houses[house].keys) : [...by.country.keys]
}

/**
 * Admits a text that the houses adopt, change or withdraw: those whom the root names for a policy sign, under a root that has
 * not expired.
 *
 * Throws `not-entitled`, `expired` or `record-stale`.
 *
 * spec: policy#admission
 */
export function admitRootPolicy(
  root: RootRecord,
  held: Held<PolicyRecord> | undefined,
  { payload, signers }: Judged<PolicyRecord>,
  now: Instant,
): void {
  requireSequence(held, payload, now)
  if (rootStanding(root, now) !== 'current')
    throw new ProtocolError('expired', `admitting ${quote(payload.name)}: the root expired at ${root.expires}`)
  if (isNeedMet(root, 'policy', signers)) return
  const { least, with: always } = root.needs.policy
  throw new ProtocolError(
    'not-entitled',
    `admitting ${quote(payload.name)}: expected ${least} houses to sign${always.length > 0 ? `, ${always.join(', ')} among them` : ''}`,
  )
}

/** Admits a country's own text: the country signs, and is not suspended. Throws `not-entitled`, `not-active`, `held`. spec: policy#admission */
export function admitCountryPolicy(
  country: CountryRecord,
  held: Held<PolicyRecord> | undefined,
  { payload, signers }: Judged<PolicyRecord>,
  now: Instant,
): void {
  requireSequence(held, payload, now)
  requireNotHeld(country, payload.name)
  if (country.status !== 'active')
    throw new ProtocolError('not-active', `admitting ${quote(payload.name)}: ${country.name} is ${country.status}`)
  requireSigned(signers, country, payload.name, 'the country')
}
