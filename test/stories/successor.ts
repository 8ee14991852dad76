import { pairIn } from '@dcann/protocol/pair'
import { querySchema } from '@dcann/protocol/request'
import { answerBody } from '@dcann/protocol/vault-api'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { callSigned } from '@dcann/sdk/signed-call'
import { makeSuccessor, type SuccessorChoice, successorCall } from '@dcann/sdk/successor'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
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
import { callerOf, lay, openAndAccept, profferText } from '../laid.ts'
import type { Story } from './setting.ts'

/** Story 7, a handle that leaked and a change of terms. */
export const successors: Story = {
  claims:
    'a handle that leaked is made anew by the holder alone: the old one is dead at once, the company reads the new one from the chain; terms change by a new offer that takes the place of the old',
  async tell({ cast, world, resolver, label }) {
    const { insurer } = cast.requesters
    const requester = insurer.record.payload
    const person = await settlePerson(world(), `successor/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()), 20))
    const by = callerOf(insurer)
    const company = createVaultClient(world(), person.vault.url)
    const offer = await offerOf(world(), insurer, [
      ridesTerm('rate', ['rides_per_week']),
      ridesTerm('places', ['begin_address'], { optional: true }),
    ])
    const leaked = await consent(world(), person, insurer, offer, ['rate', 'places'])
    const asked = async (agreed: { agreement: string; handle: string }, items = ridesPerWeek) =>
      (await send(world(), await signQuery(world(), { ...leaked, ...agreed }, items))).status
    expect(await asked(leaked)).toBe(200)

    const anew = async (agreement: string, counter: number, change: Partial<SuccessorChoice> = {}) => {
      const { agreements } = await person.vault.listAgreements(person.by)
      const listed = agreements.find((one) => one.agreement === agreement)
      if (!listed) throw new Error('the vault lists no such agreement')
      const old = await proveAgreement(pairIn(listed), requester.keys)
      const handle = handleSigner(person.seed, requester.name, counter)
      const { passport, control } = { passport: person.identifier, control: person.by.signer }
      const made = await makeSuccessor(world(), old, { requester, passport, handle, control, ...change })
      expect(made.pair.allowance.until).toBeLessThanOrEqual(old.allowance.until)
      return await person.vault.grant(successorCall(made))
    }
    const fresh = await anew(leaked.agreement, 1)
    expect(fresh.handle).not.toBe(leaked.handle)
    // dead to whoever has it, whether the agreement is named or not
    expect(await asked(leaked)).toBe(409)
    const byHandle = { to: leaked.handle, purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek }
    const url = `${person.vault.url}/v1/requests`
    expect(await codeOf(() => callSigned(world(), url, by, querySchema, byHandle, answerBody))).toBe('superseded')
    expect(await asked(fresh)).toBe(200)

    // the company finds the new one beside the chain of the old, as it was: same terms, same day
    const { standing, successor, entries } = await company.listEvents(by, leaked.agreement)
    expect(standing).toBe('superseded')
    expect(entries.findLast(({ entry }) => entry.kind === 'act')?.entry).toMatchObject({
      outcome: 'superseded',
      request: fresh.agreement,
    })
    if (!successor) throw new Error('the chain leads to no successor')
    const found = await proveAgreement(successor, requester.keys)
    expect(found.allowance).toMatchObject({ agreement: fresh.agreement, prior: leaked.agreement, handle: fresh.handle })
    expect(found.allowance.terms.map(({ id }) => id)).toEqual(['rate', 'places'])
    expect(await codeOf(() => company.listEvents(callerOf(cast.requesters.rides), leaked.agreement))).toBe('not-found')
    // nothing takes the place of what was replaced already
    expect(await codeOf(() => anew(leaked.agreement, 2))).toBe('not-active')

    // other terms: a new offer, and the holder's grant names what it replaces
    const wider = await offerOf(world(), insurer, [ridesTerm('rate', ['rides_per_week']), ridesTerm('city', ['city'])])
    const changed = await consent(world(), person, insurer, wider, ['rate', 'city'], 3, { prior: fresh.agreement })
    const city = [{ strand: 'mobility.rides', claims: ['city'] }]
    expect([await asked(fresh), await asked(changed), await asked(changed, city)]).toEqual([409, 200, 200])

    // less than before, ring-fenced, still over what the company signed
    const fenced = await anew(changed.agreement, 4, { ringFence: true })
    expect([await asked(changed), await asked(fenced)]).toEqual([409, 200])
    expect(await codeOf(() => anew(fenced.agreement, 5, { terms: ['rate'] }))).toBe('rule-broken')

    // and what began with the holder's own word goes the same way: a proffer in its place, then a handle made anew
    const text = profferText(world(), 'dpv:PersonalisedBenefits')
    const { proffers } = await lay(
      world(),
      person,
      [{ for: { requester: requester.name }, text, prior: fenced.agreement }],
      1,
    )
    const [proffer] = proffers
    if (!proffer) throw new Error('nothing was laid')
    const accepted = await openAndAccept(world(), await resolver(), person, insurer, proffer.proffer.id)
    expect([await asked(fenced), await asked(accepted.accepted)]).toEqual([409, 200])
    const last = await anew(accepted.acceptance.id, 6)
    expect([await asked(accepted.accepted), await asked(last)]).toEqual([409, 200])
    const again = await anew(last.agreement, 7, { terms: ['rate'] })
    expect([await asked(last), await asked(again)]).toEqual([409, 200])
    const places = [{ strand: 'mobility.rides', claims: ['begin_address'] }]
    expect(await asked(again, places)).toBe(403)
  },
}
