import { makeAct } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Company, type Said, startCompany } from '../../../../test/company.ts'
import { dailyRides, type Person, ridesStrand, ridesTerm, settlePerson } from '../../../../test/consented.ts'
import { shows } from '../../../../test/shows.ts'
import { deletedEvidenceSchema } from './delete.ts'

let company: Company
let person: Person
let agreement = ''
/** Whether answers to acts are lost: what a kill between sending and noting one looks like. */
let losing = false
let lost = 0

const day = 86_400
const ask = {
  terms: [ridesTerm('rides', null, { data_life: 'P2D' })],
  value: { gives: [], settle_by: 'P30D' },
  lasts: 'P90D',
}

function overhearing(world: World): World {
  const fetch: World['fetch'] = async (url, init) => {
    const answer = await world.fetch(url, init)
    if (!losing || !url.endsWith('/v1/acts')) return answer
    lost++
    throw new TypeError('fetch failed: the answer is lost')
  }
  return { ...world, fetch }
}

beforeAll(async () => {
  company = await startCompany('deletion', {}, overhearing)
  const { network } = company
  person = await settlePerson(network.world(), 'deletion', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(network.time.now()), 3))
  agreement = await company.agree(person, ask, 0)
})

async function query(under = agreement): Promise<Said['body']> {
  const question = { agreement: under, purpose: 'dpv:PersonalisedBenefits', items: [{ strand: ridesStrand.name }] }
  const { status, body } = await company.call('/v1/queries', question)
  expect(status).toBe(200)
  return body
}

/** What the holder's trail says of the acts of the company. */
async function told(kind: string): Promise<number> {
  const { lines } = await person.vault.readTrail(person.by, { limit: 256 })
  return lines.filter(({ entry }) => entry.kind === 'act' && entry.outcome === kind).length
}

const listed = async (path: '/v1/evidence' | '/v1/acts'): Promise<Said['body'][]> =>
  (await company.call(path)).body[path.slice(4)] as Said['body'][]

describe('deleteDue', () => {
  test('leaves an answer alone as long as it may be kept, also after a revoke', async () => {
    await query()
    company.network.time.pass(2)
    await company.network.round()
    await company.job('evidence')
    company.network.time.pass(day)
    await company.job('deletion')
    expect(await listed('/v1/evidence')).toMatchObject([{ kind: 'answer', included: true }])
    expect((await listed('/v1/evidence'))[0]).not.toHaveProperty('deleted')
  })

  test('deletes what it said, keeps what proves it, and says so to the holder once, whatever is lost in between', async () => {
    const { body: before } = await company.call(
      `/v1/evidence/${String((await listed('/v1/evidence'))[0]?.['evidence'])}`,
    )
    expect(shows(JSON.stringify(before), 'Pikk 1')).toBe(true)
    const second = await query()
    company.network.time.pass(day)
    await company.job('deletion')
    // of two answers one may be kept for another day
    const [newer, older] = await listed('/v1/evidence')
    expect(newer).toMatchObject({ evidence: second['evidence'] })
    expect(newer).not.toHaveProperty('deleted')
    expect(older).toMatchObject({ deleted: { act: expect.any(String) } })
    const { body: left } = await company.call(`/v1/evidence/${String(older?.['evidence'])}`)
    const proof = deletedEvidenceSchema.parse(left)
    expect(proof.answer).toBe(older?.['evidence'])
    expect(proof.evidence?.entry.answer).toBe(proof.answer)
    expect(shows(JSON.stringify(left), 'Pikk')).toBe(false)
    expect(await everything()).not.toContain(JSON.stringify(before['assertion']))

    expect(await listed('/v1/acts')).toMatchObject([{ kind: 'deletion-attestation', n: null, says: { answers: [2] } }])
    losing = true
    await company.job('acts')
    losing = false
    expect(lost).toBeGreaterThan(0)
    expect(await listed('/v1/acts')).toMatchObject([{ n: null }])
    // the vault has it, and whoever starts again does not know
    await company.reopen()
    company.network.time.pass(400)
    await company.job('acts')
    await company.job('acts')
    const [attested] = await listed('/v1/acts')
    expect(attested).toMatchObject({ kind: 'deletion-attestation', n: 4 })
    expect(await told('deletion-attestation')).toBe(1)
    await company.job('deletion')
    expect(await listed('/v1/acts')).toHaveLength(1)
  })

  test('attests deletions under an agreement that has ended', async () => {
    await company.call('/v1/retire', { agreement })
    company.network.time.pass(day)
    await company.job('deletion')
    await company.job('acts')
    expect(await told('deletion-attestation')).toBe(2)
    expect((await listed('/v1/evidence')).every((one) => 'deleted' in one)).toBe(true)
  })
})

test('deleteDue deletes at once what a holder asks to have erased, and nothing of others', async () => {
  company.network.time.pass(10)
  const [asked, other] = [await company.agree(person, ask, 5), await company.agree(person, ask, 6)]
  for (const one of [asked, other]) await query(one)
  const signer = handleSigner(person.seed, company.name, 5)
  await person.vault.act(await makeAct(company.network.world(), 'erasure-request', asked, signer))
  await company.network.round()
  await company.job('chains')
  expect(await company.job('deletion')).toBe(0)
  expect(await company.job('deletion')).toBeGreaterThan(0)
  const ofThese = (await listed('/v1/evidence')).slice(0, 2)
  expect(ofThese.filter((one) => 'deleted' in one)).toMatchObject([{ agreement: asked }])
  await company.job('acts')
  expect((await listed('/v1/acts'))[0]).toMatchObject({ agreement: asked, says: { answers: [2] }, n: 4 })
})

describe('giveReceipt', () => {
  const receipt = { kind: 'discount', amount: '5.00', currency: 'EUR', answers: { from: 2, to: 3 }, reference: 'inv-7' }

  test('says what was given, once for each reference', async () => {
    company.network.time.pass(10)
    const other = await company.agree(person, ask, 1)
    const first = await company.call('/v1/receipts', { agreement: other, ...receipt })
    expect(first).toMatchObject({ status: 201, body: { n: 2 } })
    expect((await company.call('/v1/receipts', { agreement: other, ...receipt })).body).toEqual(first.body)
    expect(await told('receipt')).toBe(1)
    const changed = await company.call('/v1/receipts', { agreement: other, ...receipt, amount: '6.00' })
    expect(changed).toMatchObject({ status: 409, body: { type: 'urn:dcann:error:id-reused' } })
    expect((await listed('/v1/acts'))[0]).toMatchObject({ kind: 'receipt', says: { amount: '5.00' } })
  })

  test('is owed while the vault is silent, and sent by itself once it is not', async () => {
    company.network.down.add('tallinn.example')
    const owed = await company.call('/v1/receipts', { agreement, ...receipt, reference: 'inv-8' })
    expect(owed).toMatchObject({ status: 201, body: { n: null } })
    await company.job('acts')
    company.network.down.delete('tallinn.example')
    company.network.time.pass(400)
    await company.job('acts')
    expect((await listed('/v1/acts')).find(({ act }) => act === owed.body['act'])).toMatchObject({
      n: expect.any(Number),
    })
  })

  test('refuses an agreement that is not held', async () => {
    expect(await company.call('/v1/receipts', { agreement: 'A'.repeat(43), ...receipt })).toMatchObject({ status: 404 })
  })
})

/** All that the store holds, as text. */
async function everything(): Promise<string> {
  const page = await company.store.range({ prefix: 'evidence/', limit: 1000 })
  return page.map(({ value }) => Buffer.from(value).toString('latin1')).join('\n')
}
