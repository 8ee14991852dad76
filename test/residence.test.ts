import { keyDigest, type Signer, testSigner } from '@dcann/protocol/key'
import type { PassportRecord } from '@dcann/protocol/passport'
import { recoveryDigest, type RecoverySet } from '@dcann/protocol/recovery'
import type { Signed, Verified } from '@dcann/protocol/signed'
import { makeCapability, makeCapabilityEnd, makeStop } from '@dcann/sdk/capability'
import { changePassport, recoverPassport } from '@dcann/sdk/passport-change'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { makeAct } from '@dcann/sdk/wallet-documents'
import type { Store } from '@dcann/store/store'
import { expect, test } from 'vitest'
import { type CastNode, castUrls } from './cast.ts'
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
import { type Network, nonceOf, startNetwork } from './network.ts'

/** A holder's passport while it lives, seen from the vault that it is at home at. */
const setSigners = [0, 1, 2].map((i) => testSigner(`residence/recovery/${i}`))
const set: RecoverySet = { keys: setSigners.map(({ key }) => key), threshold: 2, salt: nonceOf('residence/set') }
const after: RecoverySet = { keys: [testSigner('residence/after').key], threshold: 1, salt: nonceOf('residence/after') }
const [bySet, next, thief, fresh] = [
  setSigners.slice(0, 2),
  testSigner('residence/next'),
  testSigner('residence/thief'),
  testSigner('residence/fresh'),
]
const day = 86_400
/** A zone's record reaches a vault by its next look. */
const look = 20

type Life = { readonly network: Network; readonly person: Person; readonly agreed: Consented }

async function begin(seed: string): Promise<Life> {
  const network = await startNetwork({ seed })
  const world = network.world()
  const person = await settlePerson(world, seed, 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world.now()), 20))
  await change({ network, person }, { recovery: recoveryDigest(set), next: [keyDigest(next.key)] }, [person.by.signer])
  return { network, person, agreed: await agree(network, person, 'first', 0) }
}

async function agree(network: Network, person: Person, term: string, counter: number): Promise<Consented> {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(network.world(), insurer, [ridesTerm(term, ['rides_per_week'])])
  return await consent(network.world(), person, insurer, offer, [term], counter)
}

async function held({ network, person }: Pick<Life, 'network' | 'person'>): Promise<Verified<PassportRecord>> {
  const { record } = await (await network.resolver()).resolveName(person.identifier, { kind: 'passport', fresh: true })
  if (!record) throw new Error('there is no such passport')
  return record
}

async function admit({ network }: Pick<Life, 'network'>, record: Signed): Promise<void> {
  await createRegistryClient(network.world(), castUrls.registry).submit(record)
}

async function change(
  life: Pick<Life, 'network' | 'person'>,
  changed: Parameters<typeof changePassport>[2],
  signers: readonly Signer[],
): Promise<Signed> {
  const record = await changePassport(life.network.world(), await held(life), changed, signers)
  await admit(life, record)
  return record
}

async function recover(life: Pick<Life, 'network' | 'person'>, keys: readonly Signer[], undo = false): Promise<Signed> {
  const now = await held(life)
  const undoes = undo ? now.payload.fallback?.record : undefined
  const appointed = { keys: keys.map(({ key }) => key), set: after, ...(undoes === undefined ? {} : { undoes }) }
  const record = await recoverPassport(life.network.world(), now, set, appointed, bySet)
  await admit(life, record)
  return record
}

const to = ({ record, identity }: CastNode) => ({ node: record.payload.name, key: identity.key })

/** As a person whose control key is another by now. */
const as = (person: Person, signer: Signer): Person => ({ ...person, by: { ...person.by, signer } })

async function ask({ network }: Life, agreed: Consented): Promise<string> {
  const { status, body } = await send(network.world(), await signQuery(network.world(), agreed, ridesPerWeek))
  return status === 200 ? 'answered' : (body.type?.replace('urn:dcann:error:', '') ?? String(status))
}

async function standing({ person }: Life, agreement: string, signer: Signer): Promise<string | undefined> {
  const { agreements } = await person.vault.listAgreements({ ...person.by, signer })
  return agreements.find((one) => one.agreement === agreement)?.standing
}

async function trail({ person }: Life, signer: Signer): Promise<string[]> {
  const { lines } = await person.vault.readTrail({ ...person.by, signer })
  return lines.filter(({ entry }) => entry.kind === 'passport').map(({ entry }) => entry.outcome)
}

test('a rotated key acts from the next look on, the former one no more, and a card in a drawer still stops', async () => {
  const life = await begin('rotated')
  const { network, person, agreed } = life
  const [device, card] = [testSigner('rotated/device'), testSigner('rotated/card')]
  const until = Math.floor(network.time.now()) + 30 * day
  for (const [key, right] of [
    [device, 'all'],
    [card, 'narrow'],
  ] as const) {
    const given = { passport: person.identifier, key: key.key, right, until }
    await person.vault.makeCapability(await makeCapability(network.world(), given, person.by.signer))
  }
  expect(await codeOf(() => person.vault.listStrands({ ...person.by, signer: device }))).toBe('admitted')
  const rotated = await change(life, { keys: [next.key] }, [next])
  expect(await codeOf(() => person.vault.listStrands({ ...person.by, signer: next }))).toBe('key-unknown')

  // who has the record need not wait for the next look
  expect(await person.vault.follow(rotated)).toMatchObject({ seq: 3 })
  expect(await codeOf(() => person.vault.listStrands({ ...person.by, signer: next }))).toBe('admitted')
  expect(await codeOf(() => person.vault.listStrands(person.by))).toBe('key-unknown')
  expect(await codeOf(() => person.vault.listStrands({ ...person.by, signer: device }))).toBe('key-unknown')
  const given = { passport: person.identifier, key: testSigner('rotated/thief').key, right: 'all' as const, until }
  const byFormer = await makeCapability(network.world(), given, person.by.signer)
  expect(await codeOf(() => person.vault.makeCapability(byFormer))).toBe('not-entitled')
  expect(await ask(life, agreed)).toBe('answered')
  expect(await codeOf(() => agree(network, person, 'by-former', 1))).toBe('not-entitled')
  expect(await codeOf(() => agree(network, as(person, next), 'by-next', 2))).toBe('admitted')

  await person.vault.stop(await makeStop(network.world(), 'revoke', { all: true }, card))
  expect(await ask(life, agreed)).toBe('not-found')
  expect(await trail(life, next)).toEqual(['changed', 'rotated'])
  const end = await makeCapabilityEnd(network.world(), person.identifier, card.key, next)
  expect(await codeOf(() => person.vault.endCapability(end))).toBe('admitted')
})

test('a vault looks at the zones of its passports by itself, and reads of whom the log tells', async () => {
  const life = await begin('looks')
  const { network, person } = life
  const others = await Promise.all(
    ['IN', 'EE', 'IN'].map((zone, i) => settlePerson(network.world(), `looks/${i}`, zone, network.cast.nodes.tallinn)),
  )
  await network.round()
  await change(life, { keys: [next.key] }, [next])
  await Promise.all(others.map((other) => change({ network, person: other }, { keys: [fresh.key] }, [other.by.signer])))
  network.time.pass(look)
  await network.round()
  for (const [one, signer] of [[person, next], ...others.map((other) => [other, fresh] as const)] as const) {
    expect(await codeOf(() => one.vault.listStrands({ ...one.by, signer }))).toBe('admitted')
    expect(await codeOf(() => one.vault.listStrands(one.by))).toBe('key-unknown')
  }
  // a node that is started anew goes on where it stopped
  await change(life, { keys: [fresh.key] }, [next])
  await network.again('tallinn')
  network.time.pass(look)
  await network.round()
  expect(await codeOf(() => person.vault.listStrands({ ...person.by, signer: fresh }))).toBe('admitted')
})

test('recovery that takes back revokes what stolen keys agreed and pauses what was agreed meanwhile', async () => {
  const life = await begin('undone')
  const { network, person, agreed } = life
  const control = person.by.signer
  network.time.pass(day)
  const stolen = await change(life, { keys: [thief.key] }, [control])
  await person.vault.follow(stolen)
  const theirs = await agree(network, as(person, thief), 'theirs', 1)
  const device = testSigner('undone/device')
  const until = Math.floor(network.time.now()) + 60 * day
  const given = { passport: person.identifier, key: device.key, right: 'agree' as const, until }
  await person.vault.makeCapability(await makeCapability(network.world(), given, thief))
  const byTheirDevice = await agree(network, as(person, device), 'by-their-device', 2)
  expect(await ask(life, theirs)).toBe('answered')

  network.time.pass(13 * day)
  await person.vault.follow(await recover(life, [fresh], true))
  expect(await ask(life, agreed)).toBe('answered')
  expect(await ask(life, theirs)).toBe('not-found')
  expect(await ask(life, byTheirDevice)).toBe('not-found')
  for (const signer of [control, thief])
    expect(await codeOf(() => person.vault.listStrands({ ...person.by, signer }))).toBe('key-unknown')
  expect(await trail(life, fresh)).toEqual(['changed', 'rotated', 'recovered'])

  // a stolen seed has the handle keys too: they stop, and nothing more
  await agreed.act('pause')
  expect(await codeOf(() => agreed.act('resume'))).toBe('not-found')
  const resumed = await makeAct(network.world(), 'resume', agreed.agreement, fresh)
  expect(await codeOf(() => person.vault.act(resumed))).toBe('admitted')
  expect(await ask(life, agreed)).toBe('answered')
})

test('the same thief by the key that there was: what was agreed since is paused, for the holder to see through', async () => {
  const life = await begin('paused')
  const { network, person, agreed } = life
  network.time.pass(day)
  // the thief has the control key that stays, and sets another beside it
  await person.vault.follow(await change(life, { keys: [person.by.signer.key, thief.key] }, [person.by.signer]))
  const since = await agree(network, person, 'since', 1)
  expect(await ask(life, since)).toBe('answered')
  await person.vault.follow(await recover(life, [fresh], true))
  expect(await ask(life, since)).toBe('not-active')
  expect(await standing(life, since.agreement, fresh)).toBe('paused')
  expect(await ask(life, agreed)).toBe('answered')
})

test('a passport that leaves is answered for no more, is read and stopped still, and comes back paused', async () => {
  const life = await begin('moved')
  const { network, person, agreed } = life
  const other = await agree(network, person, 'other', 1)
  const { pune } = network.cast.nodes
  await person.vault.follow(await change(life, { home: to(pune) }, [person.by.signer, pune.identity]))
  expect(await ask(life, agreed)).toBe('moved')
  expect(await codeOf(() => person.vault.listEntries(person.by, 'mobility.rides'))).toBe('admitted')
  expect(await codeOf(() => person.vault.makeStrand(person.by, { ...ridesStrand, name: 'health.sleep' }))).toBe(
    'key-unknown',
  )
  expect(await codeOf(() => agree(network, person, 'away', 2))).toBe('not-entitled')
  await agreed.act('pause')
  expect(await codeOf(() => agreed.act('resume'))).toBe('not-found')
  await agreed.revoke()

  const proposal = await offerOf(network.world(), network.cast.requesters.rides, [
    ridesTerm('asked', null, { purpose: 'dpv:ServiceProvision' }),
  ])
  const { rides } = network.cast.requesters
  await person.vault.propose(
    { from: rides.record.payload.name, signer: rides.keys[0]! },
    person.identifier,
    proposal.signed,
  )
  expect((await person.vault.listAsks(person.by)).asks).toEqual([])

  // led back by recovery, which needs no home to sign
  await person.vault.follow(await recover(life, [fresh], true))
  expect(await ask(life, other)).toBe('not-active')
  expect(await standing(life, other.agreement, fresh)).toBe('paused')
  expect(await standing(life, agreed.agreement, fresh)).toBe('revoked')
  expect(await trail(life, fresh)).toEqual(['changed', 'moved', 'recovered'])
})

test('an ended passport: every agreement ends, nothing new begins, and what was kept is read', async () => {
  const life = await begin('ended')
  const { network, person, agreed } = life
  await person.vault.follow(await change(life, { status: 'ended' }, [person.by.signer]))
  expect(await ask(life, agreed)).toBe('not-found')
  expect(await standing(life, agreed.agreement, person.by.signer)).toBe('revoked')
  expect(await codeOf(() => person.vault.listEntries(person.by, 'mobility.rides'))).toBe('admitted')
  expect(await codeOf(() => agree(network, person, 'after', 1))).toBe('not-entitled')
  expect(
    await codeOf(() => person.vault.addEntries(person.by, 'mobility.rides', dailyRides(network.time.now(), 1))),
  ).toBe('key-unknown')
  expect(await trail(life, person.by.signer)).toEqual(['changed', 'ended'])
})

test('while its zone is silent a vault goes on for ten minutes, saying so, and a holder stops and reads at any age', async () => {
  const life = await begin('silent')
  const { network, person, agreed } = life
  await network.round()
  const device = (name: string) => ({
    passport: person.identifier,
    key: testSigner(`silent/${name}`).key,
    right: 'all' as const,
    until: Math.floor(network.time.now()) + day,
  })
  const make = async (name: string): Promise<string> => {
    const capability = await makeCapability(network.world(), device(name), person.by.signer)
    return await codeOf(() => person.vault.makeCapability(capability))
  }
  network.down.add(new URL(castUrls.registry).hostname)
  network.time.pass(599)
  const asked = await send(network.world(), await signQuery(network.world(), agreed, ridesPerWeek))
  expect(asked.status).toBe(200)
  expect(JSON.parse(Buffer.from((asked.body['assertion'] as Signed).payload, 'base64url').toString())).toMatchObject({
    unconfirmed: true,
  })
  await agreed.act('pause')
  expect(await codeOf(() => agreed.act('resume'))).toBe('admitted')
  expect(await make('in-time')).toBe('admitted')
  network.time.pass(1)
  expect(await ask(life, agreed)).toBe('stale')
  await agreed.act('pause')
  expect(await codeOf(() => agreed.act('resume'))).toBe('stale')
  expect(await make('too-late')).toBe('stale')
  network.time.pass(3 * day)
  expect(await codeOf(() => person.vault.listEntries(person.by, 'mobility.rides'))).toBe('admitted')
  await agreed.revoke()
  expect(await standing(life, agreed.agreement, person.by.signer)).toBe('revoked')
})

test('takeOver ended between any two commits does all that the record asks for, once, and decides nothing before', async () => {
  const counted = await killedAt('kills', Number.POSITIVE_INFINITY)
  expect(counted.commits).toBeGreaterThan(4)
  for (let at = 1; at <= counted.commits; at++) expect((await killedAt('kills', at)).outcome).toEqual(counted.outcome)
})

/** Ends a passport with two agreements at a node that dies before its commit of this number. */
async function killedAt(seed: string, at: number): Promise<{ commits: number; outcome: unknown }> {
  const life = await begin(seed)
  const { network, person, agreed } = life
  const others = [await agree(network, person, 'other', 1)]
  const record = await change(life, { status: 'ended' }, [person.by.signer])
  let commits = 0
  const { store } = network.vaults.tallinn
  const dying: Store = {
    ...store,
    commit: async (commit) => {
      if (++commits >= at) throw new Error('the process is gone')
      return await store.commit(commit)
    },
  }
  await network.again('tallinn', dying)
  const code = await codeOf(() => person.vault.follow(record)).catch(() => 'gone')
  expect(code === 'admitted').toBe(at === Number.POSITIVE_INFINITY)
  await network.again('tallinn', store)
  const asked = await Promise.all([agreed, ...others].map((one) => ask(life, one)))
  await network.round()
  const listed = await Promise.all([agreed, ...others].map((one) => standing(life, one.agreement, person.by.signer)))
  const { lines } = await person.vault.readTrail(person.by)
  const revokes = lines.filter(({ entry }) => entry.outcome === 'revoke').length
  return { commits, outcome: { asked, listed, revokes, trail: await trail(life, person.by.signer) } }
}
