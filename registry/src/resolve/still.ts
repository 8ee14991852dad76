import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import type { Heads } from '../log/heads.ts'
import type { Head } from '../log/shelf.ts'

/** What an answer about a name was made under. */
export type Basis = {
  readonly zone: ZoneName
  /** The zone's head, and the root's before the answer was begun. */
  readonly head: Head
  readonly root: Head | undefined
  /** When its statement was made, and when that is to be made anew. */
  readonly from: Instant
  readonly until: Instant
}

/**
 * Whether an answer may be given again: its zone, and the root where it is here, resolve from the very heads it was made
 * under, so that nothing has been admitted, held or delegated anew since, and its statement may be.
 */
export function isStill(
  heads: Pick<Heads, 'resolvable'>,
  { zone, head, root, from, until }: Basis,
  now: Instant,
): boolean {
  // a clock that was set back makes a new one: nobody believes a statement of the future
  return from <= now && now < until && heads.resolvable(zone) === head && heads.resolvable('root') === root
}
