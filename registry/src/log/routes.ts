import type { Door, DoorEnv } from '@dcann/http/door'
import { base64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { consistencyProof, type ReadHash } from '@dcann/protocol/log/proof'
import { hashReaderOverTiles, parseTilePath, type Tile, tilesToRead, tileWidth } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import type { Hono } from 'hono'
import { z } from 'zod'
import { answerJson } from '../answer-json.ts'
import { readQuery } from '../query.ts'
import { readActs } from './read-acts.ts'
import { tileReader } from './read-tile.ts'
import type { Heads } from './heads.ts'
import type { Head } from './shelf.ts'

/** A number of entries as it stands in a query. */
const sizeSchema = z.string().regex(/^(?:0|[1-9][0-9]{0,15})$/)

/** The sizes of two heads of one log. */
export const consistencyQuery = z.strictObject({ from: sizeSchema, to: sizeSchema })

/** The entry from which on records are asked for. */
export const actsQuery = z.strictObject({ from: sizeSchema })

export type LogDesk = { readonly store: Reader; readonly heads: Heads }

/** What anybody may read of a zone's log: its head, the tiles under it, and that one head extends another. */
export function logRoutes(app: Hono<DoorEnv>, _door: Door, { store, heads }: LogDesk): void {
  const shown = (zone: ZoneName): Head => {
    const head = heads.get(zone)
    if (head) return head
    throw new ProtocolError('not-found', 'reading a log: this zone has no head here')
  }

  app.get('/v1/zones/:zone/checkpoint', (c) => {
    const head = heads.resolvable(c.req.param('zone'))
    if (!head) throw new ProtocolError('not-found', 'reading a log: this zone has no head to resolve from here')
    return c.text(head.checkpoint ?? '', 200, { 'cache-control': 'public, max-age=2' })
  })

  app.get('/v1/zones/:zone/tile/*', async (c) => {
    const zone = c.req.param('zone')
    const tile = parseTilePath(c.req.path.slice(`/v1/zones/${zone}/`.length))
    const bytes = isUnder(tile, shown(zone).size) ? (await tileReader(store, zone, [tile]))(tile) : undefined
    if (!bytes) throw new ProtocolError('not-found', 'reading a log: there is no such tile under its head')
    return c.body(new Uint8Array(bytes), 200, {
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  app.get('/v1/zones/:zone/consistency', async (c) => {
    const zone = c.req.param('zone')
    const query = readQuery(c, consistencyQuery)
    const [from, to] = [Number(query.from), Number(query.to)]
    const { size } = shown(zone)
    if (to > size) throw new ProtocolError('not-found', `proving consistency: the head is of ${size} entries`)
    const prove = (readHash: ReadHash): Uint8Array[] => consistencyProof(from, to, readHash)
    const read = await tileReader(store, zone, tilesToRead(to, prove))
    const proof = prove(hashReaderOverTiles(to, read)).map(base64Url)
    return answerJson(
      c,
      { from, to, proof },
      { etag: [zone, query.from, query.to], maxAgeSeconds: 86_400, immutable: true },
    )
  })

  app.get('/v1/zones/:zone/acts', async (c) => {
    const zone = c.req.param('zone')
    const from = Number(readQuery(c, actsQuery).from)
    const { size } = shown(zone)
    if (from > size) throw new ProtocolError('not-found', `reading acts: the head is of ${size} entries`)
    const answer = await readActs(store, zone, from, size)
    return answerJson(c, answer, { etag: [zone, String(from), String(answer.next)], maxAgeSeconds: 60 })
  })
}

/** Whether all that a tile holds is under a head of this size, so that it will never change. */
function isUnder({ level, index, width }: Tile, size: number): boolean {
  const count = level === 'entries' ? size : Math.floor(size / tileWidth ** level)
  return index * tileWidth + width <= count
}
