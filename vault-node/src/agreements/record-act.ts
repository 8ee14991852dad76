import { type ActKind, sideOf, stateAfter } from '@dcann/protocol/act'
import type { ActedState } from '@dcann/protocol/agreement'
import type { Signed } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { noticeTo } from '../notices/shelf.ts'
import { stateIn } from '../requests/find.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { acts, type Pair, states } from './shelf.ts'

export type RecordDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
}

/** An act on one agreement, proved. */
export type Proven = {
  readonly agreement: string
  readonly kind: ActKind
  /** What the chain names; the same again gets the same number. */
  readonly id: string
  /** What was signed. */
  readonly signed: Signed
  /** Which key it was, for the holder's own trail: the chain says the same of every key. */
  readonly by: readonly string[]
}

/** Makes an act durable: the state after it and its line in the chain, in one commit. What holds back goes before all that wait. */
export async function recordAct(
  desk: RecordDesk,
  { agreement, kind, id, signed, by }: Proven,
  pair: Pair,
  now: Instant,
): Promise<{ readonly n: number; readonly acted: ActedState }> {
  const statePlace = states.at(agreement)
  const actPlace = acts.at(id)
  const write = async () => {
    const snapshot = await desk.store.read([statePlace.key, actPlace.key])
    const state = stateIn(snapshot, agreement)
    const before = actPlace.from(snapshot)
    if (before) return { n: before.value.n, acted: state.value.acted }
    const acted = stateAfter(state.value.acted, kind)
    const evidence = appendEvidence(desk.world, state.value, {
      agreement,
      passport: null,
      kind: 'act',
      request: id,
      answer: null,
      outcome: kind,
      at: formatTime(now),
      of: pair.passport,
      requester: pair.allowance.requester,
      about: by,
      soon: by.length > 0 ? 'other-key' : undefined,
    })
    const { n } = evidence.head
    await desk.store.commit({
      writes: [
        statePlace.replace(state, {
          ...state.value,
          ...evidence.head,
          acted,
          grant_seq: acted === state.value.acted ? state.value.grant_seq : n,
        }),
        actPlace.put({ signed, n }, 'absent'),
        ...evidence.writes,
        ...(sideOf(kind) === 'holder' ? [noticeTo(pair.allowance.requester, agreement, n, now)] : []),
        ...desk.clock.remember(now),
      ],
    })
    return { n, acted }
  }
  const holdsBack = kind === 'revoke' || kind === 'pause' || kind === 'retire'
  return await desk.turns.take(`agreement/${agreement}`, () => settle(write, 256), holdsBack)
}
