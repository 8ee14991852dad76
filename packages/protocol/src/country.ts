import { z } from 'zod'
import { ProtocolError, quote } from './errors.ts'
import { admitKey, type PublicKey } from './key.ts'
import { limits } from './limits.ts'
import { frozenSchema, logSchema, requireSuccession } from './log/succession.ts'
import { countryNameSchema } from './name.ts'
import {
  admitKeySet,
  differsOnlyIn,
  isChange,
  type Held,
  isSignedBy,
  keySetMembers,
  recordMembers,
  requireContinuity,
  requireSequence,
  requireSigned,
} from './record.ts'
import { houses, isNeedMet, type RootRecord, rootStanding } from './root.ts'
import type { Judged, Noun } from './signed.ts'
import { urlSchema } from './text.ts'
import type { Instant } from './time.ts'

export const countrySchema = z.strictObject({
  ...recordMembers,
  name: countryNameSchema,
  ...keySetMembers,
  /** Where this zone's registry answers. */
  urls: z.array(urlSchema).min(1).max(8),
  /** Signs the zone's statements and checkpoints. */
  log: logSchema,
  status: z.enum(['active', 'suspended']),
  bounds: z.strictObject({ passports_per_day: z.int().min(0), acts_per_second: z.int().min(1) }),
  /** Where the log before this one ended, whose entries this one begins with; absent for a zone's first log. */
  frozen: frozenSchema.optional(),
  /** Names in the zone, or the country's own, that the houses hold tightened. */
  hold: z.array(z.string().max(80)).max(256),
})

export type CountryRecord = z.infer<typeof countrySchema>

export const countryNoun: Noun<CountryRecord> = {
  typ: 'dcann-country+json',
  schema: countrySchema,
  mostBytes: limits.zoneRecordBytes,
}

/** Every key that may sign a country record proposed after `held`. */
export function countrySigners(
  root: RootRecord,
  held: CountryRecord | undefined,
  proposed: CountryRecord,
): PublicKey[] {
  const all = houses.flatMap((house) => root.houses[house].keys)
  return [...root.roles.country.keys, ...proposed.keys, ...(held?.keys ?? []), ...all]
}

/**
 * Admits a delegation: the root's country role and the country's own keys together; either alone may tighten, and so may
 * the houses that the root names for a hold, without which nothing is let go that is held.
 *
 * Throws `not-entitled`, `held`, `record-stale`, `expired`, `key-inadmissible` or `rule-broken`.
 *
 * spec: country#admission
 */
export function admitCountry(
  root: RootRecord,
  held: Held<CountryRecord> | undefined,
  proposed: Judged<CountryRecord>,
  now: Instant,
): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  admitKeySet(payload, payload.name)
  admitKey(payload.log.key)
  if (!root.test && /^country\/X[A-J]$/.test(payload.name)) {
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(payload.name)}: XA to XJ are for tests, never under this root`,
    )
  }
  if (
    held &&
    isTighteningOfCountry(held.payload, payload) &&
    (isSignedBy(signers, held.payload) || isSignedBy(signers, root.roles.country) || isNeedMet(root, 'hold', signers))
  )
    return
  if (held) requireLetGo(root, held.payload, payload, signers)
  requireSuccession(held?.payload, payload, payload.name)
  if (rootStanding(root, now) !== 'current') {
    throw new ProtocolError(
      'expired',
      `admitting ${quote(payload.name)}: the root expired at ${root.expires} and delegates no more`,
    )
  }
  requireSigned(signers, root.roles.country, payload.name, "the root's country role")
  requireSigned(signers, payload, payload.name, 'the country itself')
  if (held) requireContinuity(held.payload, payload, signers, payload.name)
}

/** Throws `held` where a name is let go, or a country is changed that is held, and the houses have not signed. */
function requireLetGo(
  root: RootRecord,
  held: CountryRecord,
  proposed: CountryRecord,
  signers: readonly PublicKey[],
): void {
  const letGo = held.hold.find((name) => !proposed.hold.includes(name))
  if ((letGo === undefined && !held.hold.includes(held.name)) || isNeedMet(root, 'hold', signers)) return
  throw new ProtocolError(
    'held',
    `admitting ${quote(held.name)}: the houses hold ${quote(letGo ?? held.name)}; expected ${root.needs.hold.least} of them to sign as well`,
  )
}

/** Suspending, narrowing bounds, holding more. */
function isTighteningOfCountry(held: CountryRecord, proposed: CountryRecord): boolean {
  return (
    isChange(held, proposed) &&
    differsOnlyIn(held, proposed, ['status', 'bounds', 'hold']) &&
    !(held.status === 'suspended' && proposed.status === 'active') &&
    proposed.bounds.passports_per_day <= held.bounds.passports_per_day &&
    proposed.bounds.acts_per_second <= held.bounds.acts_per_second &&
    held.hold.every((name) => proposed.hold.includes(name))
  )
}
