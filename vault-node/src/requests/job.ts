import { MAX_RANGE } from '@dcann/store/store'
import type { Store } from '@dcann/store/store'
import type { Instant } from '@dcann/protocol/time'
import { padded } from '../evidence/shelf.ts'
import { forgettableBefore, repeatsDue } from './shelf.ts'

/** Forgets nonces whose signatures have ended, and answers that nobody can ask again for. Returns how many. */
export async function sweepRequests(store: Store, now: Instant): Promise<number> {
  const spent = await store.range({ from: 'nonces', to: forgettableBefore(now), limit: MAX_RANGE })
  if (spent.length) await store.commit({ writes: spent.map(({ key }) => ({ key, delete: true as const })) })
  const due = await store.range({
    from: 'requests/repeats-due',
    to: `requests/repeats-due/${padded(now)}`,
    limit: MAX_RANGE / 2,
  })
  const stale = due.map((one) => repeatsDue.entry(one))
  if (stale.length) {
    const keys = new Set([...stale.map(({ key }) => key), ...stale.map(({ value }) => value)])
    await store.commit({ writes: [...keys].map((key) => ({ key, delete: true as const })) })
  }
  return spent.length + due.length
}
