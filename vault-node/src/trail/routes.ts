import type { Door, DoorEnv } from '@dcann/http/door'
import { trailCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spendNonce } from '../calls.ts'
import { proveLines } from '../evidence/prove.ts'
import { readTrail } from './read.ts'

/** `POST /v1/trail`. */
export function trailRoutes(app: Hono<DoorEnv>, door: Door, desk: CallDesk): void {
  app.post('/v1/trail', async (c) => {
    const { body, from, claims } = await door.authenticated(c, trailCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    const { lines, next } = await readTrail(desk.store, from, body.after, body.limit ?? 100)
    const proved = body.prove ? await proveLines(desk.store, lines) : undefined
    return c.json({
      lines: lines.map(({ entry, salt, requester, about }, i) => {
        const inclusion = proved?.places[i]
        return { entry, salt, ...(requester ? { requester } : {}), about, ...(inclusion ? { inclusion } : {}) }
      }),
      ...(proved?.log ? { log: proved.log } : {}),
      ...(next === undefined ? {} : { next }),
    })
  })
}
