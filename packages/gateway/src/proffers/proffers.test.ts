import { profferNoun } from '@dcann/protocol/proffer'
import { readSigned } from '@dcann/protocol/signed'
import { writeProfferLink } from '@dcann/sdk/proffer'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Company, type Said, startCompany } from '../../../../test/company.ts'
import { type Person, settlePerson } from '../../../../test/consented.ts'
import { lay, profferText } from '../../../../test/laid.ts'

let company: Company
let person: Person

beforeAll(async () => {
  company = await startCompany('proffers')
  person = await settlePerson(company.network.world(), 'proffers', 'IN', company.network.cast.nodes.tallinn)
})

async function laid(counter: number): Promise<string> {
  const text = profferText(company.network.world(), 'dpv:PersonalisedBenefits')
  const to = [{ for: { requester: company.name }, text }]
  const { proffers } = await lay(company.network.world(), person, to, 1, counter)
  return writeProfferLink({ node: 'EE/node/tallinn', proffer: proffers[0]?.proffer.id ?? '' })
}

const listed = async (query = ''): Promise<Said['body'][]> =>
  // `as`: the schema of the call says so
  (await company.call(`/v1/proffers${query}`)).body['proffers'] as Said['body'][]

describe('listProffers', () => {
  test('has what was opened here, as it was signed, and what became of it', async () => {
    expect(await listed()).toEqual([])
    const link = await laid(1)
    const shown = await company.call('/v1/proffers', { proffer: link })
    expect(readSigned(profferNoun, shown.body['signed']).id).toBe(shown.body['proffer'])
    await company.call('/v1/proffers', { proffer: link })
    expect(await listed()).toMatchObject([{ ...shown.body, link, state: 'open' }])
    const { body } = await company.call('/v1/acceptances', { proffer: link })
    expect(await listed()).toMatchObject([{ link, state: 'accepted', agreement: body['agreement'] }])
  })

  test('is newest first, in pages, and says which can no longer be accepted', async () => {
    company.network.time.pass(10)
    const link = await laid(2)
    await company.call('/v1/proffers', { proffer: link })
    const { body } = await company.call('/v1/proffers?limit=1')
    expect(body).toMatchObject({ proffers: [{ link, state: 'open' }], next: expect.any(String) })
    expect(await listed(`?limit=1&after=${String(body['next'])}`)).toMatchObject([{ state: 'accepted' }])
    company.network.time.pass(400 * 86_400)
    expect((await listed())[0]).toMatchObject({ link, state: 'expired' })
  })

  test('keeps nothing of a link that leads nowhere', async () => {
    const nowhere = writeProfferLink({ node: 'EE/node/tallinn', proffer: 'A'.repeat(43) })
    expect((await company.call('/v1/proffers', { proffer: nowhere })).status).toBeGreaterThanOrEqual(400)
    expect(await company.call('/v1/proffers', { proffer: 'x' })).toMatchObject({ status: 400 })
    expect(await listed()).toHaveLength(2)
  })
})
