import type { Door, DoorEnv } from '@dcann/http/door'
import { hostCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import type { Clock } from '../clock/clock.ts'
import { host, type HostDesk } from './host.ts'

/** `POST /v1/passports`. */
export function passportRoutes(app: Hono<DoorEnv>, door: Door, desk: HostDesk & { readonly clock: Clock }): void {
  app.post('/v1/passports', async (c) => {
    const { body, now } = await door.body(c, hostCall)
    return c.json(await host(desk, body.genesis, desk.clock.decide(now)), 201)
  })
}
