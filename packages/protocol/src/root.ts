import { z } from 'zod'
import { ProtocolError } from './errors.ts'
import { admitKey, type PublicKey, publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import {
  admitKeySet,
  type Held,
  isSignedBy,
  keySetMembers,
  recordMembers,
  requireContinuity,
  requireSequence,
} from './record.ts'
import type { Judged, Noun } from './signed.ts'
import { plainTextSchema } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

/** The four houses that hold the root together. spec: root#houses */
export const houses = ['governments', 'companies', 'citizens', 'technical'] as const
export type House = (typeof houses)[number]

const houseSchema = z.strictObject(keySetMembers)
/** Which houses an act needs: how many, and which of them always. */
const needSchema = z.strictObject({ least: z.int().min(1).max(4), with: z.array(z.enum(houses)).max(4) })

export const rootSchema = z.strictObject({
  ...recordMembers,
  name: z.literal('root'),
  /** A test root admits loopback addresses and any country code; nothing under it means anything. */
  test: z.boolean(),
  expires: timeSchema,
  houses: z.strictObject({
    governments: houseSchema,
    companies: houseSchema,
    citizens: houseSchema,
    technical: houseSchema,
  }),
  needs: z.strictObject({ policy: needSchema, hold: needSchema }),
  roles: z.strictObject({
    /** Signs delegations of countries. */
    country: z.strictObject(keySetMembers),
    /** Signs the root zone's statements and checkpoints. */
    log: z.strictObject({ origin: plainTextSchema(100), key: publicKeySchema }),
  }),
  witness: z.strictObject({
    quorum: z.int().min(0).max(32),
    witnesses: z
      .array(z.strictObject({ name: plainTextSchema(100), key: publicKeySchema, by: plainTextSchema(100) }))
      .max(32),
  }),
})

export type RootRecord = z.infer<typeof rootSchema>

export const rootNoun: Noun<RootRecord> = {
  typ: 'dcann-root+json',
  schema: rootSchema,
  mostBytes: limits.zoneRecordBytes,
}

/** Every key that may sign a root record proposed after `held`. */
export function rootSigners(held: RootRecord | undefined, proposed: RootRecord): PublicKey[] {
  return [held, proposed].flatMap((root) => (root ? houses.flatMap((house) => [...root.houses[house].keys]) : []))
}

/** The houses whose threshold is met among the signers. */
export function signingHouses(root: RootRecord, signers: readonly PublicKey[]): House[] {
  return houses.filter((house) => isSignedBy(signers, root.houses[house]))
}

/**
 * Admits a root record: three houses, citizens among them, under the version held **and** under the one proposed; the
 * version exactly one more; each house's keys continuous. No house acts alone and citizens cannot be outvoted.
 *
 * Throws `root-invalid`, `record-stale`, `key-inadmissible`, `not-entitled` or `rule-broken`.
 *
 * spec: root#admission
 */
export function admitRoot(held: Held<RootRecord> | undefined, proposed: Judged<RootRecord>, now: Instant): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  const all = houses.flatMap((house) => payload.houses[house].keys)
  if (new Set(all).size !== all.length) {
    throw new ProtocolError(
      'key-inadmissible',
      'admitting the root: one key stands in two houses; each house holds keys of its own',
    )
  }
  for (const house of houses) admitKeySet(payload.houses[house], `root, house of ${house}`)
  admitKeySet(payload.roles.country, 'root, country role')
  admitKey(payload.roles.log.key)
  const witnesses = payload.witness.witnesses.map(({ key }) => key)
  for (const key of witnesses) admitKey(key)
  if (new Set(witnesses).size !== witnesses.length) {
    throw new ProtocolError('key-inadmissible', 'admitting the root: two witnesses have one key; a quorum counts keys')
  }
  requireHouses(payload, signers, `version ${payload.seq}`)
  if (!held) return
  requireHouses(held.payload, signers, `version ${held.payload.seq}`)
  if (held.payload.test !== payload.test) {
    throw new ProtocolError(
      'rule-broken',
      `admitting the root: test was ${held.payload.test} and stays so; a test root never becomes a production root`,
    )
  }
  for (const house of houses)
    requireContinuity(held.payload.houses[house], payload.houses[house], signers, `root, house of ${house}`)
}

function requireHouses(root: RootRecord, signers: readonly PublicKey[], version: string): void {
  const signed = signingHouses(root, signers)
  if (signed.length < 3 || !signed.includes('citizens')) {
    throw new ProtocolError(
      'root-invalid',
      `admitting the root under its ${version}: signed by ${signed.length ? signed.join(', ') : 'no house'}; expected three houses, citizens among them`,
      { houses: signed.length },
    )
  }
}

/** Whether a root still delegates (before it expires) and still resolves (90 days longer). */
export function rootStanding(root: RootRecord, now: Instant): 'current' | 'expired' | 'ended' {
  const expires = parseTime(root.expires)
  if (now < expires) return 'current'
  return now < expires + times.rootGrace ? 'expired' : 'ended'
}
