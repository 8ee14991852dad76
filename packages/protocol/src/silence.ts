import { z } from 'zod'
import { ProtocolError } from './errors.ts'
import { keyDigest, type PublicKey } from './key.ts'
import { times } from './limits.ts'
import { type AnyRecord, differsOnlyIn, isSignedBy, isSubset, type KeySet } from './record.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

/** The four houses that hold the root together. spec: root#houses */
export const houses = ['governments', 'companies', 'citizens', 'technical'] as const
export type House = (typeof houses)[number]

/** To a house that has missed a ceremony. spec: root#silence */
export const noticeSchema = z.strictObject({ house: z.enum(houses), since: timeSchema })

/** What silence is judged by: the houses of a version of the root, and the notice that it carries. */
export type Houses = AnyRecord & {
  readonly houses: Readonly<Record<House, KeySet & { readonly next: readonly string[] }>>
  readonly notice?: z.infer<typeof noticeSchema> | undefined
}

/**
 * Judges the notice that a version carries: given now, about one house, kept as it was given, and gone once that house has
 * signed. Throws `time-invalid` for one that is given in arrears, since its days count from its own date.
 *
 * spec: root#silence
 */
export function judgeNotice(
  held: Houses | undefined,
  proposed: Houses,
  signers: readonly PublicKey[],
  now: Instant,
): void {
  const { notice, at } = proposed
  if (!notice) return
  if (!held)
    throw new ProtocolError('rule-broken', 'admitting the root: nobody has been silent before its first version')
  if (isSignedBy(signers, held.houses[notice.house])) {
    throw new ProtocolError(
      'rule-broken',
      `admitting the root: the house of ${notice.house} has signed, so it is not silent; leave the notice out`,
    )
  }
  const since = held.notice?.house === notice.house ? held.notice.since : at
  if (notice.since !== since) {
    throw new ProtocolError(
      'rule-broken',
      `admitting the root: its notice to the house of ${notice.house} says ${notice.since}, expected ${since}`,
    )
  }
  if (held.notice?.house !== notice.house && now - parseTime(at) > times.noticeSigned) {
    throw new ProtocolError(
      'time-invalid',
      `admitting the root: it gives notice as of ${at}, more than ${times.noticeSigned / 86_400} days ago; give it anew`,
    )
  }
}

/**
 * Whether a house that was given notice ends it: by its own signature alone, and with nothing else changed. So three houses
 * cannot call a fourth silent that is not.
 *
 * spec: root#silence
 */
export function hasSpoken(held: Houses, proposed: Houses, signers: readonly PublicKey[]): boolean {
  return (
    held.notice !== undefined &&
    proposed.notice === undefined &&
    differsOnlyIn(held, proposed, ['notice']) &&
    isSignedBy(signers, held.houses[held.notice.house])
  )
}

/**
 * The house without which the three others may act: to give it notice, to take that back, or to give it keys that it
 * announced, and nothing else with it. Only then may the citizens be the one that is missing.
 *
 * spec: root#silence
 */
export function withoutHouse(held: Houses, proposed: Houses, now: Instant): House | undefined {
  const house = held.notice?.house ?? proposed.notice?.house
  if (house === undefined || (proposed.notice && proposed.notice.house !== house)) return undefined
  if (differsOnlyIn(held, proposed, ['notice'])) return held.notice || proposed.notice ? house : undefined
  const others = { ...proposed.houses, [house]: held.houses[house] }
  const isNothingElse = differsOnlyIn(held, { ...proposed, houses: others }, ['notice'])
  return isNothingElse && isRekeyedOnNotice(held, proposed, house, now) ? house : undefined
}

/**
 * Whether a house that has been silent for 90 days since the notice was public gets keys, all of which it announced, and no weaker
 * threshold. Nothing new is announced for it.
 *
 * spec: root#silence
 */
export function isRekeyedOnNotice(held: Houses, proposed: Houses, house: House, now: Instant): boolean {
  if (held.notice?.house !== house || proposed.notice !== undefined) return false
  const due = parseTime(held.notice.since) + times.houseSilent
  if (Math.min(now, parseTime(proposed.at)) < due) return false
  const [before, after] = [held.houses[house], proposed.houses[house]]
  return (
    after.threshold >= before.threshold &&
    isSubset(after.keys.map(keyDigest), before.next) &&
    isSubset(after.next, before.next)
  )
}
