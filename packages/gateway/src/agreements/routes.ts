import type { Door, DoorEnv } from '@dcann/http/door'
import { createRates } from '@dcann/http/rates'
import { ProtocolError } from '@dcann/protocol/errors'
import { parseSchema, type RecordId, recordIdSchema } from '@dcann/protocol/signed'
import type { Context, Hono } from 'hono'
import { agreementsQuery, chainQuery, retireCall, returnCall } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { readChain } from './chain.ts'
import { listAgreements, showAgreement } from './list.ts'
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
  app.get('/v1/agreements/:id', async (c) => c.json(await showAgreement(desk, idIn(c))))
  app.get('/v1/agreements/:id/chain', async (c) =>
    c.json(await readChain(desk, idIn(c), parseSchema(chainQuery, c.req.query(), 'reading the query'))),
  )
  app.post('/v1/retire', async (c) => c.json(await retire(desk, (await plainBody(c, retireCall)).agreement)))
}

/** What is no id names none of ours. */
function idIn(c: Context<DoorEnv>): RecordId {
  const { data, success } = recordIdSchema.safeParse(c.req.param('id'))
  if (success) return data
  throw new ProtocolError('not-found', 'looking for the agreement: that is no id; see GET /v1/agreements')
}
