import { z } from 'zod'
import type { Json } from './canonical.ts'
import { ProtocolError, quote } from './errors.ts'
import { admitKey, keyDigest, type PublicKey, publicKeySchema } from './key.ts'
import { times } from './limits.ts'
import { type RecordId, recordIdSchema } from './signed.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

/** Members that every record of a zone carries. spec: records#members */
export const recordMembers = {
  v: z.literal(1),
  /** 1 for the genesis; each record is exactly one more than the one it replaces. */
  seq: z.int().min(1),
  prev: recordIdSchema.nullable(),
  at: timeSchema,
  ext: z.record(z.string().regex(/^https:\/\/\S+$/), z.json()).optional(),
}

export type AnyRecord = {
  readonly v: 1
  readonly name: string
  readonly seq: number
  readonly prev: RecordId | null
  readonly at: string
  readonly ext?: Readonly<Record<string, unknown>> | undefined
}

/** A record that was admitted before. */
export type Held<T> = { readonly payload: T; readonly id: RecordId }

/** A set of keys of which `threshold` distinct ones act together. */
export type KeySet = { readonly keys: readonly PublicKey[]; readonly threshold: number }

/** Digests (`keyDigest`) of keys announced before they are used. */
export const announcedSchema = z.array(recordIdSchema).max(16)
export const keysSchema = z.array(publicKeySchema).min(1).max(16)
export const keySetMembers = { keys: keysSchema, threshold: z.int().min(1).max(16), next: announcedSchema }

/** Whether enough distinct keys of the set are among the signers. */
export function isSignedBy(signers: readonly PublicKey[], { keys, threshold }: KeySet): boolean {
  return new Set(keys.filter((key) => signers.includes(key))).size >= threshold
}

/** Throws `not-entitled` unless the set signed. */
export function requireSigned(signers: readonly PublicKey[], set: KeySet, name: string, who: string): void {
  if (!isSignedBy(signers, set)) {
    throw new ProtocolError(
      'not-entitled',
      `admitting ${quote(name)}: expected ${set.threshold} signature(s) of ${who}`,
    )
  }
}

/** Judges a key set itself: distinct, admissible keys, and no more wanted than there are. */
export function admitKeySet(set: KeySet, name: string): void {
  if (new Set(set.keys).size !== set.keys.length) {
    throw new ProtocolError(
      'key-inadmissible',
      `admitting ${quote(name)}: a key is listed twice; thresholds count distinct keys`,
    )
  }
  if (set.threshold > set.keys.length) {
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(name)}: the threshold ${set.threshold} exceeds its ${set.keys.length} key(s)`,
    )
  }
  for (const key of set.keys) admitKey(key)
}

/**
 * Judges that a record follows the one held: a genesis has `seq` 1 and no `prev`; a later one names its predecessor.
 * Throws `record-stale` or `rule-broken`.
 *
 * spec: records#sequence
 */
export function requireSequence(held: Held<AnyRecord> | undefined, proposed: AnyRecord, now: Instant): void {
  const { name } = proposed
  if (parseTime(proposed.at) > now + times.nodeSkew) {
    throw new ProtocolError(
      'time-invalid',
      `admitting ${quote(name)}: it is dated ${proposed.at}, which is in the future`,
    )
  }
  if (!held) {
    if (proposed.seq !== 1 || proposed.prev !== null) {
      throw new ProtocolError(
        'record-stale',
        `admitting ${quote(name)}: nothing is held under this name, so expected seq 1 and prev null, got seq ${proposed.seq}`,
      )
    }
    return
  }
  if (proposed.name !== held.payload.name)
    throw new ProtocolError('wrong-zone', `admitting ${quote(name)}: the record held is ${quote(held.payload.name)}`)
  if (proposed.seq !== held.payload.seq + 1 || proposed.prev !== held.id) {
    throw new ProtocolError(
      'record-stale',
      `admitting ${quote(name)}: expected seq ${held.payload.seq + 1} and prev ${held.id}, got seq ${proposed.seq} and prev ${proposed.prev}`,
      { seq: held.payload.seq },
    )
  }
  if (parseTime(proposed.at) < parseTime(held.payload.at)) {
    throw new ProtocolError(
      'time-invalid',
      `admitting ${quote(name)}: it is dated ${proposed.at}, before the record it replaces (${held.payload.at})`,
    )
  }
}

/**
 * Judges that keys change only with a signature of the keys before, or of keys that those announced: as many of these as
 * the threshold before or the one proposed asks for, whichever is more, so that one announced key never undercuts it.
 *
 * spec: records#continuity
 */
export function requireContinuity(
  held: KeySet & { readonly next: readonly string[] },
  proposed: KeySet,
  signers: readonly PublicKey[],
  name: string,
): void {
  const unchanged = sameKeys(held.keys, proposed.keys) && held.threshold === proposed.threshold
  if (unchanged || isSignedBy(signers, held)) return
  const announced = proposed.keys.filter((key) => held.next.includes(keyDigest(key)))
  if (isSignedBy(signers, { keys: announced, threshold: Math.max(held.threshold, proposed.threshold) })) return
  throw new ProtocolError(
    'not-entitled',
    `admitting ${quote(name)}: its keys change, so expected ${held.threshold} signature(s) of the keys before or of keys they announced`,
  )
}

/** The same keys in any order. */
export function sameKeys(a: readonly PublicKey[], b: readonly PublicKey[]): boolean {
  return a.length === b.length && a.every((key) => b.includes(key))
}

/** Whether every item of `fewer` is in `more`, compared by value. */
export function isSubset(fewer: readonly Json[], more: readonly Json[]): boolean {
  const all = new Set(more.map((item) => JSON.stringify(item)))
  return fewer.every((item) => all.has(JSON.stringify(item)))
}

/** Whether nothing but the named members differs; `seq`, `prev`, `at` always may. */
export function differsOnlyIn<T extends AnyRecord>(held: T, proposed: T, members: readonly (keyof T)[]): boolean {
  const free = new Set<PropertyKey>(['seq', 'prev', 'at', ...members])
  // keys of two records of one schema
  const names = new Set([...Object.keys(held), ...Object.keys(proposed)]) as Set<keyof T & string>
  return [...names].every((name) => free.has(name) || JSON.stringify(held[name]) === JSON.stringify(proposed[name]))
}

/** Whether a record says anything else than the one held; one that does not is no tightening, only one number less. */
export function isChange<T extends AnyRecord>(held: T, proposed: T): boolean {
  return !differsOnlyIn(held, proposed, [])
}

/** Throws `held` for a name that the houses hold: it may be tightened, which its own rule lets through first. */
export function requireNotHeld(country: { readonly hold: readonly string[] }, name: string): void {
  if (country.hold.includes(name)) {
    throw new ProtocolError('held', `admitting ${quote(name)}: the houses hold it; it may only be tightened`)
  }
}
