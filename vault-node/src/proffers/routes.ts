import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { acceptanceCall, openCall, proffersCall, proffersListCall, withdrawCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import type { Zones } from '../following/zones.ts'
import { type CallDesk, spending, spendNonce } from '../calls.ts'
import { accept } from './accept.ts'
import { layProffers } from './lay.ts'
import { type OpenDesk, openProffer } from './open.ts'
import { listProffers, withdrawProffers } from './withdraw.ts'

/** What the holder proffers, and who accepts it. */
export function profferRoutes(
  app: Hono<DoorEnv>,
  door: Door,
  desk: CallDesk & OpenDesk & { readonly node: string; readonly zones: Zones },
): void {
  app.post('/v1/proffers', async (c) => {
    const keys = desk.holderKeys(c.req.path)
    const { body, from, claims, now } = await door.authenticated(c, proffersCall, keys, limits.bodyBytes)
    return c.json(await spending(claims, (spent) => layProffers(desk, from, body, spent, now)), 201)
  })

  app.post('/v1/proffers/list', async (c) => {
    const { from, claims, now } = await door.authenticated(c, proffersListCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json(await listProffers(desk, from, now))
  })

  app.post('/v1/proffers/withdraw', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, withdrawCall, desk.holderKeys(c.req.path))
    const what = oneOf(body)
    const withdrawn = await spending(claims, (spent) =>
      withdrawProffers(desk, from, what, spent, desk.clock.decide(now)),
    )
    return c.json({ withdrawn })
  })

  app.post('/v1/proffers/open', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, openCall, desk.requesterKeys)
    return c.json(await spending(claims, (spent) => openProffer(desk, from, body.proffer, spent, now)))
  })

  app.post('/v1/acceptances', async (c) => {
    const { body, now } = await door.body(c, acceptanceCall)
    return c.json(await accept(desk, body.acceptance, now), 201)
  })
}

function oneOf({ proffer, roster }: { readonly proffer?: string | undefined; readonly roster?: string | undefined }) {
  if (proffer !== undefined && roster === undefined) return { proffer }
  if (roster !== undefined && proffer === undefined) return { roster }
  throw new ProtocolError('schema-mismatch', 'withdrawing a proffer: expected either "proffer" or "roster"')
}
