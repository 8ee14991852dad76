import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import { appendEvidence } from '../evidence/append.ts'
import { stateIn } from '../requests/find.ts'
import type { Leaving } from '../requests/leaving.ts'
import type { RecordDesk } from './record-act.ts'
import { type Pair, states } from './shelf.ts'

export type ClearDesk = Pick<RecordDesk, 'store' | 'world' | 'turns'> & { readonly leaving: Leaving }

/**
 * Destroys what this process still sends under an agreement, recalls what other processes send, and waits for it: at worst,
 * where one is frozen or dead, until its leases end. Returns how many answers were cut or recalled; their evidence says so,
 * since they may not have arrived whole.
 *
 * spec: revocation#lease
 */
export async function clearOut(desk: ClearDesk, agreement: string, pair: Pair, now: Instant): Promise<number> {
  const cut = await desk.leaving.clear(agreement)
  const interrupted = new Set(cut)
  for (let recalled = false; ;) {
    const living = await desk.store.leases(agreement, Math.floor(desk.world.now() * 1000))
    if (living.length === 0) break
    if (!recalled && desk.store.recalling) {
      // no new one begins: the agreement was ended before
      for (const { id } of living) interrupted.add(id)
      await desk.store.recalling.recall(agreement)
    }
    recalled = true
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  if (interrupted.size > 0) await noteCuts(desk, agreement, pair, interrupted.size, now)
  return interrupted.size
}

async function noteCuts(desk: ClearDesk, agreement: string, pair: Pair, count: number, now: Instant): Promise<void> {
  const place = states.at(agreement)
  await desk.turns.take(`agreement/${agreement}`, () =>
    settle(async () => {
      const state = stateIn(await desk.store.read([place.key]), agreement)
      const evidence = appendEvidence(desk.world, state.value, {
        agreement,
        passport: null,
        kind: 'answer',
        request: null,
        answer: null,
        outcome: 'cut',
        at: formatTime(now),
        of: pair.passport,
        requester: pair.allowance.requester,
        about: [`${count} answer(s) cut on the way`],
      })
      await desk.store.commit({
        writes: [place.replace(state, { ...state.value, ...evidence.head }), ...evidence.writes],
      })
    }, 256),
  )
}
