import { z } from 'zod'
import { ProtocolError } from './errors.ts'
import { admitKey, type PublicKey, publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import { frozenSchema, type LogNamed, logSchema, requireSuccession } from './log/succession.ts'
import {
  admitKeySet,
  type Held,
  isSignedBy,
  isSubset,
  keySetMembers,
  recordMembers,
  requireContinuity,
  requireSequence,
} from './record.ts'
import { hasSpoken, type House, houses, isRekeyedOnNotice, judgeNotice, noticeSchema, withoutHouse } from './silence.ts'
import type { Judged, Noun } from './signed.ts'
import { plainTextSchema } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

export { type House, houses } from './silence.ts'

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
    log: logSchema,
  }),
  /** Where the root's log before this one ended; absent for the first. */
  frozen: frozenSchema.optional(),
  witness: z.strictObject({
    quorum: z.int().min(0).max(32),
    witnesses: z
      .array(z.strictObject({ name: plainTextSchema(100), key: publicKeySchema, by: plainTextSchema(100) }))
      .max(32),
  }),
  /** That a house has missed a ceremony: 90 days later, the others may give it keys that it announced. */
  notice: noticeSchema.optional(),
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

/** Whether the houses that the root names for an act have signed. spec: root#needs */
export function isNeedMet(root: RootRecord, act: 'policy' | 'hold', signers: readonly PublicKey[]): boolean {
  const signed = signingHouses(root, signers)
  const { least, with: always } = root.needs[act]
  return signed.length >= least && always.every((house) => signed.includes(house))
}

/** The houses whose threshold is met among the signers. */
export function signingHouses(root: RootRecord, signers: readonly PublicKey[]): House[] {
  return houses.filter((house) => isSignedBy(signers, root.houses[house]))
}

/**
 * Admits a root record: three houses, citizens among them, under the version held **and** under the one proposed; the
 * version exactly one more; what each house holds and announces changed by itself alone. No house acts alone and citizens
 * cannot be outvoted, save that a house which was given notice 90 days ago goes to keys that it announced without it.
 *
 * Throws `root-invalid`, `record-stale`, `key-inadmissible`, `not-entitled`, `time-invalid` or `rule-broken`.
 *
 * spec: root#admission
 */
export function admitRoot(held: Held<RootRecord> | undefined, proposed: Judged<RootRecord>, now: Instant): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  judgeKeys(payload)
  judgeNeeds(payload)
  judgeWitnesses(payload)
  judgeExpiry(payload)
  judgeNotice(held?.payload, payload, signers, now)
  requireSuccession(held && ofLog(held.payload), ofLog(payload), 'root')
  if (held && hasSpoken(held.payload, payload, signers)) return
  const without = held && withoutHouse(held.payload, payload, now)
  requireHouses(payload, signers, `version ${payload.seq}`, without)
  if (!held) return
  requireHouses(held.payload, signers, `version ${held.payload.seq}`, without)
  if (held.payload.test !== payload.test) {
    throw new ProtocolError(
      'rule-broken',
      `admitting the root: test was ${held.payload.test} and stays so; a test root never becomes a production root`,
    )
  }
  for (const house of houses) requireOwn(held.payload, payload, house, signers, now)
}

/** What a root record says of the root zone's own log. spec: root#log */
export function ofLog({ roles, frozen }: RootRecord): LogNamed {
  return { log: roles.log, frozen }
}

/** Keys are admissible, and each is for one use: what is online must not speak for a house. */
function judgeKeys({ houses: held, roles, witness }: RootRecord): void {
  for (const house of houses) admitKeySet(held[house], `root, house of ${house}`)
  admitKeySet(roles.country, 'root, country role')
  const others = [roles.log.key, ...witness.witnesses.map(({ key }) => key)]
  for (const key of others) admitKey(key)
  const all = [...houses.flatMap((house) => held[house].keys), ...roles.country.keys, ...others]
  if (new Set(all).size !== all.length) {
    throw new ProtocolError(
      'key-inadmissible',
      'admitting the root: one key stands in two places; each house, role, log and witness has keys of its own',
    )
  }
}

/** An act of the houses needs two of them at least, and a text that binds everybody is not adopted over the citizens. */
function judgeNeeds({ needs }: RootRecord): void {
  if (needs.policy.least < 2 || needs.hold.least < 2) {
    throw new ProtocolError(
      'rule-broken',
      `admitting the root: it lets one house act alone; expected at least two for a policy and for a hold`,
    )
  }
  if (needs.policy.least < 4 && !needs.policy.with.includes('citizens')) {
    throw new ProtocolError('rule-broken', 'admitting the root: it lets a policy be adopted without the citizens')
  }
}

/** A root that counts has its heads cosigned, and stands the loss of a witness. */
function judgeWitnesses({ test, witness: { quorum, witnesses } }: RootRecord): void {
  const voices = new Set(witnesses.map(({ by }) => by)).size
  const least = test ? 0 : 2
  if (quorum >= least && (quorum === 0 || quorum < voices)) return
  throw new ProtocolError(
    'rule-broken',
    `admitting the root: its quorum is ${quorum} of ${voices} that run witnesses; expected at least ${least}, and one to spare`,
    { quorum, voices },
  )
}

function judgeExpiry({ at, expires }: RootRecord): void {
  const life = parseTime(expires) - parseTime(at)
  if (life > 0 && life <= times.rootLife) return
  throw new ProtocolError(
    'rule-broken',
    `admitting the root: it is of ${at} and expires at ${expires}; expected later, by at most ${times.rootLife / 86_400} days`,
  )
}

function requireHouses(
  root: RootRecord,
  signers: readonly PublicKey[],
  version: string,
  without: House | undefined,
): void {
  const signed = signingHouses(root, signers)
  if (signed.length >= 3 && (signed.includes('citizens') || without === 'citizens')) return
  throw new ProtocolError(
    'root-invalid',
    `admitting the root under its ${version}: signed by ${signed.length ? signed.join(', ') : 'no house'}; expected three houses, citizens among them`,
    { houses: signed.length },
  )
}

/** What a house holds and what it announces changes by its own signature, or by keys that it announced. */
function requireOwn(
  held: RootRecord,
  proposed: RootRecord,
  house: House,
  signers: readonly PublicKey[],
  now: Instant,
): void {
  if (isRekeyedOnNotice(held, proposed, house, now)) return
  const [before, after] = [held.houses[house], proposed.houses[house]]
  requireContinuity(before, after, signers, `root, house of ${house}`)
  const announces = isSubset(before.next, after.next) && isSubset(after.next, before.next)
  if (announces || isSignedBy(signers, before) || isSignedBy(signers, after)) return
  throw new ProtocolError(
    'not-entitled',
    `admitting the root: the house of ${house} would announce other keys without having signed; others do not announce for it`,
  )
}

/** Whether a root still delegates (before it expires) and still resolves (90 days longer). */
export function rootStanding(root: RootRecord, now: Instant): 'current' | 'expired' | 'ended' {
  const expires = parseTime(root.expires)
  if (now < expires) return 'current'
  return now < expires + times.rootGrace ? 'expired' : 'ended'
}
