import type { DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import { recordIdSchema } from '@dcann/protocol/signed'
import type { Hono } from 'hono'
import { askCall } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { type AskDesk, makeAsk } from './ask.ts'
import { offers } from './shelf.ts'

/** To the world: an offer by its record id, which its link alone tells. */
export function showOffers(app: Hono<DoorEnv>, { store }: Pick<AskDesk, 'store'>): void {
  app.get('/offers/:id', async (c) => {
    const id = recordIdSchema.safeParse(c.req.param('id'))
    const place = id.success ? offers.at(id.data) : undefined
    const found = place?.from(await store.read([place.key]))
    if (!found) throw new ProtocolError('not-found', 'fetching an offer: there is none')
    return c.json(found.value)
  })
}

/** To the company. */
export function takeAsks(app: Hono<DoorEnv>, desk: AskDesk): void {
  app.post('/v1/asks', async (c) => c.json(await makeAsk(desk, await plainBody(c, askCall)), 201))
}
