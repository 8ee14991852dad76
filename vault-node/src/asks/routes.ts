import type { Door, DoorEnv } from '@dcann/http/door'
import { createRates } from '@dcann/http/rates'
import { ProtocolError } from '@dcann/protocol/errors'
import { asksCall, pollCall, proposalCall, refuseCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spending, spendNonce } from '../calls.ts'
import { untilSlot } from '../slot.ts'
import { type AskDesk, deliver, listAsks, poll, refuseAsk } from './deliver.ts'

/** Asks that are delivered to the vault itself, and what the holder says to them. */
export function askRoutes(app: Hono<DoorEnv>, door: Door, desk: CallDesk & AskDesk): void {
  // a token is not guessed at this pace; whether it is one does not count
  const rates = createRates({ burst: 60, perSecond: 1, callersMost: 10_000 })
  const meter = (from: string): void => {
    const seconds = rates.take(from, desk.world.monotonic())
    if (seconds === 0) return
    throw new ProtocolError('rate-limited', 'delivering by an invite: many come at once; deliver it again', {
      retry_after: seconds,
    })
  }

  app.post('/v1/proposals', async (c) => {
    const { body, from, claims, now, arrival } = await door.authenticated(c, proposalCall, desk.requesterKeys)
    if ('invite' in body) meter(from)
    const answer = await spending(claims, (spent) => deliver(desk, from, body, body.offer, spent, now))
    await untilSlot(desk.world, arrival)
    return c.json(answer, 202)
  })

  app.post('/v1/proposals/poll', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, pollCall, desk.requesterKeys)
    await spendNonce(desk, claims)
    return c.json(await poll(desk, from, body.proposal, now))
  })

  app.post('/v1/asks', async (c) => {
    const { from, claims, now } = await door.authenticated(c, asksCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json({ asks: await listAsks(desk, from, now) })
  })

  app.post('/v1/asks/refuse', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, refuseCall, desk.holderKeys(c.req.path))
    if ((body.ask === undefined) === (body.offer === undefined)) {
      throw new ProtocolError('schema-mismatch', 'refusing an ask: expected either "ask" or "offer"')
    }
    return c.json(await spending(claims, (spent) => refuseAsk(desk, from, body, spent, now)))
  })
}
