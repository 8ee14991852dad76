import { expect } from 'vitest'
import {
  consent,
  dailyRides,
  offerOf,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'
import type { Story } from './setting.ts'

/** Story 7. */
export const changeOfMind: Story = {
  claims:
    'revoked means no answer after the acknowledgement, by any way out; paused means not now; it needs nobody else',
  async tell({ cast, world, label }) {
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), `mind/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()), 40))
    const offer = await offerOf(world(), insurer, [ridesTerm('all', null)])
    const agreed = await consent(world(), person, insurer, offer, ['all'])
    const page = await send(
      world(),
      await signQuery(world(), agreed, [{ strand: 'mobility.rides', limit: 10 }], { id: 'the-first-page-of-it' }),
    )
    const cursor = cursorIn(page.body)
    expect(cursor).toBeDefined()

    expect((await agreed.act('pause')).standing).toBe('paused')
    const paused = await send(world(), await signQuery(world(), agreed, ridesOnly))
    expect([paused.status, paused.body.type]).toEqual([403, 'urn:dcann:error:not-active'])
    expect((await agreed.act('resume')).standing).toBe('active')
    const next = await send(
      world(),
      await signQuery(world(), agreed, [{ strand: 'mobility.rides', limit: 10, cursor: String(cursor) }]),
    )
    expect(next.status).toBe(200)

    const revoked = await agreed.revoke()
    expect(revoked.standing).toBe('revoked')
    expect(revoked.effective_after).toBeLessThan(5_000)
    const after = [
      await signQuery(world(), agreed, ridesOnly),
      // a repeat, a cursor, and a question by handle alone are ways out like any other
      await signQuery(world(), agreed, [{ strand: 'mobility.rides', limit: 10 }], { id: 'the-first-page-of-it' }),
      await signQuery(world(), agreed, [{ strand: 'mobility.rides', limit: 10, cursor: String(cursor) }]),
      await signQuery(world(), { ...agreed, agreement: revoked.agreement }, ridesPerWeek),
    ]
    for (const request of after) expect((await send(world(), request)).status).toBe(404)
    // revoking again is no fault, and nothing brings it back
    expect((await agreed.revoke()).standing).toBe('revoked')
    await expect(agreed.act('resume')).rejects.toMatchObject({ code: 'not-active' })

    const { agreements } = await person.vault.listAgreements(person.by)
    expect(agreements[0]?.standing).toBe('revoked')
  },
}

const ridesOnly = [{ strand: 'mobility.rides' }]

function cursorIn(body: Readonly<Record<string, unknown>>): string | undefined {
  const { payload } = body['assertion'] as { payload: string }
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { items: { cursor?: string }[] }).items[0]?.cursor
}
