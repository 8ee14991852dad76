import { type Signer, testSigner } from '@dcann/protocol/key'
import { type Notice, noticeNoun } from '@dcann/protocol/notice'
import { pairIn } from '@dcann/protocol/pair'
import { signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { makeSuccessor, successorCall } from '@dcann/sdk/successor'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Company, type Said, startCompany } from '../../../../test/company.ts'
import { type Person, ridesPerWeek, ridesStrand, ridesTerm, settlePerson } from '../../../../test/consented.ts'
import { heard, unread } from './shelf.ts'

let company: Company
let person: Person
let counter = 0

const ask = {
  terms: [ridesTerm('rides', ['rides_per_week'])],
  value: { gives: [], settle_by: 'P30D' },
  lasts: 'P90D',
}

beforeAll(async () => {
  company = await startCompany('inbox')
  person = await settlePerson(company.network.world(), 'inbox', 'EE', company.network.cast.nodes.tallinn)
})

async function agree(): Promise<{
  readonly agreement: string
  readonly act: (kind: 'pause' | 'resume' | 'revoke') => Promise<unknown>
}> {
  const number = counter++
  const agreement = await company.agree(person, ask, number)
  const signer = handleSigner(person.seed, company.name, number)
  return {
    agreement,
    act: async (kind) => await person.vault.act(await makeAct(company.network.world(), kind, agreement, signer)),
  }
}

/** A notice as a vault would write it, by whoever signs. */
async function noticeOf(change: Partial<Notice>, by: Signer = company.network.cast.nodes.tallinn.identity) {
  const at = formatTime(Math.floor(company.network.time.now()))
  const notice: Notice = {
    v: 1,
    node: 'EE/node/tallinn',
    aud: company.name,
    agreement: 'A'.repeat(43),
    n: 1,
    at,
    ...change,
  }
  return await signPayload(noticeNoun, notice, [by])
}

async function deliver(notice: object): Promise<string> {
  const answer = await company.post(`${company.publicUrl}/inbox`, notice)
  return answer.status === 202
    ? 'noted'
    : String(((await answer.json()) as Said['body'])['type'])
        .split(':')
        .at(-1)!
}

async function chainOf(agreement: string): Promise<unknown> {
  const { body } = await company.call('/v1/agreements')
  return (body['agreements'] as Said['body'][]).find((one) => one['agreement'] === agreement)?.['chain']
}

test('a company is told of a revoke, reads the chain, and its list says so', async () => {
  const { agreement, act } = await agree()
  expect(await chainOf(agreement)).toBe(undefined)
  await act('pause')
  await company.network.round()
  await company.job('chains')
  expect(await chainOf(agreement)).toMatchObject({
    standing: 'paused',
    happened: [
      { n: 1, what: 'activated' },
      { n: 2, what: 'pause' },
    ],
  })
  await act('revoke')
  await company.network.round()
  await company.job('chains')
  expect(await chainOf(agreement)).toMatchObject({
    standing: 'revoked',
    happened: [{ what: 'activated' }, { what: 'pause' }, { n: 3, what: 'revoke' }],
  })
})

test('a company is told of the end of an agreement, which writes no line', async () => {
  const { agreement } = await agree()
  company.network.time.pass(90 * 86_400)
  await company.network.round()
  await company.job('chains')
  expect(await chainOf(agreement)).toMatchObject({ standing: 'expired', happened: [{ what: 'activated' }] })
})

test('a company takes up what took the place of an agreement, and what took the place of that, and asks under it', async () => {
  const world = company.network.world()
  const { agreement } = await agree()
  const listed = (await person.vault.listAgreements(person.by)).agreements.find((one) => one.agreement === agreement)
  const requester = company.network.cast.requesters.insurer.record.payload
  const control = person.by.signer
  const granted: string[] = []
  let pair = await proveAgreement(pairIn(listed!), requester.keys)
  for (let i = 0; i < 2; i++) {
    const handle = handleSigner(person.seed, company.name, counter++)
    const made = await makeSuccessor(world, pair, { requester, passport: person.identifier, handle, control })
    granted.push((await person.vault.grant(successorCall(made))).agreement)
    pair = made.pair
  }
  await company.network.round()
  // each chain that is read leads to the next
  for (let i = 0; i < 3; i++) await company.job('chains')
  expect(await chainOf(agreement)).toMatchObject({ standing: 'superseded', successor: granted[0] })
  expect(await chainOf(granted[0]!)).toMatchObject({ standing: 'superseded', successor: granted[1] })
  expect(await chainOf(granted[1]!)).toMatchObject({ standing: 'active' })
  await person.vault.makeStrand(person.by, ridesStrand)
  const purpose = 'dpv:PersonalisedBenefits'
  const asked = { agreement: granted[1], purpose, items: ridesPerWeek }
  expect((await company.call('/v1/queries', asked)).status).toBe(200)
})

describe('takeNotice', () => {
  test('takes the same again, and has nothing twice', async () => {
    const { agreement, act } = await agree()
    await act('revoke')
    const notice = await noticeOf({ agreement, n: 2 })
    for (let i = 0; i < 3; i++) {
      expect(await deliver(notice)).toBe('noted')
      await company.job('chains')
    }
    expect(await chainOf(agreement)).toMatchObject({ happened: [{ what: 'activated' }, { what: 'revoke' }] })
  })

  test('refuses what is not by the node of an agreement held here, for this company, and of these days', async () => {
    const { agreement } = await agree()
    const now = company.network.time.now()
    const cases: readonly (readonly [string, Partial<Notice>, Signer?])[] = [
      ['not-found', { agreement: 'B'.repeat(43) }],
      ['not-entitled', { agreement, aud: 'IN/requester/rides' }],
      ['not-entitled', { agreement, node: 'IN/node/pune' }, company.network.cast.nodes.pune.identity],
      ['key-unknown', { agreement }, testSigner('stranger')],
      ['key-unknown', { agreement }, company.network.cast.nodes.tallinn.assertion],
      ['expired', { agreement, at: formatTime(Math.floor(now) - 8 * 86_400) }],
      ['time-invalid', { agreement, at: formatTime(Math.floor(now) + 3_600) }],
    ]
    for (const [code, change, by] of cases) expect(await deliver(await noticeOf(change, by))).toBe(code)
    const right = await noticeOf({ agreement })
    const forged = { ...right, signatures: [{ ...right.signatures[0]!, signature: 'A'.repeat(86) }] }
    expect(await deliver(forged)).toBe('record-signature-invalid')
    expect(await deliver({ ...right, about: 'her' })).toBe('schema-mismatch')
    const place = unread.at(agreement)
    expect(place.from(await company.store.read([place.key]))).toBe(undefined)
    expect(await deliver(right)).toBe('noted')
    await company.job('chains')
  })
})

describe('readChains', () => {
  test('asks a vault that is silent again, less and less often, and loses nothing', async () => {
    const { agreement, act } = await agree()
    await act('revoke')
    expect(await deliver(await noticeOf({ agreement }))).toBe('noted')
    company.network.down.add('tallinn.example')
    await company.job('chains')
    await company.job('chains')
    expect(await chainOf(agreement)).toBe(undefined)
    company.network.down.delete('tallinn.example')
    await company.job('chains')
    expect(await chainOf(agreement)).toBe(undefined)
    company.network.time.pass(301)
    await company.job('chains')
    expect(await chainOf(agreement)).toMatchObject({ standing: 'revoked' })
  })

  test('says when a vault tells another chain than before, and believes no line of it', async () => {
    const { agreement, act } = await agree()
    await act('pause')
    await company.network.round()
    await company.job('chains')
    const place = heard.at(agreement)
    const before = place.from(await company.store.read([place.key]))
    await company.store.commit({ writes: [place.replace(before, { ...before!.value, leaf: 'B'.repeat(43) })] })
    await act('revoke')
    await company.network.round()
    await company.job('chains')
    expect(await chainOf(agreement)).toMatchObject({ standing: 'paused', broken: 'evidence-broken' })
  })
})
