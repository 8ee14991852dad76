import type { Door, DoorEnv } from '@dcann/http/door'
import { limits } from '@dcann/protocol/limits'
import { signedSchema } from '@dcann/protocol/signed'
import type { Hono } from 'hono'
import type { Notebook } from './note.ts'

/**
 * To the world: where vaults say that something has changed. Whoever says so is not believed and what they say is not kept;
 * it is counted, and the chains tell the rest.
 */
export function takeNotices(app: Hono<DoorEnv>, door: Door, notebook: Notebook): void {
  app.post('/inbox', async (c) => {
    const { now } = await door.body(c, signedSchema, limits.payloadBytes)
    notebook.note(now)
    return c.json({ noted: true }, 202)
  })
}
