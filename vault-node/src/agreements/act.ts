import { type Act, actNoun, actSigners, sideOf, stateAfter } from '@dcann/protocol/act'
import { type Allowance, type Standing } from '@dcann/protocol/agreement'
import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { proveSigned, readSigned, type Submitted, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportPlace } from '../passports/shelf.ts'
import type { Following } from '../following/requesters.ts'
import { stateIn } from '../requests/find.ts'
import type { Leaving } from '../requests/leaving.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { acts, type Pair, pairs, states } from './shelf.ts'

export type ActDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly following: Following
  readonly leaving: Leaving
  /** Milliseconds from a revoke's arrival until nothing could leave any more. */
  readonly tookEffect: (milliseconds: number) => void
}

export type Acted = {
  readonly agreement: string
  readonly kind: Act['kind']
  readonly n: number
  readonly standing: Standing
  readonly effective_after: number
  readonly cut: number
}

/**
 * Does an act on an agreement. What ends or holds it is committed first, so that no new answer begins; then whatever is
 * still leaving is destroyed; and it is acknowledged when no lease of the agreement lives. Needs nobody else: a holder's
 * act is judged by what the node holds. The same act again gets the same number.
 *
 * Throws `not-found` for an agreement that is none, `not-entitled` for a key that is not of its parties.
 *
 * spec: revocation
 */
export async function act(desk: ActDesk, input: unknown, reading: Instant, arrival: number): Promise<Acted> {
  const submitted = readSigned(actNoun, input)
  const { payload } = submitted
  const now = desk.clock.decide(reading)
  const pairPlace = pairs.at(payload.agreement)
  const pair = pairPlace.from(await desk.store.read([pairPlace.key]))?.value
  if (!pair) throw new ProtocolError('not-found', 'acting on an agreement: there is none')
  const proved = await proveAct(desk, submitted, pair, now)
  if (Math.abs(parseTime(payload.at) - now) > times.nodeSkew && payload.kind === 'resume') {
    throw new ProtocolError(
      'time-invalid',
      `resuming an agreement: the act is dated ${payload.at}, more than ${times.nodeSkew} s from now`,
    )
  }
  const holdsBack = payload.kind === 'revoke' || payload.kind === 'pause' || payload.kind === 'retire'
  const done = await desk.turns.take(`agreement/${payload.agreement}`, () => write(desk, proved, pair, now), holdsBack)
  const cut = holdsBack ? await emptyOut(desk, payload.agreement) : []
  if (cut.length) await noteCuts(desk, payload.agreement, pair, cut.length, now)
  const effective = Math.ceil(desk.world.monotonic() - arrival)
  if (holdsBack) desk.tookEffect(effective)
  return {
    agreement: payload.agreement,
    kind: payload.kind,
    n: done.n,
    standing: done.acted === 'active' && now >= pair.allowance.until ? 'expired' : done.acted,
    effective_after: effective,
    cut: cut.length,
  }
}

async function proveAct(desk: ActDesk, submitted: Submitted<Act>, pair: Pair, now: Instant): Promise<Verified<Act>> {
  const { kind } = submitted.payload
  const { allowance, passport } = pair
  const keys =
    sideOf(kind) === 'requester' ? await requesterKeys(desk, allowance, now) : await controlKeys(desk, passport)
  try {
    return await proveSigned(submitted, actSigners(kind, allowance, keys, keys))
  } catch (error) {
    // whoever is no party learns nothing, not even that the agreement is there
    throw error instanceof ProtocolError && error.code === 'key-unknown'
      ? new ProtocolError('not-found', 'acting on an agreement: none of its parties signed')
      : error
  }
}

async function requesterKeys(
  { following }: ActDesk,
  { requester }: Allowance,
  now: Instant,
): Promise<readonly string[]> {
  return (await following.decide(requester, now)).record.keys
}

async function controlKeys({ store }: ActDesk, passport: string): Promise<readonly string[]> {
  const place = passportPlace(passport)
  return place.from(await store.read([place.key]))?.value.record.keys ?? []
}

async function write(desk: ActDesk, proved: Verified<Act>, pair: Pair, now: Instant) {
  const { payload, id, signed } = proved
  const statePlace = states.at(payload.agreement)
  const actPlace = acts.at(id)
  return await settle(async () => {
    const snapshot = await desk.store.read([statePlace.key, actPlace.key])
    const state = stateIn(snapshot, payload.agreement)
    const before = actPlace.from(snapshot)
    if (before) return { n: before.value.n, acted: state.value.acted }
    const acted = stateAfter(state.value.acted, payload.kind)
    const evidence = appendEvidence(desk.world, state.value, {
      agreement: payload.agreement,
      passport: null,
      kind: 'act',
      request: id,
      answer: null,
      outcome: payload.kind,
      at: formatTime(now),
      of: pair.passport,
      requester: pair.allowance.requester,
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
        ...desk.clock.remember(now),
      ],
    })
    return { n, acted }
  }, 256)
}

/** Destroys what this process still sends, then waits for what other processes send: at worst until their leases end. */
async function emptyOut({ leaving, store, world }: ActDesk, agreement: string): Promise<readonly string[]> {
  const cut = await leaving.clear(agreement)
  for (;;) {
    const living = await store.leases(agreement, Math.floor(world.now() * 1000))
    if (living.length === 0) return cut
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The evidence of a cut answer says so: it may not have arrived whole. */
async function noteCuts(desk: ActDesk, agreement: string, pair: Pair, count: number, now: Instant): Promise<void> {
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
