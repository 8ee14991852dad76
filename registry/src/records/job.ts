import type { Job } from '@dcann/http/jobs'
import { errorFields, type Logger } from '@dcann/http/log'
import type { ZoneName } from '@dcann/protocol/name'
import type { Store } from '@dcann/store/store'
import type { ServedZones } from '../zones/delegation.ts'
import { dueToBury, eraseBuried } from './erase.ts'
import type { Writer } from './writer.ts'

export type ErasingDesk = {
  readonly store: Store
  readonly zones: ServedZones
  /** Zones that are followed here: their tombstones come with their logs, and what is kept of them goes as well. */
  readonly sources: { readonly keys: () => Iterable<ZoneName> }
  readonly writer: Pick<Writer, 'bury'>
}

const hour = 3_600_000
/** Tombstones asked for in one round, each an act of its zone. */
const buriedMost = 1_000

/** Puts tombstones where passports ended two weeks ago, and erases what is kept of those that have had one for a day. */
export function eraseEnded({ store, zones, sources, writer }: ErasingDesk, logger: Pick<Logger, 'info' | 'warn'>): Job {
  return async (signal, now) => {
    for (const zone of zones.keys()) {
      for (const key of await dueToBury(store, zone, Math.floor(now()), buriedMost)) {
        if (signal.aborted) return hour
        await writer
          .bury(zone, key, Math.floor(now()))
          .catch((error: unknown) => logger.warn('a passport is not buried', { part: zone, ...errorFields(error) }))
      }
    }
    for (const zone of new Set([...zones.keys(), ...sources.keys()])) {
      const count = await eraseBuried(store, zone, Math.floor(now()))
      if (count > 0) logger.info('ended passports are erased', { part: zone, count })
    }
    return hour
  }
}
