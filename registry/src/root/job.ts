import type { Job } from '@dcann/http/jobs'
import type { Logger } from '@dcann/http/log'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import { delegation, logOf, type ServedZones, signerOf } from '../zones/delegation.ts'
import { ProtocolError } from '@dcann/protocol/errors'
import { readRoot } from './read-root.ts'

const day = 86_400
const hour = 3_600_000

/** Says in time what would stop delegations or silence a zone: an ageing root, a log key that its record does not name. */
export function watchDelegations(
  { store, zones }: { readonly store: Pick<Reader, 'read'>; readonly zones: ServedZones },
  logger: Pick<Logger, 'warn'>,
): Job {
  return async (_signal, now) => {
    const root = await readRoot(store).catch(whenNone)
    const days = root && Math.floor((parseTime(readSigned(rootNoun, root.signed).payload.expires) - now()) / day)
    if (days !== undefined && days < 30) logger.warn('root expires soon', { part: 'root', count: days })
    const places = [...zones.keys()].map((zone) => ({ zone, place: delegation(zone) }))
    const snapshot = await store.read(places.map(({ place }) => place.key))
    for (const { zone, place } of places) {
      const found = place.from(snapshot)?.value
      if (!found) logger.warn('zone awaits its delegation', { part: zone })
      else if (!signerOf(zones, zone, logOf(zone, found))) logger.warn('log key is not the one named', { part: zone })
    }
    return hour
  }
}

/** Whoever follows the root has none until it is taken in. */
function whenNone(error: unknown): undefined {
  if (error instanceof ProtocolError && error.code === 'not-found') return undefined
  throw error
}
