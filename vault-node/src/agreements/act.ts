import { type Act, actNoun, actSigners, sideOf } from '@dcann/protocol/act'
import type { Standing } from '@dcann/protocol/agreement'
import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { mayHandleResume } from '@dcann/protocol/residence'
import { rightsToAct } from '@dcann/protocol/right'
import { proveSigned, readSigned, type Submitted, type Verified } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import { actedBy, controlOf, delegatedKeys } from '../capabilities/keys.ts'
import type { Clock } from '../clock/clock.ts'
import { outcomeOf } from '../following/outcome.ts'
import type { Following } from '../following/requesters.ts'
import type { Zones } from '../following/zones.ts'
import { standings } from '../passports/shelf.ts'
import type { Leaving } from '../requests/leaving.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { clearOut } from './clear-out.ts'
import { recordAct } from './record-act.ts'
import { type Pair, pairs } from './shelf.ts'

export type ActDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly following: Following
  readonly zones: Zones
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
  const holdsBack = payload.kind === 'revoke' || payload.kind === 'pause' || payload.kind === 'retire'
  const now = holdsBack ? desk.clock.bounded(reading) : desk.clock.decide(reading)
  const pairPlace = pairs.at(payload.agreement)
  const pair = pairPlace.from(await desk.store.read([pairPlace.key]))?.value
  if (!pair) throw new ProtocolError('not-found', 'acting on an agreement: there is none')
  const widens = payload.kind === 'resume'
  const confirmed = widens ? await outcomeOf(desk.zones.confirm(pair.passport, now)) : undefined
  const { proved, by } = await proveAct(desk, submitted, pair, now)
  confirmed?.()
  if (Math.abs(parseTime(payload.at) - now) > times.nodeSkew && widens) {
    throw new ProtocolError(
      'time-invalid',
      `resuming an agreement: the act is dated ${payload.at}, more than ${times.nodeSkew} s from now`,
    )
  }
  const { id, signed } = proved
  const done = await recordAct(desk, { agreement: payload.agreement, kind: payload.kind, id, signed, by }, pair, now)
  const cut = holdsBack ? await clearOut(desk, payload.agreement, pair, now) : 0
  const effective = Math.ceil(desk.world.monotonic() - arrival)
  if (holdsBack) desk.tookEffect(effective)
  return {
    agreement: payload.agreement,
    kind: payload.kind,
    n: done.n,
    standing: done.acted === 'active' && now >= pair.allowance.until ? 'expired' : done.acted,
    effective_after: effective,
    cut,
  }
}

/** Who signed, and what the holder's own trail says of it. */
async function proveAct(
  desk: ActDesk,
  submitted: Submitted<Act>,
  { allowance, passport }: Pair,
  now: Instant,
): Promise<{ readonly proved: Verified<Act>; readonly by: readonly string[] }> {
  const { kind } = submitted.payload
  try {
    if (sideOf(kind) === 'requester') {
      const { record } = await desk.following.decide(allowance.requester, now)
      return { proved: await proveSigned(submitted, actSigners(kind, allowance, [], record.keys)), by: [] }
    }
    const control = await controlOf(desk.store, passport, rightsToAct(kind))
    const delegated = await delegatedKeys(desk.store, passport, control, rightsToAct(kind), now)
    const keys = [...control.keys, ...delegated.map(({ key }) => key)]
    const signers = actSigners(kind, allowance, keys, [])
    const mayHandle = kind !== 'resume' || (await handleResumes(desk.store, passport, allowance.from))
    const proved = await proveSigned(
      submitted,
      mayHandle ? signers : signers.filter((key) => key !== allowance.key || keys.includes(key)),
    )
    return { proved, by: actedBy(proved.signers, delegated) }
  } catch (error) {
    // whoever is no party learns nothing, not even that the agreement is there or which keys are its holder's
    throw error instanceof ProtocolError && ['key-unknown', 'record-signature-invalid'].includes(error.code)
      ? new ProtocolError('not-found', 'acting on an agreement: none of its parties signed')
      : error
  }
}

/** Whoever stole a wallet has its handle keys too: after a recovery, and away from home, they only lessen. spec: residence#handles */
async function handleResumes(store: Store, passport: string, from: Instant): Promise<boolean> {
  const place = standings.at(passport)
  const standing = place.from(await store.read([place.key]))?.value
  return standing !== undefined && mayHandleResume(standing, from)
}
