import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { headTime } from '@dcann/protocol/log/quorum'
import type { ZoneName } from '@dcann/protocol/name'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { LogClient } from '@dcann/sdk/log-client'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { createHeads } from '../log/heads.ts'
import { createPageCache } from '../map/read-pages.ts'
import { createFollower, type Follower } from './follow-zone.ts'

/** A zone as it was replayed, to the newest head that anybody showed. */
export type Watched = { readonly zone: ZoneName; readonly size: number; readonly names: number; readonly acts: number }

/** What is wrong with a zone, with what shows it: the newest head that was good before, and the one that is not. */
export type Alarm = {
  readonly zone: ZoneName
  readonly from: string
  readonly code: string
  readonly message: string
  readonly facts: ProtocolError['facts']
  readonly at: string
  /** Signed notes, as they came. */
  readonly heads: readonly string[]
}

export type Looked = {
  readonly watched: readonly Watched[]
  readonly alarms: readonly Alarm[]
  /** Addresses that gave no answer. */
  readonly silent: readonly string[]
}

export type WatchParts = {
  /** The chain of root records from the genesis that is trusted. */
  readonly root: readonly Signed[]
  /** Zones to be watched, the root before the others, and everybody who shows each. */
  readonly zones: ReadonlyMap<ZoneName, readonly LogClient[]>
  /** Where what was replayed is kept; in memory when left out, so that the next watch begins from nothing. */
  readonly store?: Store
}

/** Codes that say something of the way or of this moment, and nothing of the zone. */
const ofTheWay = ['unreachable', 'unavailable', 'rate-limited', 'not-found', 'answer-invalid', 'internal']

/**
 * Replays zones from everybody who shows them and holds what one shows against what the others do. A look resolves with what
 * is wrong; it throws for nothing that a registry sends.
 */
export async function openWatch({
  root,
  zones,
  store = memoryStore(),
}: WatchParts): Promise<(now: Instant) => Promise<Looked>> {
  const heads = createHeads(store)
  const newest = root.at(-1)
  if (newest) heads.underRoot(readSigned(rootNoun, newest).payload)
  const cache = createPageCache()
  const followers = new Map<LogClient, Follower>()
  // one follower for each who shows zones, all over one store: what one has shown the next is held against
  for (const client of new Set([...zones.values()].flat())) {
    const shown = [...zones].filter(([, clients]) => clients.includes(client)).map(([zone]) => zone)
    const sources = new Map(shown.map((zone) => [zone, client]))
    const follower = createFollower({ store, cache, heads, pinned: root, sources })
    for (const zone of shown) await follower.open(zone)
    followers.set(client, follower)
  }

  const lookAt = async (zone: ZoneName, client: LogClient, now: Instant): Promise<Alarm | 'silent' | undefined> => {
    const good = heads.get(zone)?.checkpoint
    let shown: string | undefined
    try {
      shown = await client.checkpoint(zone)
      const follower = followers.get(client)
      const checkpoint = await follower?.prove(zone, shown)
      if (!follower || !checkpoint) return 'silent'
      await follower.takeIn(zone, checkpoint, now)
      const policy = heads.policy(zone)
      if (policy) {
        const time = headTime(await proveCosignatures(checkpoint.note, policy.witnesses), policy, now)
        if (time === undefined || now - time > times.stale) {
          throw new ProtocolError(
            time === undefined ? 'uncosigned' : 'frozen',
            `watching ${zone}: ${time === undefined ? 'its head lacks the cosignatures that the root demands' : `no quorum has cosigned its head since ${formatTime(time)}`}`,
          )
        }
      }
      return undefined
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (ofTheWay.includes(error.code)) return 'silent'
      const { code, message, facts } = error
      const notes = [good ?? undefined, shown].filter((note) => note !== undefined)
      return { zone, from: client.url, code, message, facts, at: formatTime(now), heads: [...new Set(notes)] }
    }
  }

  return async (now) => {
    const alarms: Alarm[] = []
    const silent: string[] = []
    for (const [zone, clients] of zones) {
      for (const client of clients) {
        const found = await lookAt(zone, client, now)
        if (found === 'silent') silent.push(`${client.url} ${zone}`)
        else if (found) alarms.push(found)
      }
    }
    const watched = [...zones.keys()].flatMap((zone) => {
      const head = heads.get(zone)
      return head ? [{ zone, size: head.size, names: head.map.names, acts: head.acts }] : []
    })
    return { watched, alarms, silent }
  }
}
