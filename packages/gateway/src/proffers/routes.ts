import type { DoorEnv } from '@dcann/http/door'
import { parseSchema } from '@dcann/protocol/signed'
import type { Hono } from 'hono'
import { acceptCall, profferCall, proffersQuery } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { acceptProffer, type ProfferDesk, showProffer } from './accept.ts'
import { listProffers } from './list.ts'

/** To the company: what somebody proffers by a link, and accepting it. */
export function takeProffers(app: Hono<DoorEnv>, desk: ProfferDesk): void {
  app.post('/v1/proffers', async (c) => c.json(await showProffer(desk, (await plainBody(c, profferCall)).proffer)))
  app.get('/v1/proffers', async (c) => {
    const query = parseSchema(proffersQuery, c.req.query(), 'reading the query')
    return c.json(await listProffers(desk.store, desk.requester.world, query))
  })
  app.post('/v1/acceptances', async (c) => c.json(await acceptProffer(desk, await plainBody(c, acceptCall)), 201))
}
