import type { Door, DoorEnv } from '@dcann/http/door'
import { followCall, hostCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import type { Clock } from '../clock/clock.ts'
import { follow, type FollowDesk } from './follow.ts'
import { host, type HostDesk } from './host.ts'

/** `POST /v1/passports` and `POST /v1/passports/follow`. */
export function passportRoutes(
  app: Hono<DoorEnv>,
  door: Door,
  desk: HostDesk & FollowDesk & { readonly clock: Clock },
): void {
  app.post('/v1/passports', async (c) => {
    const { body, now } = await door.body(c, hostCall)
    return c.json(await host(desk, body.genesis, desk.clock.decide(now)), 201)
  })

  app.post('/v1/passports/follow', async (c) => {
    const { body, now } = await door.body(c, followCall)
    return c.json(await follow(desk, body.record, desk.clock.bounded(now)))
  })
}
