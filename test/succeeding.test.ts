import { assertionNoun } from '@dcann/protocol/assertion'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { readSigned, signedSchema } from '@dcann/protocol/signed'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { makeAct, makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import { type Line, lines } from '@dcann/vault-node/evidence/shelf'
import { beforeAll, expect, test } from 'vitest'
import { codeOf } from './code-of.ts'
import {
  consent,
  type Consented,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from './consented.ts'
import { type Network, startNetwork } from './network.ts'

let network: Network
let world: World
let person: Person
let counter = 0

beforeAll(async () => {
  await checkVerifyStrict()
  network = await startNetwork({ seed: 'succeeding' })
  world = network.world()
  person = await settlePerson(world, 'succeeding', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
})

async function agree(prior?: Consented, by: Person = person): Promise<Consented> {
  const { insurer } = network.cast.requesters
  const offer = prior?.offer ?? (await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])]))
  network.time.pass(1)
  return await consent(world, by, insurer, offer, ['rate'], counter++, prior ? { prior: prior.agreement } : {})
}

const ask = async (agreed: Consented, items = ridesPerWeek) => await send(world, await signQuery(world, agreed, items))

/** What an agreement's chain holds, in the order of its numbers. */
async function chainOf({ agreement }: Consented): Promise<Line[]> {
  const found = await network.vaults.tallinn.store.range(lines.page(['a', agreement], { limit: 256 }))
  return found.map((one) => lines.entry(one).value)
}

test('a successor ends what it succeeds: the old gives 409, the new answers, and nothing brings the old back', async () => {
  const old = await agree()
  expect((await ask(old)).status).toBe(200)
  const fresh = await agree(old)
  expect([(await ask(old)).status, (await ask(fresh)).status]).toEqual([409, 200])
  for (const kind of ['pause', 'revoke'] as const) expect((await old.act(kind)).standing).toBe('superseded')
  expect(await codeOf(() => old.act('resume'))).toBe('not-active')
  expect((await ask(old)).status).toBe(409)
  expect((await chainOf(old)).map(({ entry }) => entry.outcome)).toContain('superseded')
})

test('nothing succeeds an agreement that was revoked or succeeded before, or that is of somebody else', async () => {
  const revoked = await agree()
  await revoked.revoke()
  expect(await codeOf(() => agree(revoked))).toBe('not-active')
  const old = await agree()
  await agree(old)
  expect(await codeOf(() => agree(old))).toBe('not-active')
  const other = await settlePerson(world, 'succeeding/other', 'IN', network.cast.nodes.tallinn)
  const hers = await agree()
  expect(await codeOf(() => agree(hers, other))).toBe('rule-broken')
  expect((await ask(hers)).status).toBe(200)
})

test('a grant becomes active with the binding of its own handle, key and requester alone', async () => {
  const { insurer, rides } = network.cast.requesters
  const make = async (choice: { handle: number; requester?: typeof rides }) => {
    const requester = choice.requester ?? insurer
    const offer = await offerOf(world, requester, [
      ridesTerm('rate', ['rides_per_week'], choice.requester ? { purpose: 'dpv:ServiceProvision' } : {}),
    ])
    const { grant, binding } = await makeGrant(world, offer, {
      terms: ['rate'],
      requester: requester.record.payload,
      passport: person.identifier,
      handle: handleSigner(person.seed, insurer.record.payload.name, 1_000 + choice.handle),
      control: person.by.signer,
    })
    return { offer: offer.signed, grant: grant.signed, binding: binding.signed }
  }
  const [one, two, foreign] = [
    await make({ handle: 1 }),
    await make({ handle: 2 }),
    await make({ handle: 1, requester: rides }),
  ]
  expect(await codeOf(() => person.vault.grant({ ...one, binding: two.binding }))).toBe('rule-broken')
  expect(await codeOf(() => person.vault.grant({ ...one, binding: foreign.binding }))).toBe('rule-broken')
  expect(await codeOf(() => person.vault.grant({ ...one, grant: two.grant }))).toBe('rule-broken')
  expect(await codeOf(() => person.vault.grant(one))).toBe('admitted')
})

test('the chain has every number once, each naming the one before, and grant_seq is that of the last change', async () => {
  const agreed = await agree()
  const grantSeqs: number[] = []
  const answer = async (): Promise<void> => {
    const { status, body } = await ask(agreed)
    expect(status).toBe(200)
    const { n, grant_seq } = readSigned(assertionNoun, signedSchema.parse(body['assertion'])).payload
    expect(grant_seq).toBeLessThan(n)
    grantSeqs.push(grant_seq)
  }
  await answer()
  await person.vault.act(await makeAct(world, 'dispute', agreed.agreement, agreed.handleKey))
  await answer()
  await agreed.act('pause')
  expect((await ask(agreed)).status).toBe(403)
  await agreed.act('resume')
  await answer()
  await agreed.act('resume')
  expect((await ask(agreed, [{ strand: 'mobility.rides' }])).status).toBe(403)
  await answer()
  const chain = await chainOf(agreed)
  expect(chain.map(({ entry: { n, kind } }) => `${n} ${kind}`)).toEqual([
    '1 activated',
    '2 answer',
    '3 act',
    '4 answer',
    '5 act',
    '6 refusal',
    '7 act',
    '8 answer',
    '9 act',
    '10 refusal',
    '11 answer',
  ])
  const leaves = chain.map(({ entry, salt }) => evidenceLeaf(salt, entry))
  expect(chain.map(({ entry }) => entry.prev)).toEqual([null, ...leaves.slice(0, -1)])
  expect(grantSeqs).toEqual([1, 1, 7, 7])
})
