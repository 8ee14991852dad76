import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { requestDigest } from '@dcann/protocol/request'
import { entriesCall, entriesListCall, strandCall, strandsCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spendNonce } from '../calls.ts'
import type { Clock } from '../clock/clock.ts'
import { bringIn, type BringInDesk, makeStrand } from './bring-in.ts'
import { entriesOf, pages, strands } from './shelf.ts'

export type StrandDesk = CallDesk & BringInDesk & { readonly clock: Clock }

/** The holder's strands and entries. */
export function strandRoutes(app: Hono<DoorEnv>, door: Door, desk: StrandDesk): void {
  app.post('/v1/strands', async (c) => {
    const { body, from, claims } = await door.authenticated(c, strandCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    if (body.strand.custody !== 'node') {
      throw new ProtocolError('rule-broken', 'making a strand: this node keeps strands of custody "node" only')
    }
    return c.json({ strand: body.strand, made: await makeStrand(desk, from, body.strand) })
  })

  app.post('/v1/strands/list', async (c) => {
    const { from, claims } = await door.authenticated(c, strandsCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    const found = await desk.store.range(strands.page([from], { limit: 1024 }))
    return c.json({ strands: found.map((one) => strands.entry(one).value) })
  })

  app.post('/v1/entries', async (c) => {
    const received = await door.authenticated(c, entriesCall, desk.holderKeys(c.req.path), limits.bodyBytes)
    await spendNonce(desk, received.claims)
    const { strand, entries } = received.body
    return c.json(
      await bringIn(
        desk,
        received.from,
        strand,
        entries,
        requestDigest(received.bytes),
        desk.clock.decide(received.now),
      ),
    )
  })

  app.post('/v1/entries/list', async (c) => {
    const { body, from, claims } = await door.authenticated(c, entriesListCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    // newest months first; a page of the answer is a page of the store
    const found = await desk.store.range({
      ...pages.page([from, body.strand], { limit: 1, reverse: true }),
      ...(body.after === undefined ? {} : { after: pages.at(from, body.strand, ...body.after.split('-')).key }),
    })
    const last = found.at(-1)
    const next = last ? pages.entry(last).id.slice(2).join('-') : undefined
    return c.json({
      entries: found.flatMap((one) => entriesOf(one)).toReversed(),
      ...(next === undefined ? {} : { next }),
    })
  })
}
