import type { Door, DoorEnv } from '@dcann/http/door'
import { createRates } from '@dcann/http/rates'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { signedSchema } from '@dcann/protocol/signed'
import type { Hono } from 'hono'
import type { Notebook } from './note.ts'
import { type InboxDesk, takeNotice } from './take.ts'

/**
 * To the world: where vaults say that there is something to read. Each may cost a resolution and a signature, so all of them
 * together are bounded; a vault sends again what was put off.
 */
export function takeNotices(app: Hono<DoorEnv>, door: Door, desk: InboxDesk, notebook: Notebook): void {
  const rates = createRates({ burst: 500, perSecond: 200, callersMost: 1 })
  app.post('/inbox', async (c) => {
    const { body, now, arrival } = await door.body(c, signedSchema, limits.payloadBytes)
    const seconds = rates.take('everybody', arrival)
    if (seconds > 0) {
      throw new ProtocolError('rate-limited', 'taking a notice: many come at once; send it again', {
        retry_after: seconds,
      })
    }
    await takeNotice(desk, body, now)
    notebook.note(now)
    return c.json({ noted: true }, 202)
  })
}
