import type { DoorEnv } from '@dcann/http/door'
import { actNoun } from '@dcann/protocol/act'
import { parseSchema, readSigned } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import type { Hono } from 'hono'
import type { z } from 'zod'
import { actCall, type actsAnswer, actsQuery } from '../console/calls.ts'
import { plainBody } from '@dcann/http/plain-body'
import { giveReceipt } from './receipt.ts'
import type { ActsDesk } from './send.ts'
import { acts, actsByTime } from './shelf.ts'

/** To the company: giving receipts, and what it has said to holders by acts, deletions among it. */
export function takeReceipts(app: Hono<DoorEnv>, desk: ActsDesk): void {
  app.post('/v1/receipts', async (c) => c.json(await giveReceipt(desk, await plainBody(c, actCall)), 201))
  app.get('/v1/acts', async (c) =>
    c.json(await listActs(desk.store, parseSchema(actsQuery, c.req.query(), 'reading the query'))),
  )
}

async function listActs(
  store: Reader,
  { limit, after }: z.infer<typeof actsQuery>,
): Promise<z.infer<typeof actsAnswer>> {
  const from = after === undefined ? {} : { after: actsByTime.at(...after.split('.')).key }
  const page = await store.range(actsByTime.page([], { limit, reverse: true, ...from }))
  const ids = page.map((entry) => actsByTime.entry(entry).id)
  const places = ids.map(([, id = '']) => ({ id, place: acts.at(id) }))
  const snapshot = await store.read(places.map(({ place }) => place.key))
  const last = ids.at(-1)
  return {
    acts: places.flatMap(({ id, place }) => {
      const kept = place.from(snapshot)?.value
      if (!kept) return []
      const { kind, agreement, at, n, signed } = kept
      const { body } = readSigned(actNoun, signed).payload
      return [{ act: id, kind, agreement, at: formatTime(at), n, says: body ?? {} }]
    }),
    ...(ids.length === limit && last ? { next: last.join('.') } : {}),
  }
}
