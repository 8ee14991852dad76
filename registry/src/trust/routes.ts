import type { Door, DoorEnv } from '@dcann/http/door'
import { plainBody } from '@dcann/http/plain-body'
import { trustQuerySchema } from '@dcann/protocol/trust-query'
import type { Hono } from 'hono'
import { answerJson } from '../answer-json.ts'
import type { ResolveDesk } from '../resolve/resolve-name.ts'
import { answerTrustQuery } from './answer-query.ts'

/** Bodies are plain JSON, as clients of that protocol write them; nothing signs over them. */
export function trustRoutes(app: Hono<DoorEnv>, door: Door, desk: ResolveDesk): void {
  app.post('/v1/authorization', async (c) => {
    const { verdict, answer } = await answerTrustQuery(desk, await plainBody(c, trustQuerySchema), door.moment(c).now)
    return answerJson(c, { ...answer, authorized: verdict.holds })
  })

  app.post('/v1/recognition', async (c) => {
    const { verdict, answer } = await answerTrustQuery(desk, await plainBody(c, trustQuerySchema), door.moment(c).now)
    return answerJson(c, { ...answer, recognized: verdict.holds })
  })
}
