import type { DoorEnv } from '@dcann/http/door'
import type { Hono } from 'hono'
import type { z } from 'zod'
import type { AskDesk } from '../offers/ask.ts'
import type { requesterAnswer } from './calls.ts'

/** To the company: for whom this gateway speaks, and what its record lets it ask. */
export function showRequester(app: Hono<DoorEnv>, { requester, sealing, publicUrl, wallet }: AskDesk): void {
  app.get('/v1/requester', async (c) => {
    const answer: z.infer<typeof requesterAnswer> = {
      record: await requester.record(),
      public_url: publicUrl,
      wallet: wallet ?? null,
      sealing: sealing.key !== null,
    }
    return c.json(answer)
  })
}
