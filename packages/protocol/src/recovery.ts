import { z } from 'zod'
import { base64Url, concatenate, sha256, utf8 } from './bytes.ts'
import { canonicalBytes, canonicalText } from './canonical.ts'
import { ProtocolError, quote } from './errors.ts'
import { type PublicKey, publicKeySchema } from './key.ts'
import { times } from './limits.ts'
import { nodeNameSchema } from './name.ts'
import { admitKeySet, isSignedBy, keysSchema, sameKeys } from './record.ts'
import { type RecordId, recordIdSchema } from './signed.ts'
import { formatTime, type Instant, parseTime, timeSchema } from './time.ts'

/**
 * The keys that get a passport back when its control keys are lost or stolen: `threshold` of them act together. A record
 * bears only its digest; the set itself is read when it is used, and its salt keeps the digest from being tried out.
 *
 * spec: recovery#set
 */
export const recoverySetSchema = z.strictObject({
  keys: keysSchema,
  threshold: z.int().min(1).max(16),
  salt: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})
export type RecoverySet = z.infer<typeof recoverySetSchema>

/** What a passport record bears of its recovery set: 43 characters of base64url. spec: recovery#set */
export function recoveryDigest(set: RecoverySet): RecordId {
  return base64Url(sha256(concatenate(utf8('dcann/recovery-set/1\n'), canonicalBytes(set))))
}

export const homeSchema = z.strictObject({ node: nodeNameSchema, key: publicKeySchema })
export type HomeOf = z.infer<typeof homeSchema>

/** Where recovery may lead back to: how things stood when the passport was last settled. */
export const fallbackSchema = z.strictObject({ record: recordIdSchema, home: homeSchema, until: timeSchema })
/** The recovery set before, which acts alone until then. */
export const outgoingSchema = z.strictObject({ recovery: recordIdSchema, until: timeSchema })

type Fallback = z.infer<typeof fallbackSchema>
type Outgoing = z.infer<typeof outgoingSchema>

/** What of a passport record these rules look at. */
export type Recoverable = {
  readonly name: string
  readonly at: string
  readonly keys: readonly PublicKey[]
  readonly home: HomeOf
  readonly recovery: RecordId | null
  readonly fallback?: Fallback | undefined
  readonly outgoing?: Outgoing | undefined
  readonly opens?: RecoverySet | undefined
  readonly undoes?: RecordId | undefined
}

/**
 * When a passport is settled if nothing else happens to it: until then a recovery set may still take back what control
 * keys did, or the former set may act. `undefined` when it is settled already at `now`.
 *
 * spec: recovery#settled
 */
export function settledAfter(
  { fallback, outgoing }: Pick<Recoverable, 'fallback' | 'outgoing'>,
  now: Instant,
): Instant | undefined {
  const open = [fallback, outgoing]
    .flatMap((each) => (each ? [parseTime(each.until)] : []))
    .filter((until) => now < until)
  return open.length === 0 ? undefined : Math.max(...open)
}

/** The digest of the one set that may act at `at`: the former one while a change of it settles. spec: recovery#set */
export function actingSet(
  { outgoing, recovery }: Pick<Recoverable, 'outgoing' | 'recovery'>,
  at: Instant,
): RecordId | null {
  return outgoing && at < parseTime(outgoing.until) ? outgoing.recovery : recovery
}

/**
 * Judges what a record under control keys says of settling: `fallback` and `outgoing` as they follow from the record
 * before, and no second change of the recovery set while one settles, save back to the set that acts. Throws `rule-broken`.
 *
 * spec: recovery#settling
 */
export function judgeSettling(held: Recoverable & { readonly id: RecordId }, proposed: Recoverable): void {
  const at = parseTime(proposed.at)
  if (proposed.undoes !== undefined) refuse(proposed, 'it undoes something; only a recovery set may, which it opens')
  const outgoing = alive(held.outgoing, at)
  if (outgoing && proposed.recovery !== held.recovery && proposed.recovery !== outgoing.recovery) {
    refuse(proposed, `its recovery set changes again before ${outgoing.until}, when the change before is settled`)
  }
  const expected = settlingOf(held, proposed)
  requireSame(proposed, 'fallback', expected.fallback)
  requireSame(proposed, 'outgoing', expected.outgoing)
}

/**
 * Judges a record by which a recovery set appoints new control keys: the set that may act, opened, at its threshold; none
 * of the control keys before stays, and none of the set becomes one; the set is replaced by another, which settles. With
 * `undoes` it leads back to the home of that record. Whether a new home has signed is for the caller to see, to whom
 * `isHomeRestored` is told. Throws `not-entitled`, `key-inadmissible` or `rule-broken`.
 *
 * spec: recovery#act
 */
export function judgeRecovery(
  held: Recoverable,
  proposed: Recoverable & { readonly opens: RecoverySet },
  signers: readonly PublicKey[],
): { readonly isHomeRestored: boolean } {
  const at = parseTime(proposed.at)
  const { opens, undoes } = proposed
  const digest = recoveryDigest(opens)
  admitKeySet(opens, proposed.name)
  const acting = actingSet(held, at)
  if (digest !== acting) {
    throw new ProtocolError(
      'not-entitled',
      `recovering ${quote(proposed.name)}: it opens the set ${digest}, the one that acts is ${acting ?? 'none'}`,
    )
  }
  if (!isSignedBy(signers, opens)) {
    throw new ProtocolError(
      'not-entitled',
      `recovering ${quote(proposed.name)}: expected ${opens.threshold} signature(s) of the recovery set`,
    )
  }
  if (proposed.keys.some((key) => held.keys.includes(key)))
    refuse(proposed, 'a control key before stays; recovery appoints new ones')
  if ([...held.keys, ...proposed.keys].some((key) => opens.keys.includes(key)))
    refuse(proposed, 'a key of the recovery set is a control key; it is used for nothing else')
  if (proposed.recovery === digest)
    refuse(proposed, 'the recovery set that was opened stays; name one with a fresh salt')
  const fallback = alive(held.fallback, at)
  if (undoes !== undefined && undoes !== fallback?.record)
    refuse(
      proposed,
      `it undoes what followed ${undoes}; what can be led back to is ${fallback?.record ?? 'nothing, all is settled'}`,
    )
  requireSame(proposed, 'fallback', undefined)
  requireSame(proposed, 'outgoing', outgoingOf(opens, proposed.at))
  return { isHomeRestored: undoes !== undefined && fallback !== undefined && sameHome(fallback.home, proposed.home) }
}

export function sameHome(a: HomeOf, b: HomeOf): boolean {
  return a.node === b.node && a.key === b.key
}

/**
 * What a record under control keys that follows `held` says of settling: members that it does not say are left out.
 *
 * spec: recovery#settling
 */
export function settlingOf(
  held: Recoverable & { readonly id: RecordId },
  next: Pick<Recoverable, 'keys' | 'home' | 'recovery' | 'at'>,
): { fallback?: Fallback; outgoing?: Outgoing } {
  const at = parseTime(next.at)
  const fallback = fallbackAfter(held, next, at)
  const outgoing = outgoingAfter(held, next, at)
  return { ...(fallback && { fallback }), ...(outgoing && { outgoing }) }
}

/** What a record says of the set that it opens: replaced, and in office until the change is settled. spec: recovery#act */
export function outgoingOf(opens: RecoverySet, at: string): Outgoing {
  return { recovery: recoveryDigest(opens), until: formatTime(parseTime(at) + times.recoverySettles) }
}

function fallbackAfter(
  held: Recoverable & { readonly id: RecordId },
  { keys, home }: Pick<Recoverable, 'keys' | 'home'>,
  at: Instant,
): Fallback | undefined {
  const open = alive(held.fallback, at)
  if (sameHome(held.home, home) && sameKeys(held.keys, keys)) return open
  const settled = open ?? { record: held.id, home: held.home }
  return { record: settled.record, home: settled.home, until: formatTime(at + times.recoveryVoids) }
}

function outgoingAfter(
  held: Recoverable,
  { recovery }: Pick<Recoverable, 'recovery'>,
  at: Instant,
): Outgoing | undefined {
  const open = alive(held.outgoing, at)
  if (recovery === held.recovery) return open
  // back to the set that acts, or the first one there ever was: nothing settles
  if (open || held.recovery === null) return undefined
  return { recovery: held.recovery, until: formatTime(at + times.recoverySettles) }
}

function alive<T extends { readonly until: string }>(open: T | undefined, at: Instant): T | undefined {
  return open && at < parseTime(open.until) ? open : undefined
}

function requireSame(proposed: Recoverable, member: 'fallback' | 'outgoing', expected: object | undefined): void {
  const [found, wanted] = [proposed[member], expected].map((value) =>
    value === undefined ? 'none' : canonicalText(value),
  )
  if (found !== wanted) refuse(proposed, `its ${member} is ${found}, expected ${wanted}`)
}

function refuse(proposed: Recoverable, why: string): never {
  throw new ProtocolError('rule-broken', `admitting ${quote(proposed.name)}: ${why}`)
}
