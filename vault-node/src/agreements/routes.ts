import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import { actCall, agreementsCall, grantCall, stopCall, undoCall } from '@dcann/protocol/vault-api'
import { standingOf } from '@dcann/protocol/agreement'
import { pairIn } from '@dcann/protocol/pair'
import { formatTime } from '@dcann/protocol/time'
import type { Hono } from 'hono'
import type { Write } from '@dcann/store/store'
import { type CallDesk, spending, spendNonce } from '../calls.ts'
import { act, type ActDesk } from './act.ts'
import { conclude, type GrantDesk } from './grant.ts'
import { listSettling, undoSettling } from './settle.ts'
import { stop } from './stop.ts'
import { ofPassport, type Pair, pairs, type State, states } from './shelf.ts'

export type AgreementDesk = CallDesk & GrantDesk & ActDesk

/** Concluding, acting on, and listing agreements. */
export function agreementRoutes(app: Hono<DoorEnv>, door: Door, desk: AgreementDesk): void {
  app.post('/v1/grants', async (c) => {
    const { body, now } = await door.body(c, grantCall)
    return c.json(await conclude(desk, body, now), 201)
  })

  app.post('/v1/grants/undo', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, undoCall, desk.holderKeys(c.req.path))
    const undo = async (spent: Write[]) =>
      await undoSettling(desk, from, { agreement: body.agreement }, spent, desk.clock.bounded(now))
    if ((await spending(claims, undo)) === 0)
      throw new ProtocolError('not-found', 'undoing a grant: none of this id settles here')
    return c.json({ undone: true as const })
  })

  app.post('/v1/acts', async (c) => {
    const { body, now, arrival } = await door.body(c, actCall)
    return c.json(await act(desk, body.act, now, arrival))
  })

  app.post('/v1/stop', async (c) => {
    const { body, now, arrival } = await door.body(c, stopCall)
    return c.json(await stop(desk, body.stop, now, arrival))
  })

  app.post('/v1/agreements', async (c) => {
    const { from, claims, now: reading } = await door.authenticated(c, agreementsCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    const now = desk.clock.decide(reading)
    const found = await desk.store.range(ofPassport.page([from], { limit: 256 }))
    const ids = found.map((one) => ofPassport.entry(one).value)
    const snapshot = await desk.store.read(ids.flatMap((id) => [pairs.at(id).key, states.at(id).key]))
    const listed = ids.flatMap((id) => {
      const pair = pairs.at(id).from(snapshot)?.value
      const state = states.at(id).from(snapshot)?.value
      return pair && state ? [{ id, pair, state }] : []
    })
    return c.json({
      agreements: await Promise.all(
        listed.map(async ({ id, pair, state }) => await describe(desk, id, pair, state, now)),
      ),
      settling: (await listSettling(desk.store, from)).map(({ agreement, requester, at, settles }) => ({
        agreement,
        requester,
        at,
        settles,
      })),
    })
  })
}

async function describe(desk: AgreementDesk, id: string, pair: Pair, state: State, now: number) {
  const followed = await desk.following.decide(pair.allowance.requester, now).catch(() => undefined)
  const standing = followed
    ? standingOf(pair.allowance, state.acted, followed.record, now, followed.held)
    : { standing: state.acted === 'active' && now >= pair.allowance.until ? ('expired' as const) : state.acted }
  return {
    agreement: id,
    requester: pair.allowance.requester,
    handle: pair.allowance.handle,
    ...pairIn(pair),
    standing: standing.standing,
    ...('suspension' in standing && standing.suspension ? { suspension: standing.suspension } : {}),
    until: formatTime(pair.allowance.until),
    answers: state.answers,
    refusals: state.refusals,
  }
}
