import { ProtocolError, quote } from './errors.ts'
import { thumbprint } from './key.ts'
import type { PassportRecord } from './passport.ts'
import { type Held, sameKeys } from './record.ts'
import type { RecordId } from './signed.ts'
import { type Instant, parseTime } from './time.ts'

/** How a vault node stands to a passport: it is at home there, at home elsewhere, or has ended. spec: residence */
export type Residence = 'home' | 'away' | 'ended'

/** How the node of this name stands to a passport by its newest record. spec: residence */
export function residenceOf({ status, home }: Pick<PassportRecord, 'status' | 'home'>, node: string): Residence {
  if (status === 'ended') return 'ended'
  return home.node === node ? 'home' : 'away'
}

export const happenings = ['ended', 'recovered', 'moved', 'returned', 'rotated', 'changed'] as const
/** What a record did to a passport, in one word for its holder's trail. */
export type PassportHappening = (typeof happenings)[number]

/** What follows from one passport record for the agreements that a vault keeps. */
export type Upshot = {
  readonly record: RecordId
  readonly happened: PassportHappening
  /** Every agreement, or those behind which a key stands that recovery voided: thumbprints. */
  readonly revokes: 'all' | readonly string[]
  /** Every agreement that is left, or those made since this moment; `null`: none. */
  readonly pauses: 'all' | Instant | null
}

/**
 * What the last record of a passport's chain, from the genesis on, means for a vault node. Ending revokes all. A recovery that
 * takes back what was done revokes what keys appointed since then stand behind, and pauses what was agreed since, whoever
 * stands behind it: only the holder knows which of it was theirs. A passport that comes back from elsewhere begins paused.
 *
 * Throws `chain-broken` when it takes back to a record that is not in the chain.
 *
 * spec: residence#records
 */
export function upshotOf(chain: readonly Held<PassportRecord>[], node: string): Upshot {
  const last = chain.at(-1)
  if (last === undefined) throw new ProtocolError('chain-broken', 'following a passport: it has no record')
  const before = chain.at(-2)
  const [was, is] = [before && residenceOf(before.payload, node), residenceOf(last.payload, node)]
  const returns = was === 'away' && is === 'home'
  const undone = undoneBy(chain)
  const since = undone[0]
  return {
    record: last.id,
    happened: happenedIn(last.payload, before?.payload, was, is),
    revokes: is === 'ended' ? 'all' : voidedBy(chain),
    pauses: returns ? 'all' : since ? parseTime(since.payload.at) : null,
  }
}

function happenedIn(
  record: PassportRecord,
  before: PassportRecord | undefined,
  was: Residence | undefined,
  is: Residence,
): PassportHappening {
  if (is === 'ended') return 'ended'
  if (record.opens) return 'recovered'
  if (was === 'home' && is === 'away') return 'moved'
  if (was === 'away' && is === 'home') return 'returned'
  return before && !sameKeys(before.keys, record.keys) ? 'rotated' : 'changed'
}

/** The records that the last one takes back, oldest first. */
function undoneBy(chain: readonly Held<PassportRecord>[]): readonly Held<PassportRecord>[] {
  const last = chain.at(-1)?.payload
  if (last?.undoes === undefined) return []
  const back = chain.findIndex(({ id }) => id === last.undoes)
  if (back < 0) {
    throw new ProtocolError(
      'chain-broken',
      `following ${quote(last.name)}: record ${last.seq} takes back to ${last.undoes}, which is none of its records`,
    )
  }
  return chain.slice(back + 1, -1)
}

/** Thumbprints of the keys that the records taken back appointed: of those that stood before nothing is known to be wrong. */
function voidedBy(chain: readonly Held<PassportRecord>[]): readonly string[] {
  const undone = undoneBy(chain)
  const good = new Set(chain.slice(0, chain.length - 1 - undone.length).flatMap(({ payload }) => payload.keys))
  return [...new Set(undone.flatMap(({ payload }) => payload.keys))].filter((key) => !good.has(key)).map(thumbprint)
}

/**
 * Thumbprints of every key that ever controlled a passport and that no recovery voided: what they gave that can only lessen
 * outlasts them.
 *
 * spec: capability#force
 */
export function unvoidedKeys(chain: readonly Held<PassportRecord>[]): readonly string[] {
  const voided = new Set(chain.flatMap((_, i) => voidedBy(chain.slice(0, i + 1))))
  return [...new Set(chain.flatMap(({ payload }) => payload.keys))].map(thumbprint).filter((kid) => !voided.has(kid))
}

/** When the newest recovery was, if there was one: handle keys of before may lessen from then on, and no more. spec: residence#handles */
export function recoveredAt(chain: readonly Held<PassportRecord>[]): Instant | null {
  const last = chain.findLast(({ payload }) => payload.opens !== undefined)
  return last ? parseTime(last.payload.at) : null
}

/** Whether the handle key of an agreement made at `from` resumes it. spec: residence#handles */
export function mayHandleResume(
  { residence, recovered }: { readonly residence: Residence; readonly recovered: Instant | null },
  from: Instant,
): boolean {
  return residence === 'home' && (recovered === null || from > recovered)
}

/** What a vault knows of an agreement that a passport record may mean something for. */
export type Bound = {
  readonly from: Instant
  /** Thumbprints of the keys behind its binding: those that signed it, and those that gave such a key its right. */
  readonly kids: readonly string[]
}

/** What becomes of an agreement by a passport record. Ends that it has come to before absorb it. spec: residence#records */
export function fateOf({ revokes, pauses }: Upshot, { from, kids }: Bound): 'revoke' | 'pause' | 'stay' {
  if (revokes === 'all' || kids.some((kid) => revokes.includes(kid))) return 'revoke'
  if (pauses === 'all' || (pauses !== null && from >= pauses)) return 'pause'
  return 'stay'
}
