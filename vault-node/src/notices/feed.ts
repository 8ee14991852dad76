import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { noticesAnswer } from '@dcann/protocol/vault-api'
import type { Reader } from '@dcann/store/store'
import type { z } from 'zod'
import { type Line, lines, padded, trailIndex } from '../evidence/shelf.ts'
import { everybody } from './shelf.ts'

export type FeedDesk = {
  readonly store: Reader
  readonly monotonic: () => number
  readonly timer: (milliseconds: number) => Promise<void>
  /** When the node stops, whoever waits is answered. */
  readonly closing?: AbortSignal | undefined
}
type Feed = z.infer<typeof noticesAnswer>
type Told = Feed['notices'][number]

/** Lines of the trail looked at in one go, and milliseconds between two looks of one who waits. */
const most = 256
const between = 400
/** Calls that may wait at one time: in all, and for one passport. */
const waitingMost = 256
const waitingOfOne = 2

/**
 * What a holder is to be told soon, out of the trail: nothing is written twice, and nothing is told that is not there to be
 * proved. Waits for the next, if there is none yet, as long as `wait` says.
 *
 * Throws `rate-limited` when too many wait.
 *
 * spec: notice#holders
 */
export function createFeed({ store, monotonic, timer, closing }: FeedDesk) {
  const waiting = new Map<string, number>()
  let all = 0

  return async (passport: string, after: string | undefined, wait: number): Promise<Feed> => {
    const first = await readFeed(store, passport, after)
    if (first.notices.length > 0 || wait === 0) return first
    const own = waiting.get(passport) ?? 0
    if (all >= waitingMost || own >= waitingOfOne) {
      throw new ProtocolError('rate-limited', 'waiting for notices: too many wait already; ask again', {
        retry_after: times.noticeWait,
      })
    }
    all++
    waiting.set(passport, own + 1)
    try {
      const until = monotonic() + wait * 1000
      const isOver = (): boolean => monotonic() >= until || closing?.aborted === true
      let found = first
      while (found.notices.length === 0 && !isOver()) {
        await timer(Math.min(between, Math.max(1, until - monotonic())))
        found = await readFeed(store, passport, found.next ?? after)
      }
      return found
    } finally {
      all--
      const left = (waiting.get(passport) ?? 1) - 1
      if (left > 0) waiting.set(passport, left)
      else waiting.delete(passport)
    }
  }
}

/** After a cursor, what has come since; without one, what there is in the newest lines. */
async function readFeed(store: Reader, passport: string, after: string | undefined): Promise<Feed> {
  const page = trailIndex.page([passport], { limit: most, reverse: after === undefined })
  const found = await store.range({
    ...page,
    ...(after === undefined ? {} : { after: trailIndex.at(passport, after).key }),
  })
  const indexed = (after === undefined ? found.toReversed() : found).map((one) => trailIndex.entry(one))
  const places = indexed.map(({ value }) => {
    const [kind = '', name = '', n = ''] = value.split('/')
    return lines.at(kind, name, padded(Number(n)))
  })
  const snapshot = await store.read(places.map(({ key }) => key))
  const told = indexed.flatMap(({ id }, i) => {
    const line = places[i]?.from(snapshot)?.value
    return line ? tell(line).map((one) => ({ order: id.at(-1) ?? '', one })) : []
  })
  const last = indexed.at(-1)?.id.at(-1)
  // past the end of a full page there may be lines that come before
  const all = await tellAll(store, after, found.length === most && after !== undefined ? last : undefined)
  const merged = [...told, ...all].sort((a, b) => (a.order < b.order ? -1 : 1))
  const next = [last, all.at(-1)?.order, after].flatMap((one) => one ?? []).sort()
  return {
    notices: merged.map(({ one }) => one),
    ...(next.length === 0 ? {} : { next: next.at(-1) ?? '' }),
  }
}

type Ordered = { readonly order: string; readonly one: Told }

/** What is told to every holder of this node, after a place in the order, and not after another. */
async function tellAll(store: Reader, after: string | undefined, until: string | undefined): Promise<Ordered[]> {
  const page = everybody.page([], { limit: most, reverse: after === undefined })
  const found = await store.range({ ...page, ...(after === undefined ? {} : { after: everybody.at(after).key }) })
  const rows = (after === undefined ? found.toReversed() : found).map((one) => everybody.entry(one))
  return rows
    .map(({ id, value: at }) => ({ order: id[0] ?? '', one: { what: 'node' as const, n: null, at, agreement: null } }))
    .filter(({ order }) => until === undefined || order <= until)
}

function tell({ entry: { n, at, agreement }, requester, soon: what }: Line): Told[] {
  return what === undefined ? [] : [{ what, n, at, agreement, ...(requester === undefined ? {} : { requester }) }]
}
