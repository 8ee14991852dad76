import type { Job } from '@dcann/http/jobs'
import { errorFields, type Logger } from '@dcann/http/log'
import { readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import { chainOf } from '../records/chain.ts'
import { currentRecord } from '../records/shelf.ts'
import type { Writer } from '../records/writer.ts'
import { delegation, delegationName, type ServedZones } from './delegation.ts'

export type DelegationsDesk = {
  readonly store: Store
  readonly zones: ServedZones
  /** Zones that are followed here, the root among them where there is something to do. */
  readonly sources: { readonly has: (zone: ZoneName) => boolean }
  readonly writer: Pick<Writer, 'submit'>
}

const often = 2_000
const seldom = 60_000

/** Takes each new version of a country's record into the zone that is served here, as the root zone that is followed has it. */
export function takeDelegations(desk: DelegationsDesk, logger: Pick<Logger, 'warn'>): Job {
  return async (_signal, now) => {
    let next = often
    for (const zone of desk.sources.has('root') ? desk.zones.keys() : []) {
      try {
        await takeNewer(desk, zone, Math.floor(now()))
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        logger.warn('a delegation is not taken in', { part: zone, ...errorFields(error) })
        next = seldom
      }
    }
    return next
  }
}

async function takeNewer({ store, writer }: DelegationsDesk, zone: ZoneName, now: Instant): Promise<void> {
  const [own, inRoot] = [delegation(zone), currentRecord('root', delegationName(zone))]
  const snapshot = await store.read([own.key, inRoot.key])
  const held = own.from(snapshot)?.value.seq ?? 0
  const newest = inRoot.from(snapshot)?.value
  if (zone === 'root' || !newest || newest.seq <= held) return
  for (const signed of (await chainOf(store, 'root', delegationName(zone), newest)).slice(held))
    await writer.submit(readProposal(signed), now)
}
