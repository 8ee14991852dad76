import { times } from '@dcann/protocol/limits'
import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import { type DeliveryDesk, deliverOwed } from './deliver.ts'
import { noteExpired } from './expire.ts'
import { createLanes } from './lanes.ts'
import { owed, requesterIn } from './shelf.ts'

export type NoticesDesk = DeliveryDesk & {
  readonly monotonic: () => number
  readonly onError: (error: unknown) => void
}

/** Milliseconds: a round waits so long for inboxes that answer at once, and leaves the others to themselves. */
const patience = 250
const between = 500

/**
 * The outbox: each round lists what has expired, and begins with every requester that is owed something. One that hangs is
 * under way for itself and keeps nobody waiting.
 *
 * spec: notice#delivery
 */
export function noticesRound(desk: NoticesDesk): (now: Instant) => Promise<number> {
  let now = 0
  const lanes = createLanes((requester) => deliverOwed(desk, requester, now), {
    monotonic: desk.monotonic,
    retryLeast: times.noticeRetryLeast,
    retryMost: times.noticeRetryMost,
    onError: desk.onError,
  })
  return async (reading) => {
    now = reading
    const expired = await noteExpired(desk.store, now)
    for await (const requester of requestersOwed(desk.store)) lanes.run(requester)
    await lanes.settle(patience)
    return expired > 0 ? 50 : between
  }
}

/** Steps from requester to requester, over whatever each is owed. */
async function* requestersOwed(store: Store): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const [first] = await store.range(owed.page([], { limit: 1, ...(after === undefined ? {} : { after }) }))
    const [segment] = first ? owed.entry(first).id : []
    if (segment === undefined) return
    yield requesterIn(segment)
    // `~` is the last character that a key may hold
    after = owed.at(segment, '~').key
  }
}
