import type { Offer } from '@dcann/protocol/offer'
import { testSigner } from '@dcann/protocol/key'
import { requesterNoun } from '@dcann/protocol/requester'
import { testOpener } from '@dcann/protocol/sealing-key'
import type { Verified } from '@dcann/protocol/signed'
import { makeCapability, makeStop } from '@dcann/sdk/capability'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { beforeEach, expect, test } from 'vitest'
import { signAfter } from './cast.ts'
import { codeOf } from './code-of.ts'
import { offerOf, type Person, ridesTerm, send, settlePerson, signQuery } from './consented.ts'
import { callerOf } from './laid.ts'
import { type Network, startNetwork } from './network.ts'

const day = 86_400
const purpose = 'dpv:PublicBenefit'

let network: Network
let person: Person
let people = 0

beforeEach(async () => {
  network = await startNetwork({ seed: 'settling' })
  person = await settlePerson(network.world(), `settling ${people++}`, 'EE', network.cast.nodes.tallinn)
})

/** The health authority's offer over visits. */
async function offer(change: { readonly expires?: number } = {}): Promise<Verified<Offer>> {
  const term = ridesTerm('visits', null, { purpose, category: 'pd:Health', strand: 'health.visits' })
  return await offerOf(network.world(), network.cast.requesters.health, [term], {
    sealing_key: testOpener('settling').key,
    ...change,
  })
}

/** The ask, delivered to her vault. */
async function ask(made: Verified<Offer>): Promise<string> {
  const { proposal } = await person.vault.propose(callerOf(health()), person.identifier, made.signed)
  return proposal
}

const health = () => network.cast.requesters.health

/** Her grant, and how she hands it in. */
async function grant(made: Verified<Offer>, counter = 1) {
  const documents = await makeGrant(network.world(), made, {
    terms: ['visits'],
    requester: health().record.payload,
    passport: person.identifier,
    handle: handleSigner(person.seed, health().record.payload.name, counter),
    control: person.by.signer,
  })
  const call = { offer: made.signed, grant: documents.grant.signed, binding: documents.binding.signed }
  return {
    agreement: documents.grant.id,
    handle: documents.grant.payload.handle,
    handIn: async (how: { readonly settle?: true; readonly ask?: string } = {}) =>
      await person.vault.grant({ ...call, ...how }),
  }
}

/** What the authority can see of it: how its proposal stands, and what a question gets. */
async function seen(proposal: string, { agreement, handle }: { readonly agreement: string; readonly handle: string }) {
  const polled = await person.vault.pollProposal(callerOf(health()), proposal)
  const asked = { agreement, handle, person, requester: health() }
  const { status } = await send(
    network.world(),
    await signQuery(network.world(), asked, [{ strand: 'health.visits' }], { purpose }),
  )
  return { state: polled.state, status }
}

async function standing(agreement: string): Promise<string | undefined> {
  const { agreements } = await person.vault.listAgreements(person.by)
  return agreements.find((one) => one.agreement === agreement)?.standing
}

async function told(): Promise<string[]> {
  return (await person.vault.listNotices(person.by)).notices.map(({ what }) => what)
}

test('a grant that settles is in force a day later, and nobody knows of it until then', async () => {
  const made = await offer()
  const proposal = await ask(made)
  const granted = await grant(made)
  const first = await granted.handIn({ settle: true, ask: proposal })
  expect(first).toMatchObject({ n: 0, agreement: granted.agreement })
  // the same again is the same
  expect(await granted.handIn({ settle: true, ask: proposal })).toEqual(first)
  expect(await seen(proposal, granted)).toEqual({ state: 'pending', status: 404 })
  expect((await person.vault.listAgreements(person.by)).settling).toMatchObject([{ settles: first.settles }])
  expect((await person.vault.listAsks(person.by)).asks).toEqual([])
  network.time.pass(day - 60)
  await network.round()
  expect(await seen(proposal, granted)).toEqual({ state: 'pending', status: 404 })
  network.time.pass(120)
  // what waited outlives the process
  await network.again('tallinn')
  await network.round()
  expect(await standing(granted.agreement)).toBe('active')
  expect(await seen(proposal, granted)).toEqual({ state: 'granted', status: 200 })
  expect((await person.vault.listAgreements(person.by)).settling).toEqual([])
  expect(await told()).toContain('settled')
})

test('a grant undone before it settles leaves no trace to whoever asked, and the ask waits again', async () => {
  const made = await offer()
  const proposal = await ask(made)
  const granted = await grant(made)
  await granted.handIn({ settle: true, ask: proposal })
  await person.vault.undoGrant(person.by, granted.agreement)
  expect(await codeOf(() => person.vault.undoGrant(person.by, granted.agreement))).toBe('not-found')
  network.time.pass(2 * day)
  await network.round()
  expect(await seen(proposal, granted)).toEqual({ state: 'pending', status: 404 })
  expect(await person.vault.listAgreements(person.by)).toEqual({ agreements: [], settling: [] })
  expect((await person.vault.listAsks(person.by)).asks).toHaveLength(1)
  network.time.pass(7 * day)
  expect(await seen(proposal, granted)).toEqual({ state: 'lapsed', status: 404 })
})

test('a stop by a card takes back what settles', async () => {
  const card = testSigner('settling/card')
  const world = network.world()
  const until = Math.floor(world.now()) + 30 * day
  const given = { passport: person.identifier, key: card.key, right: 'narrow' as const, until }
  await person.vault.makeCapability(await makeCapability(world, given, person.by.signer))
  const [one, other] = [await grant(await offer(), 1), await grant(await offer(), 2)]
  await one.handIn({ settle: true })
  await other.handIn({ settle: true })
  await person.vault.stop(await makeStop(world, 'pause', { agreement: one.agreement }, card))
  const left = (await person.vault.listAgreements(person.by)).settling
  expect(left.map(({ agreement }) => agreement)).toEqual([other.agreement])
  await person.vault.stop(await makeStop(world, 'revoke', { all: true }, card))
  network.time.pass(2 * day)
  await network.round()
  expect(await person.vault.listAgreements(person.by)).toEqual({ agreements: [], settling: [] })
})

test('a grant lapses when the company changes hands before it has settled, and its holder is told', async () => {
  const granted = await grant(await offer())
  await granted.handIn({ settle: true })
  const { record, keys } = health()
  const { control } = record.payload
  const signers = [...network.cast.countries.EE.keys, ...keys.slice(0, 1)]
  const change = { control: { ...control, epoch: control.epoch + 1 } }
  const { signed } = await signAfter(requesterNoun, record, change, signers, Math.floor(network.time.now()))
  await network.submit(signed)
  network.time.pass(day + 60)
  await network.round()
  expect(await person.vault.listAgreements(person.by)).toEqual({ agreements: [], settling: [] })
  expect(await told()).toContain('settled')
})

test('a grant that settles can be handed in again to be in force at once', async () => {
  const granted = await grant(await offer())
  await granted.handIn({ settle: true })
  expect(await granted.handIn()).toMatchObject({ n: 1 })
  expect(await standing(granted.agreement)).toBe('active')
  network.time.pass(day + 60)
  await network.round()
  expect((await person.vault.listAgreements(person.by)).agreements).toHaveLength(1)
})

test('nothing settles that is not special, nor what is over before', async () => {
  const late = await grant(await offer({ expires: Math.floor(network.time.now()) + day }), 4)
  expect(await codeOf(() => late.handIn({ settle: true }))).toBe('expired')
  expect(await codeOf(() => late.handIn())).toBe('admitted')
  const { insurer } = network.cast.requesters
  const plain = await offerOf(network.world(), insurer, [ridesTerm('rides', ['rides_per_week'])])
  const { grant: signed, binding } = await makeGrant(network.world(), plain, {
    terms: ['rides'],
    requester: insurer.record.payload,
    passport: person.identifier,
    handle: handleSigner(person.seed, insurer.record.payload.name, 5),
    control: person.by.signer,
  })
  const call = { offer: plain.signed, grant: signed.signed, binding: binding.signed }
  expect(await codeOf(() => person.vault.grant({ ...call, settle: true }))).toBe('rule-broken')
})
