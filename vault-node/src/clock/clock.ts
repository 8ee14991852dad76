import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle, shelf, text } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'

/** The time that decisions are made at: never below the highest seen, never far past what registries have said. */
export type Clock = {
  /** Throws `unavailable` when the reading is too far ahead of what registries have said. */
  readonly decide: (reading: Instant) => Instant
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
  let heard: { readonly at: Instant; readonly monotonic: number } | undefined
  return {
    decide(reading) {
      if (heard && reading > heard.at + (monotonic() - heard.monotonic) / 1000 + times.nodeSkew) {
        throw new ProtocolError(
          'unavailable',
          `deciding: the clock here reads ${formatTime(reading)}, more than ${times.nodeSkew} s past what registries have signed; set the clock`,
        )
      }
      if (reading > high) high = reading
      return high
    },
    hear(at, when) {
      if (!heard || at >= heard.at) heard = { at, monotonic: when }
    },
    remember(now) {
      if (now <= written) return []
      written = now
      return [highest.put(formatTime(now))]
    },
  }
}

/** Writes the highest time when no decision has written it for a while. */
export async function rememberTime(store: Store, clock: Clock, reading: Instant): Promise<void> {
  await settle(async () => {
    const writes = clock.remember(clock.decide(reading))
    if (writes.length) await store.commit({ writes })
  })
}
