import { canonicalBytes } from './canonical.ts'
import { ProtocolError } from './errors.ts'
import { times } from './limits.ts'
import { recordIdOf, type RecordId } from './signed.ts'
import { formatTime, type Instant } from './time.ts'

/** What stands under the name of a passport whose records are erased: the same for all of them. spec: passport#erasure */
export const tombstone = { gone: true, v: 1 } as const

/** The record id of that payload, which nobody signs. spec: passport#erasure */
export const tombstoneId: RecordId = recordIdOf(canonicalBytes(tombstone))

/**
 * How far a name has come on its way out: its passport has `ended`; its records were `withheld` from whoever followed only
 * later; it is `gone`, for good. `at` is the time of the batch in which that was so.
 */
export type Ending = { readonly is: 'ended' | 'withheld' | 'gone'; readonly at: Instant }

/**
 * Judges the act that puts a tombstone under a name: its passport has ended, 14 days before; so long everybody who follows
 * the zone may judge the end itself. Throws `rule-broken`.
 *
 * spec: passport#erasure
 */
export function judgeTombstone(ending: Ending | undefined, now: Instant): void {
  const refuse = (why: string): never => {
    throw new ProtocolError('rule-broken', `burying a passport: ${why}`)
  }
  if (ending === undefined) return refuse('nothing has ended under this name; only its holder ends it')
  if (ending.is === 'gone') return refuse('it is buried already')
  if (now - ending.at < times.erasure) {
    refuse(`it ended at ${formatTime(ending.at)}; expected ${times.erasure / 86_400} days between`)
  }
}

/**
 * Judges that a record is not given out by whoever keeps the log. It is erased, or so it seems, where the same log has a
 * tombstone under the name further on; else the act cannot be judged. Throws `evidence-broken`.
 *
 * spec: passport#erasure
 */
export function judgeWithheld(ending: Ending | undefined, isBuried: boolean): void {
  if (isBuried && ending?.is !== 'ended' && ending?.is !== 'gone') return
  throw new ProtocolError(
    'evidence-broken',
    ending && isBuried
      ? `judging an act whose record is withheld: its passport had ${ending.is === 'gone' ? 'been buried' : 'ended'}, and nothing follows that`
      : 'judging an act whose record is withheld: no tombstone follows under its name',
  )
}

/** Judges that nothing comes to stand under a name that is gone. Throws `rule-broken`. spec: passport#erasure */
export function requireNotGone(ending: Ending | undefined): void {
  if (ending?.is !== 'gone') return
  throw new ProtocolError('rule-broken', 'admitting a passport: this one has ended and is erased; make a new one')
}
