import { inviteDigest, inviteOf } from '@dcann/protocol/invite'
import { formatTime } from '@dcann/protocol/time'
import { writeInvite } from '@dcann/sdk/invite-link'
import { readAsk } from '@dcann/sdk/requester'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Company, type Said, startCompany } from '../../../../test/company.ts'
import { type Person, ridesTerm, settlePerson } from '../../../../test/consented.ts'
import { nobodyIn } from '../../../../test/stories/setting.ts'

let company: Company
let person: Person
const day = 86_400

beforeAll(async () => {
  company = await startCompany('proposals')
  person = await settlePerson(company.network.world(), 'proposals', 'IN', company.network.cast.nodes.tallinn)
})

async function offer(purpose_text: string): Promise<{ readonly offer: string; readonly link: string }> {
  const terms = [ridesTerm('rides', ['rides_per_week'], { purpose_text: { en: purpose_text } })]
  const ask = { terms, value: { gives: [], settle_by: 'P30D' }, lasts: 'P90D', expires_in: 'P2D' }
  const { body } = await company.call('/v1/asks', ask)
  return { offer: String(body['offer']), link: String(body['link']) }
}

const listed = async (): Promise<Said['body'][]> =>
  (await company.call('/v1/proposals')).body['proposals'] as Said['body'][]

describe('deliverProposal', () => {
  test('a granted one becomes an agreement by itself, also by an address alone', async () => {
    const first = await offer('first')
    const delivered = await company.call('/v1/proposals', { offer: first.offer, to: person.identifier })
    expect(delivered).toMatchObject({ status: 202, body: { state: 'pending' } })
    expect((await company.call('/v1/proposals', { offer: first.offer, to: person.identifier })).body).toEqual(
      delivered.body,
    )
    expect(await company.job('proposals')).toBeGreaterThan(0)
    expect(await listed()).toMatchObject([{ state: 'pending', node: 'EE/node/tallinn' }])

    const { made } = await company.grantAt(person, first.link, 0)
    const ask = String(delivered.body['proposal'])
    const { agreement, handle } = await person.vault.grant({ ...made, ask })
    company.network.time.pass(20)
    // a vault that is silent now is asked again
    company.network.down.add('tallinn.example')
    await company.job('proposals')
    company.network.down.delete('tallinn.example')
    company.network.time.pass(400)
    await company.job('proposals')
    expect(await listed()).toMatchObject([{ state: 'granted', agreement }])
    const agreements = (await company.call('/v1/agreements')).body['agreements']
    expect(agreements).toMatchObject([{ agreement, standing: 'active', handle }])

    const second = await offer('second')
    const address = `${handle}@EE/node/tallinn`
    expect(await company.call('/v1/proposals', { offer: second.offer, to: address })).toMatchObject({ status: 202 })
    expect((await person.vault.listAsks(person.by)).asks).toMatchObject([{ requester: company.name }])
  })

  test('a refusal looks like silence, and lapses', async () => {
    const { asks } = await person.vault.listAsks(person.by)
    await person.vault.refuse(person.by, { ask: asks[0]?.ask ?? '' })
    company.network.time.pass(day)
    await company.job('proposals')
    expect((await listed())[0]).toMatchObject({ state: 'pending' })
    company.network.time.pass(day)
    await company.job('proposals')
    expect((await listed())[0]).toMatchObject({ state: 'lapsed' })
    expect((await listed())[0]).not.toHaveProperty('agreement')
  })

  test('by an invite, which is spent and never listed', async () => {
    const token = inviteOf(crypto.getRandomValues(new Uint8Array(16)))
    const expires = formatTime(company.network.time.now() + day)
    await person.vault.makeInvite(person.by, inviteDigest(token), { expires })
    const invite = writeInvite({ invite: token, node: 'EE/node/tallinn' })
    const { offer: first, link } = await offer('invited')
    const call = { offer: first, invite }
    const delivered = await company.call('/v1/proposals', call)
    expect(delivered).toMatchObject({ status: 202, body: { state: 'pending' } })
    expect((await company.call('/v1/proposals', call)).body).toEqual(delivered.body)
    expect((await listed())[0]).toMatchObject({ offer: first, state: 'pending' })
    expect(JSON.stringify(await listed())).not.toContain(token)
    const { made } = await company.grantAt(person, link, 2)
    const { agreement } = await person.vault.grant({ ...made, ask: String(delivered.body['proposal']) })
    company.network.time.pass(20)
    await company.job('proposals')
    expect((await listed())[0]).toMatchObject({ state: 'granted', agreement })
    expect(await company.call('/v1/proposals', { offer: first, invite: 'x' })).toMatchObject({ status: 400 })
  })

  test('nobody, nonsense and an offer of somebody else are refused plainly', async () => {
    const { offer: own, link } = await offer('third')
    expect(readAsk(link).offer).toBe(own)
    const statuses = [
      { offer: 'A'.repeat(43), to: person.identifier },
      { offer: own, to: nobodyIn('IN') },
      { offer: own, to: 'her' },
      { offer: own, to: person.identifier, node: 'x' },
    ].map(async (one) => (await company.call('/v1/proposals', one)).status)
    expect(await Promise.all(statuses)).toEqual([404, 403, 400, 400])
  })
})
