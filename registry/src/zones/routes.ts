import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import type { Hono } from 'hono'
import { z } from 'zod'
import { answerJson } from '../answer-json.ts'
import { readQuery } from '../query.ts'
import { delegation, logOf } from './delegation.ts'
import { kindsListed, listMost, listRecords } from './list-records.ts'

/** The zones that can be resolved here, whoever speaks for them. */
export type ZonesDesk = { readonly store: Reader; readonly zones: () => ReadonlySet<ZoneName> }

/** The query of a list; `limit` is bounded by `listMost`. */
export const listQuery = z.strictObject({
  kind: z.enum(kindsListed),
  after: z.string().max(80).optional(),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .optional(),
})

export function zonesRoutes(app: Hono<DoorEnv>, _door: Door, { store, zones }: ZonesDesk): void {
  app.get('/v1/zones', async (c) => {
    const places = [...zones()].map((zone) => ({ zone, place: delegation(zone) }))
    const snapshot = await store.read(places.map(({ place }) => place.key))
    const opened = places.flatMap(({ zone, place }) => {
      const found = place.from(snapshot)
      return found ? [{ zone, ...logOf(zone, found.value) }] : []
    })
    return answerJson(c, { zones: opened }, { etag: [JSON.stringify(opened)], maxAgeSeconds: 60 })
  })

  app.get('/v1/zones/:zone/records', async (c) => {
    const zone = c.req.param('zone')
    if (!zones().has(zone)) throw new ProtocolError('not-found', 'listing records: this zone is not served here')
    const { kind, after, limit } = readQuery(c, listQuery)
    const most = Math.min(Number(limit ?? 100), listMost)
    const list = await listRecords(store, zone, kind, most, after)
    return answerJson(c, list, { etag: [JSON.stringify(list)], maxAgeSeconds: 15 })
  })
}
