import { ProtocolError } from '../errors.ts'
import { times } from '../limits.ts'
import { formatTime, type Instant } from '../time.ts'

/** What is known of a log when the time of its next map entry is judged. */
export type TimesBefore = {
  /** Of the map entry before, if there is one. */
  readonly before: Instant | undefined
  /** When this witness last cosigned a head without the entry: what was not there then was judged later. */
  readonly cosigned: Instant | undefined
  readonly now: Instant
}

/**
 * Judges the time at which a batch of acts says to have been judged: it does not fall, is no more than five minutes ahead,
 * and no more than five minutes before the last cosignature that the batch came after. Throws `time-invalid`.
 *
 * spec: witness#replaying
 */
export function judgeBatchTime(time: Instant, { before, cosigned, now }: TimesBefore): void {
  const refuse = (why: string): never => {
    throw new ProtocolError('time-invalid', `judging a batch of ${formatTime(time)}: ${why}`)
  }
  if (before !== undefined && time < before) refuse(`the one before is of ${formatTime(before)}`)
  if (time > now + times.nodeSkew) refuse('it is in the future')
  if (cosigned !== undefined && time < cosigned - times.nodeSkew) {
    refuse(`it was not there when a head was cosigned at ${formatTime(cosigned)}`)
  }
}
