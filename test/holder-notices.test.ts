import { testSigner } from '@dcann/protocol/key'
import { makeCapability, makeStop } from '@dcann/sdk/capability'
import { beforeAll, expect, test } from 'vitest'
import { codeOf } from './code-of.ts'
import { consent, offerOf, type Person, ridesTerm, settlePerson } from './consented.ts'
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

test('a call waits no longer than it may', async () => {
  expect(await codeOf(() => person.vault.listNotices(person.by, { wait: 60 }))).toBe('schema-mismatch')
})
