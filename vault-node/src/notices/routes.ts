import type { Door, DoorEnv } from '@dcann/http/door'
import { noticesCall, pushCall, pushEndCall, pushesCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spending, spendNonce } from '../calls.ts'
import { addEndpoint, endEndpoint, type EndpointDesk, listEndpoints } from './endpoints.ts'
import type { createFeed } from './feed.ts'

/** What a holder is told soon, and where they are woken for it. */
export function noticeRoutes(
  app: Hono<DoorEnv>,
  door: Door,
  desk: CallDesk & EndpointDesk & { readonly feed: ReturnType<typeof createFeed> },
): void {
  app.post('/v1/notices', async (c) => {
    const { body, from, claims } = await door.authenticated(c, noticesCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    door.rest(c)
    return c.json(await desk.feed(from, body.after, body.wait ?? 0))
  })

  app.post('/v1/notices/push', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, pushCall, desk.holderKeys(c.req.path))
    const by = { passport: from, kid: claims.kid }
    return c.json(await spending(claims, (spent) => addEndpoint(desk, { ...by, spent }, body.endpoint, now)), 201)
  })

  app.post('/v1/notices/push/list', async (c) => {
    const { from, claims } = await door.authenticated(c, pushesCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json({ pushes: await listEndpoints(desk.store, from) })
  })

  app.post('/v1/notices/push/end', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, pushEndCall, desk.holderKeys(c.req.path))
    const by = { passport: from, kid: claims.kid }
    return c.json(await spending(claims, (spent) => endEndpoint(desk, { ...by, spent }, body.push, now)))
  })
}
