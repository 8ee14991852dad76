import type { Door, DoorEnv } from '@dcann/http/door'
import { noticesCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spendNonce } from '../calls.ts'
import type { createFeed } from './feed.ts'

/** `POST /v1/notices`. */
export function noticeRoutes(
  app: Hono<DoorEnv>,
  door: Door,
  desk: CallDesk & { readonly feed: ReturnType<typeof createFeed> },
): void {
  app.post('/v1/notices', async (c) => {
    const { body, from, claims } = await door.authenticated(c, noticesCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json(await desk.feed(from, body.after, body.wait ?? 0))
  })
}
