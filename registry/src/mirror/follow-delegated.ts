import type { Job } from '@dcann/http/jobs'
import type { Logger } from '@dcann/http/log'
import { countryNoun } from '@dcann/protocol/country'
import type { ZoneName } from '@dcann/protocol/name'
import { readSigned } from '@dcann/protocol/signed'
import type { LogClient } from '@dcann/sdk/log-client'
import type { Store } from '@dcann/store/store'
import { recordShelves } from '../records/shelf.ts'
import { shelfEntries } from '../shelf-entries.ts'
import type { ServedZones } from '../zones/delegation.ts'
import { followZone, type MirrorDesk } from './job.ts'

export type DelegatedDesk = MirrorDesk & {
  readonly store: Store
  readonly zones: ServedZones
  readonly sources: Map<ZoneName, LogClient>
  readonly clientOf: (url: string) => LogClient
}

const often = 2_000

/** Takes up every zone that the root zone delegates, as it is followed here, from the address in the zone's own record. */
export function followDelegated(desk: DelegatedDesk, logger: Pick<Logger, 'error'>): Job {
  const { store, zones, sources, follower, clientOf } = desk
  const taken = new Map<ZoneName, Job>()
  return async (signal, now) => {
    for await (const { value } of shelfEntries(store, recordShelves.current, ['root', 'country'])) {
      const { name, urls } = readSigned(countryNoun, value.signed).payload
      const zone = name.slice(-2)
      const [url] = urls
      if (url === undefined || zones.has(zone) || sources.has(zone)) continue
      sources.set(zone, clientOf(url))
      await follower.open(zone)
      taken.set(zone, followZone(desk, zone, logger))
    }
    for (const round of taken.values()) await round(signal, now)
    return often
  }
}
