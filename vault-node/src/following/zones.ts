import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { type Frontier, frontierBytes, type Head, readFrontier } from '@dcann/protocol/log/merkle'
import type { PassportRecord } from '@dcann/protocol/passport'
import type { Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { formatTime } from '@dcann/protocol/time'
import type { RegistryClient } from '@dcann/sdk/registry-client'
import { readChanges, readFrontierAt } from '@dcann/sdk/zone-changes'
import { isStoreError } from '@dcann/store/errors'
import { shelf, text } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { afterZone, hostedPage, identifierIn, standings } from '../passports/shelf.ts'
import { namePlace } from './shelf.ts'

/** What a passport's zone shows of it: its proved chain, the head that it was proved under, when that was so, and whom to ask for more. */
export type Shown = {
  readonly chain: readonly Verified<PassportRecord>[]
  /** Whether it has ended so long ago that its zone has erased it. */
  readonly gone?: boolean
  readonly head: Head
  readonly at: Instant
  readonly client: Pick<RegistryClient, 'tile'>
}

/** Resolves a passport in its zone, past any cache. Throws `unreachable` and what a lie deserves. */
export type ShowPassport = (identifier: string) => Promise<Shown>

export type ZonesDesk = {
  readonly store: Store
  readonly clock: Clock
  readonly monotonic: () => number
  readonly show: ShowPassport
  readonly takeOver: (passport: string, chain: Shown['chain'], gone?: boolean) => Promise<void>
  readonly finishDue: (passport: string) => Promise<void>
}

/** The zones of the passports hosted here, each never older than the rule of freshness lets it be. */
export type Zones = {
  /**
   * Whatever the zone shows of the passport has been taken over and done: asked again when that was more than a minute ago by
   * the monotonic clock. While the zone is silent `unconfirmed`, until what it signed last is 10 minutes old. Throws `stale`
   * then, `unavailable` when it never answered. Nothing is asked about a passport that is not hosted here.
   */
  readonly confirm: (passport: string, now: Instant) => Promise<{ readonly unconfirmed: boolean }>
  /** Asks about one passport at once, whatever the log says. */
  readonly look: (passport: string) => Promise<void>
  /** Asks every zone whose head will soon be too old, so that no request waits. */
  readonly refresh: () => Promise<void>
}

/** Where the log of each zone has been read to: a frontier. */
const cursors = shelf('following/cursors', text)

/** Entries that are read one by one at most; where more have come, every passport is resolved instead. */
const mostBehind = 65_536
/** Milliseconds from one head of a zone to the next. */
const between = 15_000

/** Follows zones by their logs. spec: residence#following */
export function createZones(desk: ZonesDesk): Zones {
  const { store, clock, monotonic, show, takeOver, finishDue } = desk
  const known = new Map<string, { readonly at: Instant; readonly fetched: number }>()
  const asking = new Map<string, Promise<void>>()
  const probes = new Map<string, string>()

  const ask = (zone: string): Promise<void> => {
    const under = asking.get(zone)
    if (under) return under
    const asked = askZone(zone).finally(() => asking.delete(zone))
    asking.set(zone, asked)
    return asked
  }

  /** One passport after another is asked for whole, and the log says which others have changed. */
  const askZone = async (zone: string): Promise<void> => {
    const begun = monotonic()
    const probe = await nextHosted(store, zone, probes.get(zone))
    if (probe === undefined) return
    probes.set(zone, probe)
    const shown = await show(probe)
    await takeOver(probe, shown.chain, shown.gone)
    await catchUp(zone, shown)
    clock.hear(shown.at, begun)
    known.set(zone, { at: Math.max(shown.at, known.get(zone)?.at ?? 0), fetched: begun })
  }

  const catchUp = async (zone: string, { head, client }: Shown): Promise<void> => {
    const place = cursors.at(zone)
    const held = place.from(await store.read([place.key]))
    const from = held && readFrontier(fromBase64Url(held.value))
    if (from && head.size <= from.size) return
    const { frontier, concerned } =
      from && head.size - from.size <= mostBehind
        ? await changedSince(zone, from, head, client)
        : { frontier: await readFrontierAt(client, zone, head), concerned: allHosted(store, zone) }
    for await (const passport of concerned) {
      const shown = await show(passport)
      // a registry that is behind this head may not have what it says has changed
      if (shown.head.size < head.size)
        throw new ProtocolError('stale', `following ${zone}: a registry shows an older head than another`)
      await takeOver(passport, shown.chain, shown.gone)
    }
    try {
      await store.commit({ writes: [place.replace(held, base64Url(frontierBytes(frontier)))] })
    } catch (error) {
      // another process read on meanwhile
      if (!isStoreError(error, 'conflict')) throw error
    }
  }

  const changedSince = async (
    zone: string,
    from: Frontier,
    head: Head,
    client: Shown['client'],
  ): Promise<{ readonly frontier: Frontier; readonly concerned: readonly string[] }> => {
    const { keys, frontier } = await readChanges(client, zone, from, head)
    return { frontier, concerned: await hostedOf(store, [...keys]) }
  }

  return {
    async confirm(passport, now) {
      const place = standings.at(passport)
      const standing = place.from(await store.read([place.key]))
      if (!standing) return { unconfirmed: false }
      if (standing.value.due.length > 0) await finishDue(passport)
      const zone = passport.slice(0, 2)
      const when = monotonic()
      const held = known.get(zone)
      if (held && when - held.fetched <= times.requesterRefetch * 1000) return { unconfirmed: false }
      try {
        await ask(zone)
        return { unconfirmed: false }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        if (!held) {
          throw new ProtocolError(
            'unavailable',
            `looking at the zone ${quote(zone)}: its registry does not answer, or not truthfully; ask again later`,
          )
        }
        // a clock that is set back does not make old word younger
        const age = Math.max(now - held.at, (when - held.fetched) / 1000)
        if (age < times.fresh) return { unconfirmed: true }
        throw new ProtocolError(
          'stale',
          `looking at the zone ${quote(zone)}: its registry has been silent since ${formatTime(held.at)}; nothing is answered on older word`,
        )
      }
    },
    async look(passport) {
      const { chain, gone } = await show(passport)
      await takeOver(passport, chain, gone)
    },
    async refresh() {
      const when = monotonic()
      const due: string[] = []
      for await (const zone of zonesHosted(store)) {
        const held = known.get(zone)
        if (!held || when - held.fetched >= between) due.push(zone)
      }
      await Promise.allSettled(due.map(ask))
    },
  }
}

/** The hosted passport of a zone after this one, and the first after the last. */
async function nextHosted(store: Store, zone: string, after: string | undefined): Promise<string | undefined> {
  const [next] = await store.range(hostedPage(zone, after, 1))
  if (next) return identifierIn(next.key)
  return after === undefined ? undefined : await nextHosted(store, zone, undefined)
}

async function* allHosted(store: Store, zone: string): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const next = await store.range(hostedPage(zone, after, 1))
    if (!next[0]) return
    after = identifierIn(next[0].key)
    yield after
  }
}

async function* zonesHosted(store: Store): AsyncGenerator<string> {
  for (let from: string | undefined = 'AA'; from !== undefined;) {
    const [first] = await store.range({ from: `passports/${from}`, to: 'passports/ZZZ', limit: 1 })
    if (!first) return
    const zone = identifierIn(first.key).slice(0, 2)
    yield zone
    from = afterZone(zone)
  }
}

/** A snapshot holds 1,024. */
const keysPerRead = 1024

/** Of what the log tells, the passports; requesters are followed for themselves. */
async function hostedOf(store: Store, keys: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (let i = 0; i < keys.length; i += keysPerRead) {
    const places = keys.slice(i, i + keysPerRead).map(namePlace)
    const snapshot = await store.read(places.map(({ key }) => key))
    const names = places.flatMap((place) => place.from(snapshot)?.value ?? [])
    found.push(...names.filter((name) => !name.includes('/')))
  }
  return found
}
