import type { DoorEnv } from '@dcann/http/door'
import type { Hono } from 'hono'
import { queryCall } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { askVault, type QueryDesk } from './query.ts'

/** To the company. */
export function takeQueries(app: Hono<DoorEnv>, desk: QueryDesk): void {
  app.post('/v1/queries', async (c) => c.json(await askVault(desk, await plainBody(c, queryCall))))
}
