import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import { liftCall, refusalsCall, standingRefusalCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spending, spendNonce } from '../calls.ts'
import { lift, listRefusals, type RefusalDesk, refuseInAdvance } from './say.ts'

/** What the holder does not want to be asked. */
export function refusalRoutes(app: Hono<DoorEnv>, door: Door, desk: CallDesk & RefusalDesk): void {
  app.post('/v1/refusals', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, standingRefusalCall, desk.holderKeys(c.req.path))
    return c.json(await spending(claims, (spent) => refuseInAdvance(desk, from, body.refusal, spent, now)))
  })

  app.post('/v1/refusals/list', async (c) => {
    const { from, claims, now } = await door.authenticated(c, refusalsCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json(await listRefusals(desk, from, now))
  })

  app.post('/v1/refusals/lift', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, liftCall, desk.holderKeys(c.req.path))
    const { purpose, requester } = body
    if (purpose !== undefined && requester === undefined)
      return c.json(await spending(claims, (spent) => lift(desk, from, { purpose }, spent, now)))
    if (requester !== undefined && purpose === undefined)
      return c.json(await spending(claims, (spent) => lift(desk, from, { requester }, spent, now)))
    throw new ProtocolError('schema-mismatch', 'lifting a refusal: expected either "purpose" or "requester"')
  })
}
