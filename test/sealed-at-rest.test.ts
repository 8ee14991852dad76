import { testOpener } from '@dcann/protocol/sealing-key'
import { repeatPlace } from '@dcann/vault-node/requests/shelf'
import { expect, test } from 'vitest'
import { consent, dailyRides, offerOf, ridesStrand, ridesTerm, send, settlePerson, signQuery } from './consented.ts'
import { startNetwork } from './network.ts'
import { shows } from './shows.ts'

test('a vault keeps an answer for its repeats as it left: sealed when the agreement has it sealed', async () => {
  const { cast, world, time, vaults } = await startNetwork({ seed: 'sealed-at-rest' })
  const { insurer } = cast.requesters
  const person = await settlePerson(world(), 'sealed-at-rest', 'IN', cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(time.now()), 3))
  const kept = async (id: string, sealing_key?: string): Promise<{ text: string; answer: unknown }> => {
    const terms = [ridesTerm('city', ['city'])]
    const offer = await offerOf(world(), insurer, terms, sealing_key === undefined ? {} : { sealing_key })
    const agreed = await consent(world(), person, insurer, offer, ['city'], sealing_key === undefined ? 0 : 1)
    const items = [{ strand: ridesStrand.name, claims: ['city'] }]
    const { status, body } = await send(world(), await signQuery(world(), agreed, items, { id }))
    expect(status).toBe(200)
    const { key } = repeatPlace(insurer.record.payload.name, id)
    const stored = (await vaults.tallinn.store.read([key])).get(key)
    const text = Buffer.from(stored?.value ?? new Uint8Array(0)).toString('utf8')
    // what the shelf wrote is JSON
    expect((JSON.parse(text) as { answer: unknown }).answer).toEqual(body)
    return { text, answer: body }
  }
  const clear = await kept('in-the-clear-0000')
  expect([shows(clear.text, 'Tallinn'), Object.keys(clear.answer as object)]).toEqual([true, ['assertion']])
  const sealed = await kept('sealed-0000000000', testOpener('sealed-at-rest').key)
  expect([shows(sealed.text, 'Tallinn'), Object.keys(sealed.answer as object)]).toEqual([false, ['sealed']])
})
