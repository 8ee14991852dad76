import { judgeChain, type OpenedEntry } from '@dcann/protocol/evidence'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Company, type Said, signerOf, startCompany } from '../../../test/company.ts'
import { dailyRides, type Person, ridesPerWeek, ridesStrand, ridesTerm, settlePerson } from '../../../test/consented.ts'
import type { Network } from '../../../test/network.ts'

let company: Company
let network: Network
let person: Person
let agreement = ''

const value = { gives: [], settle_by: 'P30D' }
const question = { purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek }

beforeAll(async () => {
  company = await startCompany('gateway')
  network = company.network
  person = await settlePerson(network.world(), 'gateway', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(network.time.now()), 30))
})

const call: Company['call'] = async (...words) => await company.call(...words)
const post: Company['post'] = async (...words) => await company.post(...words)
const job = async (): Promise<number> => await company.job('evidence')

describe('a company with nothing but its gateway', () => {
  test('asks by a link that a wallet can open, and as a QR code when it wants one', async () => {
    const call1 = { terms: [ridesTerm('rides', ['rides_per_week'])], value, lasts: 'P90D', qr: true }
    const { status, body } = await call('/v1/asks', call1)
    expect(status).toBe(201)
    expect(body['qr']).toMatchObject({
      svg: expect.stringMatching(/^<svg /),
      text: expect.stringMatching(/^[█▀▄ \n]+$/),
    })
    const { ask, made, brought } = await company.grantAt(person, String(body['link']), 0)
    expect(ask.offer).toBe(body['offer'])
    // before the vault has it nobody believes it
    expect((await post(ask.return, brought)).status).toBe(404)
    await person.vault.grant(made)
    const taken = await post(ask.return, brought)
    expect(taken.status).toBe(201)
    agreement = ((await taken.json()) as { readonly agreement: string }).agreement
    expect((await post(ask.return, brought)).status).toBe(201)
    expect((await post(ask.return, { ...brought, node: 'IN/node/pune' })).status).toBe(409)
  })

  test('is not asked to sign what its record does not register', async () => {
    const terms = [ridesTerm('rides', ['rides_per_week'], { purpose: 'dpv:ServiceProvision' })]
    const { status, body } = await call('/v1/asks', { terms, value, lasts: 'P90D' })
    expect({ status, type: body['type'] }).toEqual({ status: 403, type: 'urn:dcann:error:over-asking' })
  })

  test('sees how its agreements stand, and that a vault is silent', async () => {
    const listed = async () => ((await call('/v1/agreements')).body['agreements'] as Said['body'][])[0]
    expect(await listed()).toMatchObject({ agreement, standing: 'active', terms: ['rides'], node: 'EE/node/tallinn' })
    network.down.add('tallinn.example')
    expect(await listed()).toMatchObject({ standing: 'unknown', why: 'unreachable' })
    expect(await call('/v1/queries', { agreement, ...question })).toMatchObject({ status: 503 })
    network.down.delete('tallinn.example')
    network.time.pass(301)
    expect(await listed()).toMatchObject({ standing: 'active' })
  })

  test('asks, and holds evidence that is completed when the node has signed its head', async () => {
    const { status, body } = await call('/v1/queries', { agreement, ...question })
    expect(status).toBe(200)
    expect(body).toMatchObject({ assurance: 'self', complete: true })
    const [item] = body['answer'] as { readonly derived: { readonly rides_per_week: { readonly of: number } } }[]
    expect(item?.derived.rides_per_week.of).toBeGreaterThan(0)
    const path = `/v1/evidence/${String(body['evidence'])}`
    const links = async (): Promise<string[]> => {
      const answer = await company.gateway().consoleApp.request(path)
      const verified = await verifyEvidence(new Uint8Array(await answer.arrayBuffer()), network.cast.root.signed)
      return verified.links.map(({ link }) => link)
    }
    const before = await links()
    await job()
    expect((await links()).length).toBe(before.length)
    network.time.pass(2)
    await network.round()
    await job()
    expect((await links()).length).toBeGreaterThan(before.length)
    expect((await call('/v1/evidence')).body['evidence']).toMatchObject([{ kind: 'answer', included: true, agreement }])
  })

  test('waits for a silent vault with what is still to be completed', async () => {
    const { body } = await call('/v1/queries', { agreement, ...question })
    const included = async (): Promise<boolean> =>
      'evidence' in (await call(`/v1/evidence/${String(body['evidence'])}`)).body
    network.time.pass(2)
    await network.round()
    network.down.add('tallinn.example')
    expect(await job()).toBeGreaterThan(1_000)
    network.down.delete('tallinn.example')
    network.time.pass(301)
    expect(await included()).toBe(false)
    await job()
    expect(await included()).toBe(true)
  })

  test('is refused here what was not agreed, and keeps what the vault refuses', async () => {
    const items = [{ strand: 'mobility.rides', claims: ['begin_address'] }]
    const here = await call('/v1/queries', { agreement, purpose: question.purpose, items })
    expect(here).toMatchObject({ status: 403, body: { type: 'urn:dcann:error:over-asking' } })
    expect(here.body['evidence']).toBe(undefined)
    await person.vault.act(await actOf('pause'))
    const there = await call('/v1/queries', { agreement, ...question })
    expect(there).toMatchObject({ status: 403, body: { type: 'urn:dcann:error:not-active', by: 'EE/node/tallinn' } })
    expect((await call(`/v1/evidence/${String(there.body['evidence'])}`)).body).toMatchObject({ v: 1, agreement })
    expect((await call('/v1/evidence?limit=1')).body).toMatchObject({
      evidence: [{ kind: 'refusal', code: 'not-active' }],
    })
    await person.vault.act(await actOf('resume'))
  })

  test('reads the chain of one agreement as its vault has it, line by line', async () => {
    const read = async (query = '') => (await call(`/v1/agreements/${agreement}/chain${query}`)).body
    const whole = await read()
    // `as`: the schema of the call says so, and the document's test holds answers against it
    const entries = whole['entries'] as OpenedEntry[]
    expect(judgeChain(entries)).toMatch(/^[\w-]{43}$/)
    expect(entries.map(({ entry }) => entry.outcome)).toEqual(
      expect.arrayContaining(['activated', 'answered', 'pause', 'not-active', 'resume']),
    )
    const half = await read('?limit=3')
    expect(half).toMatchObject({ standing: 'active', next: 3, entries: entries.slice(0, 3) })
    expect((await read(`?after=${String(half['next'])}`))['entries']).toEqual(entries.slice(3))
    expect((await call(`/v1/agreements/${agreement}`)).body).toMatchObject({ agreement, standing: 'active' })
    for (const id of ['A'.repeat(43), 'x', '%00'])
      for (const path of [`/v1/agreements/${id}`, `/v1/agreements/${id}/chain`])
        expect(await call(path)).toMatchObject({ status: 404 })
  })

  test('gives an agreement up', async () => {
    expect((await call('/v1/retire', { agreement })).body).toMatchObject({ standing: 'retired' })
    expect(await call('/v1/queries', { agreement, ...question })).toMatchObject({ status: 404 })
    expect((await call('/v1/agreements')).body['agreements']).toMatchObject([{ standing: 'retired' }])
  })

  test('does not speak with a key that its record does not name', async () => {
    await company.reopen({ signer: signerOf(network.cast.requesters.rides) })
    expect(await call('/v1/asks', { terms: [ridesTerm('r', null)], value, lasts: 'P1D' })).toMatchObject({
      status: 403,
      body: { type: 'urn:dcann:error:not-entitled' },
    })
    await company.reopen()
  })
})

/** Her word on it, signed by her handle key. */
async function actOf(kind: 'pause' | 'resume') {
  return await makeAct(network.world(), kind, agreement, handleSigner(person.seed, company.name, 0))
}

describe('the console', () => {
  test.each([
    ['a body of another type', '{}', 'text/plain', 415],
    ['a form', 'agreement=x', 'application/x-www-form-urlencoded', 415],
    ['no JSON', '{', 'application/json', 400],
    ['a member twice', '{"agreement":"a","agreement":"b"}', 'application/json', 400],
    ['a member twice, once escaped', '{"agreement":"a","\\u0061greement":"b"}', 'application/json', 400],
    ['a member too many', JSON.stringify({ agreement: 'A'.repeat(43), more: 1 }), 'application/json', 400],
    ['__proto__', '{"__proto__":{}}', 'application/json', 400],
    ['a fraction', '{"agreement":1.5}', 'application/json', 400],
    ['depth', `${'['.repeat(60)}${']'.repeat(60)}`, 'application/json', 400],
    ['length', JSON.stringify({ agreement: 'x'.repeat(300_000) }), 'application/json', 413],
  ])('refuses %s', async (_, body, type, status) => {
    expect(await call('/v1/retire', body, type)).toMatchObject({ status })
  })

  test('says what is wrong, and where', async () => {
    const { body } = await call('/v1/queries', { agreement: 'x', ...question })
    expect(body).toMatchObject({ type: 'urn:dcann:error:schema-mismatch' })
    expect(body['detail']).toContain('agreement')
  })

  test.each(['/v1/asks', '/v1/queries', '/v1/retire', '/v1/nothing'])('has nothing to GET at %s', async (path) => {
    expect(await call(path)).toMatchObject({ status: 404 })
  })

  test.each([
    '/v1/agreements?limit=65',
    '/v1/agreements?after=x',
    '/v1/evidence?after=x',
    '/v1/evidence?more=1',
    '/v1/proffers?after=x',
  ])('refuses %s', async (path) => expect(await call(path)).toMatchObject({ status: 400 }))
})
