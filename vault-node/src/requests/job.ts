import { MAX_RANGE } from '@dcann/store/store'
import type { Store } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { padded } from '../evidence/shelf.ts'
import { forgettableBefore, repeatsDue } from './shelf.ts'

/**
 * Forgets nonces whose signatures have ended, and answers that nobody can ask again for. Returns how many. By the highest
 * time decided at and never by a reading, which a wrong clock gives; that time is remembered with what it let be forgotten.
 */
export async function sweepRequests(store: Store, clock: Pick<Clock, 'highest' | 'remember'>): Promise<number> {
  const now = clock.highest()
  const spent = await store.range({ from: 'nonces', to: forgettableBefore(now), limit: MAX_RANGE - 1 })
  if (spent.length) {
    const forgotten = spent.map(({ key }) => ({ key, delete: true as const }))
    await store.commit({ writes: [...forgotten, ...clock.remember(now)] })
  }
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
