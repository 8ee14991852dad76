import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { actKinds } from '@dcann/protocol/act'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { type Right, rights, rightsOn, rightsToAct, rightsToBind, rightsToStop, routes } from '@dcann/protocol/right'
import { makeCapability, makeCapabilityEnd, makeStop } from '@dcann/sdk/capability'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from './code-of.ts'
import {
  consent,
  type Consented,
  dailyRides,
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

/** What each right may do at a vault node, over every route that the node has. */
let network: Network
let person: Person
let agreed: Consented
const keys = Object.fromEntries(
  [...rights, 'ended', 'expired', 'stranger'].map((name) => [name, testSigner(`matrix/${name}`)]),
)

beforeAll(async () => {
  await checkVerifyStrict()
  network = await startNetwork({ seed: 'matrix' })
  const world = network.world()
  person = await settlePerson(world, 'matrix', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world.now()), 20))
  agreed = await agree('matrix')
  const now = Math.floor(world.now())
  const give = async (key: Signer, right: Right, life: number): Promise<void> => {
    const given = { passport: person.identifier, key: key.key, right, until: now + life }
    await person.vault.makeCapability(await makeCapability(world, given, person.by.signer))
  }
  for (const right of rights) await give(keyOf(right), right, 86_400)
  await give(keyOf('ended'), 'all', 86_400)
  await give(keyOf('expired'), 'all', 60)
  network.time.pass(60)
  await person.vault.endCapability(
    await makeCapabilityEnd(network.world(), person.identifier, keyOf('ended').key, person.by.signer),
  )
})

function keyOf(name: string): Signer {
  const key = keys[name]
  if (!key) throw new Error(`there is no key ${name}`)
  return key
}

async function agree(id: string): Promise<Consented> {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(network.world(), insurer, [ridesTerm(id, ['rides_per_week'])])
  return await consent(network.world(), person, insurer, offer, [id])
}

test('routes: the table has every route of the node', () => {
  const paths = [...new Set(network.vaults.tallinn.vault.app.routes.map(({ path }) => path))]
  expect(paths.filter((path) => !Object.hasOwn(routes, path))).toEqual([])
  const signedFor = Object.keys(routes).filter((path) => routes[path]?.by !== 'anybody')
  expect(signedFor.filter((path) => !paths.includes(path))).toEqual([])
})

describe('routes: a call signed by a key of each right', () => {
  const calls = Object.keys(routes).filter((path) => ['holder', 'party', 'requester'].includes(routes[path]?.by ?? ''))

  test.each(calls)('%s', async (path) => {
    const admitted = async (signer: Signer): Promise<boolean> => {
      const { status, body } = await call(path, signer)
      // a key is looked at before anything that it says
      if (status === 401) expect(body.type).toBe('urn:dcann:error:key-unknown')
      return status !== 401
    }
    for (const right of rights) {
      expect([right, await admitted(keyOf(right))]).toEqual([right, rightsOn(path).includes(right)])
    }
    expect(await admitted(person.by.signer)).toBe(routes[path]?.by !== 'requester')
    // ended, expired and unknown are one refusal, but for the key that it quotes
    const refused = await Promise.all(['ended', 'expired', 'stranger'].map((name) => call(path, keyOf(name))))
    const said = refused.map(({ status, body }, i) => [
      status,
      JSON.stringify(body).replace(keyOf(['ended', 'expired', 'stranger'][i] ?? '').kid, 'kid'),
    ])
    expect(said[0]?.[0]).toBe(401)
    expect(said[1]).toEqual(said[0])
    expect(said[2]).toEqual(said[0])
  })
})

async function call(path: string, signer: Signer) {
  const world = network.world()
  const url = `${person.vault.url}${path}`
  const body = canonicalBytes({ id: base64Url(world.random(16)), from: person.identifier })
  const head = await signHead(signer, url, body, Math.floor(world.now()), base64Url(world.random(16)))
  return await send(world, { url, body, headers: headersOf(head) })
}

describe('records: signed by a key of each right', () => {
  test.each(actKinds.filter((kind) => kind !== 'revoke'))('an act: %s', async (kind) => {
    for (const right of rights) {
      const code = await codeOf(async () =>
        person.vault.act(await makeAct(network.world(), kind, agreed.agreement, keyOf(right))),
      )
      expect([right, code]).toEqual([right, rightsToAct(kind).includes(right) ? 'admitted' : 'not-found'])
    }
    for (const name of ['ended', 'expired', 'stranger']) {
      const act = await makeAct(network.world(), kind, agreed.agreement, keyOf(name))
      expect(await codeOf(() => person.vault.act(act))).toBe('not-found')
    }
  })

  test('a stop, with the passport named and without', async () => {
    const of = { requester: 'IN/requester/rides' }
    for (const passport of [null, person.identifier]) {
      const stop = async (signer: Signer) =>
        await codeOf(async () => person.vault.stop(await makeStop(network.world(), 'pause', of, signer, passport)))
      for (const right of rights)
        expect([right, await stop(keyOf(right))]).toEqual([
          right,
          rightsToStop.includes(right) ? 'admitted' : 'not-found',
        ])
      for (const name of ['ended', 'expired', 'stranger']) expect(await stop(keyOf(name))).toBe('not-found')
      expect(await stop(person.by.signer)).toBe(passport === null ? 'not-found' : 'admitted')
    }
    // a signature that does not hold is as a key that nobody has
    const { payload, signatures } = await makeStop(network.world(), 'revoke', { all: true }, keyOf('narrow'))
    const [one] = signatures
    const forged = { payload, signatures: [{ protected: one?.protected ?? '', signature: `${'A'.repeat(85)}A` }] }
    expect(await codeOf(() => person.vault.stop(forged))).toBe('not-found')
  })

  test('a binding', async () => {
    for (const right of rights) {
      const by = { from: person.identifier, signer: keyOf(right) }
      const { insurer } = network.cast.requesters
      const offer = await offerOf(network.world(), insurer, [ridesTerm(`by-${right}`, ['rides_per_week'])])
      const code = await codeOf(() => consent(network.world(), { ...person, by }, insurer, offer, [`by-${right}`]))
      expect([right, code]).toEqual([right, rightsToBind.includes(right) ? 'admitted' : 'not-entitled'])
    }
  })

  test('a capability, and the end of one', async () => {
    const world = network.world()
    const until = Math.floor(world.now()) + 60
    for (const right of rights) {
      const given = { passport: person.identifier, key: testSigner('matrix/next').key, right, until }
      const made = await makeCapability(world, given, keyOf(right))
      expect(await codeOf(() => person.vault.makeCapability(made))).toBe('not-entitled')
      const end = await makeCapabilityEnd(world, person.identifier, keyOf('narrow').key, keyOf(right))
      expect(await codeOf(() => person.vault.endCapability(end))).toBe('not-entitled')
    }
    // an ended key gets no right again, and nobody gets one for a passport that is not theirs
    const again = { passport: person.identifier, key: keyOf('ended').key, right: 'read' as const, until }
    expect(
      await codeOf(async () => person.vault.makeCapability(await makeCapability(world, again, person.by.signer))),
    ).toBe('rule-broken')
  })
})

test('stop: sent again it stops nothing that was agreed or resumed since', async () => {
  const before = await agree('before')
  const stop = await makeStop(network.world(), 'pause', { all: true }, keyOf('narrow'))
  await person.vault.stop(stop)
  expect(await answered(before)).toBe(403)
  network.time.pass(2)
  await before.act('resume')
  const since = await agree('since')
  await person.vault.stop(stop)
  expect([await answered(before), await answered(since)]).toEqual([200, 200])
})

test('stop: is acknowledged when no lease of what it stops lives, and waits for no other', async () => {
  const { store } = network.vaults.tallinn
  const leaving = await agree('leaving')
  const from = Math.floor(network.time.now() * 1000)
  const lease = async (id: string, scope: string): Promise<void> =>
    void (await store.commit({ writes: [], lease: { id, scopes: [scope], from, until: from + 2_000 } }))
  await lease('of-hers', leaving.agreement)
  await lease('of-another', 'another-agreement')
  let acknowledged = false
  const stopping = person.vault
    .stop(await makeStop(network.world(), 'revoke', { agreement: leaving.agreement }, keyOf('narrow')))
    .then(() => (acknowledged = true))
  // durable at once, so that no new answer begins
  await expect.poll(() => answered(leaving)).toBe(404)
  expect(acknowledged).toBe(false)
  await store.release('of-hers')
  await stopping
  expect(acknowledged).toBe(true)
})

async function answered(one: Consented): Promise<number> {
  return (await send(network.world(), await signQuery(network.world(), one, ridesPerWeek))).status
}

test('narrow: whatever is done with it, in whatever order, nothing may be answered that could not be before', async () => {
  const { insurer } = network.cast.requesters
  const card = keyOf('narrow')
  const of = fc.constantFrom('all', 'requester', 'none', 0, 1, 2)
  const deeds = fc.array(
    fc.oneof(
      fc.record({ act: fc.constantFrom(...actKinds), at: fc.nat(2) }),
      fc.record({ stop: fc.constantFrom('pause' as const, 'revoke' as const), of }),
    ),
    { maxLength: 6 },
  )
  let round = 0
  await fc.assert(
    fc.asyncProperty(deeds, async (sequence) => {
      round++
      network.time.pass(1)
      const three = [await agree(`p${round}a`), await agree(`p${round}b`), await agree(`p${round}c`)]
      let before = await Promise.all(three.map(answered))
      for (const deed of sequence) {
        const vault = person.vault
        const target = (at: number): string => three[at]?.agreement ?? ''
        await codeOf(async () =>
          'act' in deed
            ? vault.act(await makeAct(network.world(), deed.act, target(deed.at), card))
            : vault.stop(await makeStop(network.world(), deed.stop, whatOf(deed.of, target), card)),
        )
        const after = await Promise.all(three.map(answered))
        after.forEach((status, i) => expect(status === 200 && before[i] !== 200).toBe(false))
        before = after
      }
    }),
    { numRuns: 8 },
  )

  function whatOf(what: string | number, target: (at: number) => string) {
    if (what === 'all') return { all: true as const }
    if (typeof what === 'number') return { agreement: target(what) }
    return { requester: what === 'requester' ? insurer.record.payload.name : 'IN/requester/rides' }
  }
})
