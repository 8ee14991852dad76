import { ProtocolError } from '@dcann/protocol/errors'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import type { ZoneActs } from '@dcann/sdk/zone-acts'
import type { Store } from '@dcann/store/store'
import { segmentOf } from '../agreements/shelf.ts'
import { requesterIn } from '../notices/shelf.ts'
import type { ReadActs } from './registries.ts'
import type { Following } from './requesters.ts'
import { noteSelf, type SelfDesk } from './self.ts'
import { namePlace, told, zones } from './shelf.ts'
import { tellAbout, type TellDesk } from './tell.ts'

export type WatchDesk = TellDesk & SelfDesk & { readonly following: Following; readonly readActs: ReadActs }

/** Milliseconds between two looks at the heads of logs. */
const between = 1_500
const whileBehind = 50
const lookAgainSeconds = 30
/** How often a record that a log names is asked for, until the registry serves it. */
const triesMost = 40
/** Entries of a log that may be read again after a crash. */
const rereadMost = 2_048
const pageOf = 256

type Zone = { read: number; written: number }

/**
 * Follows the logs of the zones whose requesters somebody here agreed with: what is admitted there is resolved at once, and
 * whoever it concerns is told. A log is only a hint, so a registry that hides an act delays the telling until the requester
 * is looked up for a decision, which is when it is suspended too.
 *
 * spec: notice#takeover
 */
export function watchRound(desk: WatchDesk): (now: Instant) => Promise<number> {
  const read = new Map<ZoneName, Zone>()
  /** Names to be resolved: which record their zone's log has, and how often it was not served yet. */
  const wanted = new Map<string, { readonly record: string | undefined; tries: number }>()
  const toldSeq = new Map<string, number>()
  /** How often this node looks at its own record yet, until that is new; at least once, and not before `lookFrom`. */
  let looks = 1
  let lookFrom = 0

  return async (now) => {
    let isBehind = false
    for (const row of await desk.store.range(zones.page([], { limit: pageOf }))) {
      const { id, value } = zones.entry(row)
      isBehind = (await follow(id[0] ?? '', value)) || isBehind
    }
    await Promise.all([...wanted.keys()].map(resolve))
    if (looks > 0 && now >= lookFrom) await look(now)
    for (const seen of desk.following.seen()) {
      const { record } = seen
      if (!record || record.seq <= (toldSeq.get(record.name) ?? 0)) continue
      await tellAbout(desk, seen, now)
      toldSeq.set(record.name, record.seq)
    }
    await Promise.all([...read].map(([zone, at]) => remember(zone, at)))
    return isBehind ? whileBehind : between
  }

  /** A record that is not there yet, or cannot be had, is looked for now and then. */
  async function look(now: Instant): Promise<void> {
    const isNew = await noteSelf(desk, now).catch(silent)
    if (isNew === undefined) lookFrom = now + lookAgainSeconds
    else looks = isNew ? 0 : looks - 1
  }

  /** Reads on in one log. Returns whether there is more. */
  async function follow(zone: ZoneName, value: string): Promise<boolean> {
    const at = read.get(zone)
    const from = at?.read ?? (value === 'new' ? Number.MAX_SAFE_INTEGER : Number(value))
    const found = await desk.readActs(zone, from).catch(silent)
    if (!found) return false
    if (from > found.size) {
      // the first look, or a log that begins anew
      read.set(zone, { read: found.size, written: -1 })
      for await (const name of requestersOf(desk.store, zone)) wanted.set(name, { record: undefined, tries: 0 })
      return false
    }
    for (const { name, record } of await concerning(desk.store, found)) {
      if (parseName(name).kind === 'requester') wanted.set(name, { record, tries: 0 })
      else looks = triesMost
    }
    read.set(zone, { read: found.read, written: at?.written ?? from })
    return found.read < found.size
  }

  async function resolve(name: string): Promise<void> {
    const want = wanted.get(name)
    const seen = await desk.following.again(name).catch(silent)
    if (!want || wanted.get(name) !== want) return
    want.tries++
    const isServed = seen !== undefined && (want.record === undefined || seen.id === want.record)
    if (isServed || want.tries >= triesMost) wanted.delete(name)
  }

  /** Only when nothing read so far is still to be done. */
  async function remember(zone: ZoneName, at: Zone): Promise<void> {
    const waits = [...wanted.keys()].some((name) => parseName(name).zone === zone)
    if (waits || (at.written >= 0 && at.read - at.written < rereadMost)) return
    at.written = at.read
    await desk.store.commit({ writes: [zones.at(zone).put(String(at.read))] })
  }
}

/** What no registry answers for now is asked again in the next round. */
function silent(error: unknown): undefined {
  if (!(error instanceof ProtocolError)) throw error
}

async function concerning(store: Store, { acts }: ZoneActs): Promise<{ name: string; record: string }[]> {
  const found: { name: string; record: string }[] = []
  const asked = acts.filter(({ type }) => type === 'requester' || type === 'node' || type === 'operator')
  for (let i = 0; i < asked.length; i += pageOf) {
    const some = asked.slice(i, i + pageOf).map(({ key, record }) => ({ place: namePlace(key), record }))
    const snapshot = await store.read([...new Set(some.map(({ place }) => place.key))])
    for (const { place, record } of some) {
      const name = place.from(snapshot)?.value
      if (name !== undefined) found.push({ name, record })
    }
  }
  return found
}

async function* requestersOf(store: Store, zone: ZoneName): AsyncGenerator<string> {
  for (let after: string | undefined, more = true; more;) {
    const rows = await store.range(told.page([], { limit: pageOf, ...(after === undefined ? {} : { after }) }))
    for (const row of rows) {
      const name = requesterIn(told.entry(row).id[0] ?? segmentOf(zone))
      if (parseName(name).zone === zone) yield name
    }
    after = rows.at(-1)?.key
    more = rows.length === pageOf
  }
}
