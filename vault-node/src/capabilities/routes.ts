import type { Door, DoorEnv } from '@dcann/http/door'
import { capabilitiesCall, capabilityCall, capabilityEndCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spendNonce } from '../calls.ts'
import { type CapabilityDesk, endCapability, listCapabilities, makeCapability } from './make.ts'

/** Giving another key a right, taking it away, and seeing which have one. */
export function capabilityRoutes(app: Hono<DoorEnv>, door: Door, desk: CallDesk & CapabilityDesk): void {
  app.post('/v1/capabilities', async (c) => {
    const { body, now } = await door.body(c, capabilityCall)
    return c.json(await makeCapability(desk, body.capability, now), 201)
  })

  app.post('/v1/capabilities/end', async (c) => {
    const { body, now } = await door.body(c, capabilityEndCall)
    return c.json(await endCapability(desk, body.end, now))
  })

  app.post('/v1/capabilities/list', async (c) => {
    const { from, claims, now } = await door.authenticated(c, capabilitiesCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json({ capabilities: await listCapabilities(desk, from, desk.clock.decide(now)) })
  })
}
