import type { Instant } from '@dcann/protocol/time'
import { isStoreError } from '@dcann/store/errors'
import type { Store } from '@dcann/store/store'
import { pairs, states } from '../agreements/shelf.ts'
import { padded } from '../evidence/shelf.ts'
import { expiring, noticeTo } from './shelf.ts'

const most = 256

/**
 * Owes a notice for each agreement whose time has ended, and takes it off the list: what ended otherwise before owes none.
 * Returns how many were looked at.
 */
export async function noteExpired(store: Store, now: Instant): Promise<number> {
  const due = await store.range({ from: 'notices/expiring', to: `notices/expiring/${padded(now + 1)}`, limit: most })
  const agreements = due.map((one) => expiring.entry(one))
  const snapshot = await store.read(agreements.flatMap(({ value }) => [pairs.at(value).key, states.at(value).key]))
  for (const { key, value: agreement } of agreements) {
    const place = states.at(agreement)
    const [pair, state] = [pairs.at(agreement).from(snapshot)?.value, place.from(snapshot)]
    const ended = pair && state && (state.value.acted === 'active' || state.value.acted === 'paused')
    try {
      await store.commit({
        writes: [
          { key, delete: true },
          // expiring writes no line: the next that would come is named
          ...(ended
            ? [place.require(state), noticeTo(pair.allowance.requester, agreement, state.value.n + 1, now)]
            : []),
        ],
      })
    } catch (error) {
      // something was done to it at this moment; the next round sees what
      if (!isStoreError(error, 'conflict')) throw error
    }
  }
  return due.length
}
