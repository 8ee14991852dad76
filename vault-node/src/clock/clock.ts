import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle, shelf, text } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'

/**
 * The time that decisions are made at: never below the highest seen, never far past what registries have said. Until one
 * has said anything, a reading counts for as long as this process runs and is not remembered: a clock that was years ahead
 * would otherwise have ended everything for good.
 */
export type Clock = {
  /** Throws `unavailable` when the reading is too far ahead of what registries have said. */
  readonly decide: (reading: Instant) => Instant
  /** For what only lessens, and must not hang on a clock: as `decide`, and what registries have said where that refuses. */
  readonly bounded: (reading: Instant) => Instant
  /** The highest time that decisions were made at and a registry has vouched for. */
  readonly highest: () => Instant
  /** The newest time a registry has signed, heard at `monotonic` milliseconds. */
  readonly hear: (at: Instant, monotonic: number) => void
  /** Writes the highest time seen, so that a restart on a clock set back decides no earlier. */
  readonly remember: (now: Instant) => Write[]
}

const highest = shelf('clock', text).at('highest')

/** Opens the clock on what the store remembers. */
export async function openClock(store: Store, monotonic: () => number): Promise<Clock> {
  const kept = highest.from(await store.read([highest.key]))
  let high = kept ? parseTime(kept.value) : 0
  let written = high
  let unvouched = 0
  let heard: { readonly at: Instant; readonly monotonic: number } | undefined
  /** What the time is by what a registry said last. */
  const vouched = (): Instant =>
    heard ? heard.at + Math.floor((monotonic() - heard.monotonic) / 1000) : Number.POSITIVE_INFINITY
  const isBelieved = (reading: Instant): boolean => reading <= vouched() + times.nodeSkew
  const take = (reading: Instant): Instant => {
    if (!heard) unvouched = Math.max(unvouched, reading)
    else if (reading > high) high = reading
    return Math.max(high, unvouched)
  }
  return {
    decide(reading) {
      if (!isBelieved(reading)) {
        throw new ProtocolError(
          'unavailable',
          `deciding: the clock here reads ${formatTime(reading)}, more than ${times.nodeSkew} s past what registries have signed; set the clock`,
        )
      }
      return take(reading)
    },
    bounded: (reading) => (isBelieved(reading) ? take(reading) : Math.max(high, vouched())),
    highest: () => high,
    hear(at, when) {
      if (heard && at < heard.at) return
      heard = { at, monotonic: when }
      // what was decided before still counts, where it is not what a wrong clock said
      if (unvouched > high && isBelieved(unvouched)) high = unvouched
      unvouched = 0
    },
    remember(now) {
      const known = Math.min(now, high)
      if (known <= written) return []
      written = known
      return [highest.put(formatTime(known))]
    },
  }
}

/**
 * Writes the highest time when no decision has written it for a while. What stands in the store counts, and not what was
 * described: a commit that met a conflict has written nothing.
 */
export async function rememberTime(store: Store, clock: Clock, reading: Instant): Promise<void> {
  await settle(async () => {
    const known = Math.min(clock.decide(reading), clock.highest())
    const kept = highest.from(await store.read([highest.key]))
    if (known <= (kept ? parseTime(kept.value) : 0)) return
    await store.commit({ writes: [highest.replace(kept, formatTime(known))] })
  })
}
