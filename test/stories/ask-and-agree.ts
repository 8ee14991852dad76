import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
import { consent, offerOf, ridesStrand, ridesTerm, settlePerson } from '../consented.ts'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { nobodyIn, type Story } from './setting.ts'

/** Story 5. */
export const askAndAgree: Story = {
  claims: 'a company asks; the holder grants a part, or refuses in silence; both hold the same signed pair',
  async tell({ cast, world, label }) {
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), `agree/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    const offer = await offerOf(world(), insurer, [
      ridesTerm('rate', ['rides_per_week']),
      ridesTerm('places', ['begin_address'], { optional: true }),
    ])

    // leaving out what is required, or taking what was not offered, makes no agreement
    expect(await codeOf(() => consent(world(), person, insurer, offer, ['places']))).toBe('rule-broken')
    expect(await codeOf(() => consent(world(), person, insurer, offer, ['rate', 'more']))).toBe('rule-broken')

    const agreed = await consent(world(), person, insurer, offer, ['rate'])
    const { agreements } = await person.vault.listAgreements(person.by)
    expect(agreements.map(({ agreement, standing, handle }) => [agreement, standing, handle])).toEqual([
      [agreed.agreement, 'active', agreed.handle],
    ])
    expect(agreements[0]).toMatchObject({ offer: offer.signed })

    // asked outside its registered uses, an offer is not even made
    expect(
      await codeOf(() =>
        offerOf(world(), insurer, [ridesTerm('rate', ['rides_per_week'], { purpose: 'dpv:Marketing' })]),
      ),
    ).toBe('over-asking')

    // delivered to the vault itself: pending, whoever lives there and whatever they decide
    const [signer] = insurer.keys
    if (!signer) throw new Error('the insurer has no key')
    const by = { from: insurer.record.payload.name, signer }
    const another = await offerOf(world(), insurer, [ridesTerm('rate', ['rides_per_week'])])
    const vault = createVaultClient(world(), cast.nodes.tallinn.record.payload.url)
    const delivered = await vault.propose(by, person.identifier, another.signed)
    const toNobody = await vault.propose(by, nobodyIn('IN'), another.signed)
    expect([delivered.state, toNobody.state]).toEqual(['pending', 'pending'])
    expect(delivered.until).toBe(toNobody.until)
    const { asks } = await person.vault.listAsks(person.by)
    expect(asks.map(({ ask, requester }) => [ask, requester])).toEqual([[delivered.proposal, 'EE/requester/insurer']])
    await person.vault.refuse(person.by, { ask: delivered.proposal })
    expect((await person.vault.listAsks(person.by)).asks).toEqual([])
    const polled = await Promise.all([delivered, toNobody].map(({ proposal }) => vault.pollProposal(by, proposal)))
    expect(polled.map(({ state }) => state)).toEqual(['pending', 'pending'])

    // refused once, the same asker for the same purpose waits no more for an answer
    const again = await offerOf(world(), insurer, [ridesTerm('rate', ['rides_per_week'])])
    expect((await vault.propose(by, person.identifier, again.signed)).state).toBe('pending')
    expect((await person.vault.listAsks(person.by)).asks).toEqual([])
  },
}
