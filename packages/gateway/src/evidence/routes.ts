import type { DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import { parseSchema, recordIdSchema } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import type { Hono } from 'hono'
import type { z } from 'zod'
import { type evidenceAnswer, evidenceQuery } from '../console/calls.ts'
import { evidence, evidenceByTime, type KeptEvidence, readEvidence } from './shelf.ts'

/** To the company: what is kept, and one of it as the bytes that `dcann verify` proves. */
export function showEvidence(app: Hono<DoorEnv>, store: Reader): void {
  app.get('/v1/evidence', async (c) =>
    c.json(await listEvidence(store, parseSchema(evidenceQuery, c.req.query(), 'reading the query'))),
  )
  app.get('/v1/evidence/:id', async (c) => {
    const id = recordIdSchema.safeParse(c.req.param('id'))
    const found = id.success ? await readEvidence(store, id.data) : undefined
    if (!found)
      throw new ProtocolError('not-found', 'looking for evidence: there is none of this id; see GET /v1/evidence')
    return c.body(Uint8Array.from(found.bytes), 200, { 'content-type': 'application/json' })
  })
}

async function listEvidence(
  store: Reader,
  { limit, after }: z.infer<typeof evidenceQuery>,
): Promise<z.infer<typeof evidenceAnswer>> {
  const from = after === undefined ? {} : { after: evidenceByTime.at(...after.split('.')).key }
  const page = await store.range(evidenceByTime.page([], { limit, reverse: true, ...from }))
  const ids = page.map((entry) => evidenceByTime.entry(entry).id)
  const places = ids.map(([, id = '']) => ({ id, place: evidence.at(id) }))
  const snapshot = await store.read(places.map(({ place }) => place.key))
  const last = ids.at(-1)
  return {
    evidence: places.flatMap(({ id, place }) => {
      const kept = place.from(snapshot)?.value
      return kept ? [{ evidence: id, ...kept, ...timesOf(kept) }] : []
    }),
    ...(ids.length === limit && last ? { next: last.join('.') } : {}),
  }
}

/** Its times as the console writes them. */
function timesOf({ at, use_until, deleted }: KeptEvidence) {
  return {
    at: formatTime(at),
    use_until: use_until === undefined ? undefined : formatTime(use_until),
    deleted: deleted && { at: formatTime(deleted.at), act: deleted.act },
  }
}
