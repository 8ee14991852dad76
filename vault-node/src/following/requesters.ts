import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { RecordId } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { Clock } from '../clock/clock.ts'

/** What a resolver says of a requester: its record, or that there is none, at a time its registry signed. */
export type Seen = {
  readonly record: RequesterRecord | undefined
  /** Record id, where there is a record. */
  readonly id?: RecordId | undefined
  readonly at: string
  /** Whether the houses hold it. */
  readonly held?: boolean
}

/** Resolves a requester's name in its own country's zone, past any cache. Throws `unreachable` and what a lie deserves. */
export type ResolveRequester = (name: string) => Promise<Seen>

/** A requester as this node may decide on it. */
export type Followed = { readonly record: RequesterRecord; readonly unconfirmed: boolean; readonly held: boolean }

/** The requesters this node decides on, each never older than the rule of freshness lets it be. */
export type Following = {
  /**
   * The requester as it stands: asked again when the last answer is older than a minute by the monotonic clock. While its
   * registry is silent, `unconfirmed` until what it signed last is 10 minutes old. Throws `key-unknown` for a name that
   * nobody has, `stale` when the registry has been silent too long, `unavailable` when it never answered.
   */
  readonly decide: (name: string, now: Instant) => Promise<Followed>
  /** Asks again for those in use whose answer will soon be too old, so that no request waits. */
  readonly refresh: (now: Instant) => Promise<void>
  /** Asks again whatever is known. Throws what `resolve` throws. */
  readonly again: (name: string) => Promise<Seen>
  /** What was seen last of each. */
  readonly seen: () => Iterable<Seen>
}

type Known = { seen: Seen; fetched: number; used: number }

const mostKnown = 10_000

export function createFollowing(resolve: ResolveRequester, clock: Clock, monotonic: () => number): Following {
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<Seen>>()

  const ask = (name: string): Promise<Seen> => {
    const under = asking.get(name)
    if (under) return under
    const begun = monotonic()
    const asked = resolve(name)
      .then((seen) => {
        clock.hear(parseTime(seen.at), begun)
        if (known.size >= mostKnown && !known.has(name)) forgetOldest()
        const before = known.get(name)
        // what was signed later stands; a registry that answers with less does not undo it
        if (before && before.seen.at > seen.at) return before.seen
        known.set(name, { seen, fetched: begun, used: before?.used ?? begun })
        return seen
      })
      .finally(() => asking.delete(name))
    asking.set(name, asked)
    return asked
  }

  const forgetOldest = (): void => {
    const oldest = known.keys().next().value
    if (oldest !== undefined) known.delete(oldest)
  }

  const standing = (name: string, { record, held = false }: Seen, unconfirmed: boolean): Followed => {
    if (!record) throw new ProtocolError('key-unknown', `looking ${quote(name, 60)} up: its zone has no such requester`)
    return { record, unconfirmed, held }
  }

  return {
    async decide(name, now) {
      const held = known.get(name)
      const when = monotonic()
      if (held) {
        held.used = when
        if (when - held.fetched <= times.requesterRefetch * 1000) return standing(name, held.seen, false)
      }
      try {
        return standing(name, await ask(name), false)
      } catch (error) {
        if (error instanceof ProtocolError && error.code === 'key-unknown') throw error
        if (!held) {
          throw new ProtocolError(
            'unavailable',
            `looking ${quote(name, 60)} up: its registry does not answer, or not truthfully; ask again later`,
          )
        }
        // a clock that is set back does not make old word younger
        const age = Math.max(now - parseTime(held.seen.at), (when - held.fetched) / 1000)
        if (age < times.fresh) return standing(name, held.seen, true)
        throw new ProtocolError(
          'stale',
          `looking ${quote(name, 60)} up: its registry has been silent since ${held.seen.at}; nothing is answered on older word`,
        )
      }
    },
    async refresh() {
      const when = monotonic()
      const due = [...known].filter(
        ([, { fetched, used }]) =>
          when - used < times.fresh * 1000 && when - fetched > (times.requesterRefetch * 1000) / 4,
      )
      await Promise.allSettled(due.map(([name]) => ask(name)))
    },
    again: ask,
    seen: () => [...known.values()].map(({ seen }) => seen),
  }
}
