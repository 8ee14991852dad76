import type { DoorEnv } from '@dcann/http/door'
import { parseSchema } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import type { Hono } from 'hono'
import type { z } from 'zod'
import type { AgreementsDesk } from '../agreements/take.ts'
import { proposalCall, type proposalsAnswer, proposalsQuery } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { deliverProposal } from './deliver.ts'
import { proposals, proposalsByTime } from './shelf.ts'

/** To the company. */
export function takeProposals(app: Hono<DoorEnv>, desk: AgreementsDesk): void {
  app.post('/v1/proposals', async (c) => c.json(await deliverProposal(desk, await plainBody(c, proposalCall)), 202))
  app.get('/v1/proposals', async (c) =>
    c.json(await listProposals(desk.store, parseSchema(proposalsQuery, c.req.query(), 'reading the query'))),
  )
}

async function listProposals(
  store: Reader,
  { limit, after }: z.infer<typeof proposalsQuery>,
): Promise<z.infer<typeof proposalsAnswer>> {
  const from = after === undefined ? {} : { after: proposalsByTime.at(...after.split('.')).key }
  const page = await store.range(proposalsByTime.page([], { limit, reverse: true, ...from }))
  const ids = page.map((entry) => proposalsByTime.entry(entry).id)
  const places = ids.map(([, id = '']) => ({ id, place: proposals.at(id) }))
  const snapshot = await store.read(places.map(({ place }) => place.key))
  const last = ids.at(-1)
  return {
    proposals: places.flatMap(({ id, place }) => {
      const kept = place.from(snapshot)?.value
      if (!kept) return []
      const { delivered, until, ...rest } = kept
      return [{ proposal: id, ...rest, delivered: formatTime(delivered), until: formatTime(until) }]
    }),
    ...(ids.length === limit && last ? { next: last.join('.') } : {}),
  }
}
