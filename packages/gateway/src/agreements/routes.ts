import type { Door, DoorEnv } from '@dcann/http/door'
import { createRates } from '@dcann/http/rates'
import { ProtocolError } from '@dcann/protocol/errors'
import { parseSchema } from '@dcann/protocol/signed'
import type { Hono } from 'hono'
import { agreementsQuery, retireCall, returnCall } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { listAgreements } from './list.ts'
import { retire } from './retire.ts'
import { type AgreementsDesk, takeGrant } from './take.ts'

/** To the world: where a wallet brings the grant. Each costs a call to a vault, so all of them together are bounded. */
export function takeGrants(app: Hono<DoorEnv>, door: Door, desk: AgreementsDesk): void {
  const rates = createRates({ burst: 100, perSecond: 50, callersMost: 1 })
  app.post('/return', async (c) => {
    const { body, arrival } = await door.body(c, returnCall)
    const seconds = rates.take('everybody', arrival)
    if (seconds > 0) {
      throw new ProtocolError('rate-limited', 'taking a grant: many come at once; bring it again', {
        retry_after: seconds,
      })
    }
    return c.json({ agreement: await takeGrant(desk, body), taken: true }, 201)
  })
}

/** To the company. */
export function showAgreements(app: Hono<DoorEnv>, desk: AgreementsDesk): void {
  app.get('/v1/agreements', async (c) =>
    c.json(await listAgreements(desk, parseSchema(agreementsQuery, c.req.query(), 'reading the query'))),
  )
  app.post('/v1/retire', async (c) => c.json(await retire(desk, (await plainBody(c, retireCall)).agreement)))
}
