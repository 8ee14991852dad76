import { testSigner } from '@dcann/protocol/key'
import { testOpener } from '@dcann/protocol/sealing-key'
import { makeCapability, makeStop } from '@dcann/sdk/capability'
import { operatorNoun } from '@dcann/protocol/operator'
import { type RequesterRecord, requesterNoun } from '@dcann/protocol/requester'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CastRequester, signAfter } from './cast.ts'
import { codeOf } from './code-of.ts'
import { consent, offerOf, type Person, ridesPerWeek, ridesTerm, send, settlePerson, signQuery } from './consented.ts'
import { lay, openAndAccept, profferText } from './laid.ts'
import { type Network, startNetwork } from './network.ts'

let network: Network
let person: Person

beforeAll(async () => {
  network = await startNetwork({ seed: 'holder-notices' })
  person = await settlePerson(network.world(), 'holder-notices', 'EE', network.cast.nodes.tallinn)
})

test('a holder is told of an ask, of a key, and of what that key did, once each', async () => {
  const world = network.world()
  const { insurer } = network.cast.requesters
  const by = { from: insurer.record.payload.name, signer: insurer.keys[0]! }
  expect(await person.vault.listNotices(person.by)).toEqual({ notices: [] })
  const offer = await offerOf(world, insurer, [ridesTerm('rides', ['rides_per_week'])])
  await person.vault.propose(by, person.identifier, offer.signed)
  const first = await person.vault.listNotices(person.by)
  expect(first.notices).toMatchObject([{ what: 'ask', requester: by.from, agreement: null }])
  const { agreement } = await consent(world, person, insurer, offer, ['rides'])
  const card = testSigner('holder-notices/card')
  const until = Math.floor(world.now()) + 86_400
  const given = { passport: person.identifier, key: card.key, right: 'narrow' as const, until }
  await person.vault.makeCapability(await makeCapability(world, given, person.by.signer))
  await person.vault.stop(await makeStop(world, 'pause', { all: true }, card))
  const since = await person.vault.listNotices(person.by, { ...(first.next ? { after: first.next } : {}), wait: 8 })
  expect(since.notices.map(({ what }) => what)).toEqual(['key', 'other-key', 'other-key'])
  expect(since.notices.at(-1)).toMatchObject({ agreement })
  const rest = await person.vault.listNotices(person.by, { after: since.next ?? '', wait: 1 })
  expect(rest).toEqual({ notices: [], next: since.next })
})

/** What came since the last time anybody looked. */
async function since(after: string | undefined): Promise<string[]> {
  return (await person.vault.listNotices(person.by, after === undefined ? {} : { after })).notices.map(
    ({ what }) => what,
  )
}

test('a holder is told of special data answered, and of no other', async () => {
  const world = network.world()
  const { health } = network.cast.requesters
  const purpose = 'dpv:PublicBenefit'
  const [plain, special] = await Promise.all([
    offerOf(world, network.cast.requesters.insurer, [ridesTerm('rides', ['rides_per_week'])]),
    offerOf(world, health, [ridesTerm('health', null, { purpose, category: 'pd:Health', strand: 'health.visits' })], {
      sealing_key: testOpener('holder-notices').key,
    }),
  ])
  const first = await consent(world, person, network.cast.requesters.insurer, plain, ['rides'], 7)
  const second = await consent(world, person, health, special, ['health'], 8)
  const { next } = await person.vault.listNotices(person.by)
  const rides = await send(world, await signQuery(world, first, ridesPerWeek))
  expect(rides.status).toBe(200)
  expect(await since(next)).toEqual([])
  const visits = await send(world, await signQuery(world, second, [{ strand: 'health.visits' }], { purpose }))
  expect(visits.status).toBe(200)
  expect(await since(next)).toEqual(['special'])
})

test('a holder is told of a proffer accepted, and of an agreement that goes on under another handle', async () => {
  const world = network.world()
  const { insurer } = network.cast.requesters
  const roster = { requester: insurer.record.payload.name }
  const laid = await lay(world, person, [{ for: roster, text: profferText(world, 'dpv:PersonalisedBenefits') }], 1)
  const { next } = await person.vault.listNotices(person.by)
  const made = await openAndAccept(world, await network.resolver(), person, insurer, laid.proffers[0]!.proffer.id)
  expect(await since(next)).toEqual(['accepted'])
  const offer = await offerOf(world, insurer, [ridesTerm('rides', ['rides_per_week'])])
  const same = await consent(world, person, insurer, offer, ['rides'], 9, { prior: made.accepted.agreement })
  const later = await person.vault.listNotices(person.by)
  await consent(world, person, insurer, offer, ['rides'], 9, { prior: same.agreement })
  expect(await since(later.next)).toEqual([])
  expect(await since(next)).toEqual(['accepted', 'handle'])
})

describe('takeover', () => {
  /** What her own trail says of a requester. */
  async function linesOf(requester: CastRequester, after: string | undefined) {
    const { notices } = await person.vault.listNotices(person.by, after === undefined ? {} : { after })
    return notices.filter((one) => one.requester === requester.record.payload.name).map(({ what }) => what)
  }

  /** The requester's record anew, as its registrar and itself would sign it. */
  async function change(requester: CastRequester, now: Partial<RequesterRecord>): Promise<CastRequester> {
    const zone = requester.record.payload.name.slice(0, 2) === 'IN' ? 'IN' : 'EE'
    const signers = [...network.cast.countries[zone].keys, ...requester.keys.slice(0, 1)]
    const record = await signAfter(requesterNoun, requester.record, now, signers, Math.floor(network.time.now()))
    await network.submit(record.signed)
    return { ...requester, record }
  }

  test('a holder is told once of a takeover, of a suspension, and not of what is none of theirs', async () => {
    const world = network.world()
    const { rides } = network.cast.requesters
    const purpose = 'dpv:ServiceProvision'
    const agree = async (requester: CastRequester, counter: number) => {
      const offer = await offerOf(world, requester, [ridesTerm('rides', ['rides_per_week'], { purpose })])
      return await consent(world, person, requester, offer, ['rides'], counter)
    }
    await agree(rides, 20)
    await agree(rides, 21)
    await network.round()
    const { next } = await person.vault.listNotices(person.by)
    network.time.pass(2)
    const moved = await change(rides, { contacts: { ...rides.record.payload.contacts, email: 'other@rides.example' } })
    await network.round()
    expect(await linesOf(rides, next)).toEqual([])
    const { control } = rides.record.payload
    network.time.pass(2)
    const bought = await change(moved, { control: { ...control, epoch: control.epoch + 1 } })
    // nobody has asked about it meanwhile: the log alone says so
    await network.round()
    await network.round()
    expect(await linesOf(rides, next)).toEqual(['takeover'])
    // who agrees now knows, and is told of the next
    await agree(bought, 22)
    network.time.pass(2)
    await change(bought, { status: 'suspended' })
    await network.round()
    await network.round()
    expect(await linesOf(rides, next)).toEqual(['takeover', 'requester'])
    const { lines } = await person.vault.readTrail(person.by, { limit: 256 })
    expect(lines.filter(({ entry }) => entry.kind === 'requester').map(({ entry }) => entry.outcome)).toEqual([
      'takeover',
      'suspended',
    ])
  })

  test('a holder is told after a crash of what was admitted while the node was away, and once', async () => {
    const { health } = network.cast.requesters
    const { next } = await person.vault.listNotices(person.by)
    await network.round()
    network.time.pass(2)
    const { control } = health.record.payload
    await change(health, { control: { ...control, epoch: control.epoch + 1 } })
    await network.again('tallinn')
    await network.round()
    await network.round()
    await network.again('tallinn')
    await network.round()
    expect(await linesOf(health, next)).toEqual(['takeover'])
  })
})

test('every holder is told once when the operator of their node is suspended, and when it stands again', async () => {
  const other = await settlePerson(network.world(), 'holder-notices/2', 'IN', network.cast.nodes.tallinn)
  await network.round()
  await network.round()
  const after = async (one: Person) => (await one.vault.listNotices(one.by)).next
  const since = await Promise.all([person, other].map(after))
  const told = async (one: Person, next: string | undefined) =>
    (await one.vault.listNotices(one.by, next === undefined ? {} : { after: next })).notices.map(({ what }) => what)
  const { keys, record } = network.cast.operators.laht
  const country = network.cast.countries.EE.keys
  const now = () => Math.floor(network.time.now())
  const suspended = await signAfter(operatorNoun, record, { status: 'suspended' }, country, now())
  await network.submit(suspended.signed)
  for (let rounds = 0; rounds < 3; rounds++) await network.round()
  expect(await Promise.all([told(person, since[0]), told(other, since[1])])).toEqual([['node'], ['node']])
  network.time.pass(2)
  await network.submit(
    (await signAfter(operatorNoun, suspended, { status: 'active' }, [...country, ...keys], now())).signed,
  )
  for (let rounds = 0; rounds < 3; rounds++) await network.round()
  expect(await told(other, since[1])).toEqual(['node', 'node'])
})

test('a call waits no longer than it may', async () => {
  expect(await codeOf(() => person.vault.listNotices(person.by, { wait: 60 }))).toBe('schema-mismatch')
})
