import { base64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { inviteDigest, inviteOf } from '@dcann/protocol/invite'
import { testSigner } from '@dcann/protocol/key'
import { formatTime } from '@dcann/protocol/time'
import { makeCapability, makeStop } from '@dcann/sdk/capability'
import { makeAcceptance, type MadeProffer, makeProffer } from '@dcann/sdk/proffer'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { makeGenesis, makeGrant } from '@dcann/sdk/wallet-documents'
import { controlSigner, handleSigner } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import type { CastRequester } from '../cast.ts'
import {
  consent,
  type Consented,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send as ask,
  settlePerson,
  signQuery,
} from '../consented.ts'
import { profferText } from '../laid.ts'
import { type Bench as NodeBench, notes } from './vault-work.ts'

/** What an act needs of a federation: processes, or all in one. */
export type Bench = Pick<NodeBench, 'person' | 'next'> & {
  readonly federation: Pick<NodeBench['federation'], 'cast' | 'world'>
}

/** What stands of an act afterwards. */
export type Standing = 'there' | 'absent' | 'half'

/** An act made ready: sent once, it is acknowledged or it throws; what stands of it can be looked at later. */
export type ReadyAct = { readonly send: () => Promise<unknown>; readonly look: () => Promise<Standing> }

/** Every kind of act that a vault node acknowledges. */
export const vaultActs: Readonly<Record<string, (bench: Bench) => Promise<ReadyAct>>> = {
  async host({ federation, next }) {
    const world = federation.world()
    const control = controlSigner(world.random(32))
    const node = federation.cast.nodes.tallinn.record.payload
    const { identifier, genesis } = await makeGenesis(world, { zone: next() % 2 ? 'IN' : 'EE', node, control })
    const vault = createVaultClient(world, node.url)
    return {
      send: () => vault.host(genesis),
      look: () => isThere(() => vault.listStrands({ from: identifier, signer: control })),
    }
  },
  async strand({ person, next }) {
    const strand = { ...notes, name: `test.s${next()}` }
    return {
      send: () => person.vault.makeStrand(person.by, strand),
      look: async () => {
        const { strands } = await person.vault.listStrands(person.by)
        return thereIf(strands.some((each) => each.strand.name === strand.name))
      },
    }
  },
  async entries({ person, next }) {
    const strand = { ...notes, name: `test.e${next()}` }
    await person.vault.makeStrand(person.by, strand)
    const entries = [1, 2, 3, 4, 5].map((i) => ({
      at: formatTime(1_780_000_000 + i * 40 * 86_400),
      body: { note: `note ${i}` },
      tags: ['test.note'],
      source: 'test',
      assurance: 'self' as const,
      about: 'holder' as const,
    }))
    return {
      send: () => person.vault.addEntries(person.by, strand.name, entries),
      look: async () => {
        const found = await countEntries(person, strand.name)
        return found === entries.length ? 'there' : found === 0 ? 'absent' : 'half'
      },
    }
  },
  async grant(bench) {
    const { federation, person, next } = bench
    const world = federation.world()
    const { insurer } = federation.cast.requesters
    const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])])
    const handle = handleSigner(person.seed, insurer.record.payload.name, next())
    const { grant, binding } = await makeGrant(world, offer, {
      terms: ['rate'],
      requester: insurer.record.payload,
      passport: person.identifier,
      handle,
      control: person.by.signer,
    })
    return {
      send: () => person.vault.grant({ offer: offer.signed, grant: grant.signed, binding: binding.signed }),
      look: async () => {
        const listed = await standingOf(person, grant.id)
        if (listed === undefined) return 'absent'
        return listed === 'active' && (await chainOf(person, grant.id)).join() === 'activated' ? 'there' : 'half'
      },
    }
  },
  pause: async (bench) => await actOn(bench, 'pause', 'paused'),
  revoke: async (bench) => await actOn(bench, 'revoke', 'revoked'),
  async capability({ federation, person, next }) {
    const world = federation.world()
    const until = Math.floor(world.now()) + 86_400
    const { key } = testSigner(`faults/device/${base64Url(world.random(8))}/${next()}`)
    const capability = await makeCapability(
      world,
      { passport: person.identifier, key, right: 'read', until },
      person.by.signer,
    )
    return {
      send: () => person.vault.makeCapability(capability),
      look: async () => {
        const { capabilities } = await person.vault.listCapabilities(person.by)
        return thereIf(capabilities.some((each) => each.capability.payload === capability.payload))
      },
    }
  },
  async stop(bench) {
    const { federation, next } = bench
    const world = federation.world()
    const person = await settlePerson(
      world,
      `faults stop ${base64Url(world.random(8))}`,
      'EE',
      federation.cast.nodes.tallinn,
    )
    await person.vault.makeStrand(person.by, ridesStrand)
    const own = { ...bench, person, next }
    const agreed = [await agree(own), await agree(own)]
    const stop = await makeStop(world, 'pause', { all: true }, person.by.signer, person.identifier)
    return {
      send: () => person.vault.stop(stop),
      look: async () => {
        const stand = await Promise.all(agreed.map(({ agreement }) => standingOf(person, agreement)))
        const paused = stand.filter((each) => each === 'paused').length
        return paused === agreed.length ? 'there' : paused === 0 ? 'absent' : 'half'
      },
    }
  },
  async answer(bench) {
    const { federation, person } = bench
    const agreed = await agree(bench)
    const world = federation.world()
    const request = await signQuery(world, agreed, ridesPerWeek)
    return {
      send: async () => {
        const { status } = await ask(world, request)
        if (status !== 200) throw new Error(`asking: ${status}`)
      },
      look: async () => {
        const answers = (await chainOf(person, agreed.agreement)).filter((kind) => kind === 'answer').length
        // its nonce is spent exactly when it was answered, or its window has passed
        const { status } = await ask(world, request)
        if (answers > 1 || (answers === 1 && status === 200)) return 'half'
        return thereIf(answers === 1)
      },
    }
  },
  async proposal(bench) {
    const { offer, propose, person } = await proposing(bench)
    return {
      send: propose,
      look: async () => {
        const { asks } = await person.vault.listAsks(person.by)
        return thereIf(asks.some((each) => each.offer.payload === offer.signed.payload))
      },
    }
  },
  async refuse(bench) {
    const { offer, propose, person } = await proposing(bench)
    await propose()
    const waiting = async () =>
      (await person.vault.listAsks(person.by)).asks.find((each) => each.offer.payload === offer.signed.payload)
    const found = await waiting()
    return {
      send: () => person.vault.refuse(person.by, { ask: found?.ask ?? '' }),
      look: async () => thereIf((await waiting()) === undefined),
    }
  },
  async proffers({ federation, person, next }) {
    const world = federation.world()
    const made = await Promise.all(
      [0, 1].map(async () => await profferTo(federation.cast.requesters.insurer, world, person, next())),
    )
    const send = () => person.vault.layProffers(person.by, { proffers: made.map(signedOf), cap: 1 })
    const ids = made.map(({ proffer }) => proffer.id)
    return { send, look: async () => await laidOf(person, ids) }
  },
  async acceptance({ federation, person, next }) {
    const world = federation.world()
    const { insurer } = federation.cast.requesters
    const made = await profferTo(insurer, world, person, next())
    await person.vault.layProffers(person.by, { proffers: [signedOf(made)], cap: 1 })
    const [signer] = insurer.keys
    if (!signer) throw new Error('accepting: the requester has no key')
    const { acceptance } = await makeAcceptance(world, made.proffer, insurer.record.payload, signer)
    return {
      send: () => person.vault.accept(acceptance.signed),
      look: async () => {
        const { rosters } = await person.vault.listProffers(person.by)
        const of = rosters.find(({ proffers }) => proffers.some(({ id }) => id === made.proffer.id))
        const listed = await standingOf(person, acceptance.id)
        if (listed === undefined) return of?.accepted === 0 ? 'absent' : 'half'
        const whole = listed === 'active' && of?.accepted === 1
        return whole && (await chainOf(person, acceptance.id)).join() === 'activated' ? 'there' : 'half'
      },
    }
  },
  async invite({ federation, person }) {
    const world = federation.world()
    const invite = inviteDigest(inviteOf(world.random(16)))
    const expires = formatTime(Math.floor(world.now()) + 86_400)
    return {
      send: () => person.vault.makeInvite(person.by, invite, { expires }),
      look: async () => {
        const { invites } = await person.vault.listInvites(person.by)
        return thereIf(invites.some((each) => each.invite === invite))
      },
    }
  },
}

async function profferTo({ record }: CastRequester, world: World, person: Person, counter: number) {
  const requester = record.payload.name
  return await makeProffer(world, profferText(world, 'dpv:PersonalisedBenefits'), {
    for: { requester },
    handle: handleSigner(person.seed, requester, counter),
    passport: person.identifier,
    control: person.by.signer,
  })
}

function signedOf({ proffer, binding }: MadeProffer) {
  return { proffer: proffer.signed, binding: binding.signed }
}

async function laidOf(person: Person, ids: readonly string[]): Promise<Standing> {
  const { rosters } = await person.vault.listProffers(person.by)
  const laid = rosters.flatMap(({ proffers }) => proffers).filter(({ id }) => ids.includes(id))
  return laid.length === ids.length ? 'there' : laid.length === 0 ? 'absent' : 'half'
}

/** A person of their own: a refusal is remembered, and would silence every proposal that follows. */
async function proposing({ federation }: Bench) {
  const world = federation.world()
  const { insurer } = federation.cast.requesters
  const { url } = federation.cast.nodes.tallinn.record.payload
  const [signer] = insurer.keys
  if (!signer) throw new Error('proposing: the requester has no key')
  const label = `faults proposal ${base64Url(world.random(8))}`
  const person = await settlePerson(world, label, 'EE', federation.cast.nodes.tallinn)
  const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])])
  const by = { from: insurer.record.payload.name, signer }
  const propose = () => createVaultClient(world, url).propose(by, person.identifier, offer.signed)
  return { offer, propose, person }
}

async function agree({ federation, person, next }: Bench): Promise<Consented> {
  const world = federation.world()
  const { insurer } = federation.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])])
  return await consent(world, person, insurer, offer, ['rate'], next())
}

async function actOn(bench: Bench, kind: 'pause' | 'revoke', then: string): Promise<ReadyAct> {
  const agreed = await agree(bench)
  const { person } = bench
  return {
    send: () => agreed.act(kind),
    look: async () => {
      const standing = await standingOf(person, agreed.agreement)
      const acts = (await chainOf(person, agreed.agreement)).filter((each) => each === 'act').length
      if (standing === then && acts === 1) return 'there'
      return standing === 'active' && acts === 0 ? 'absent' : 'half'
    },
  }
}

async function standingOf(person: Person, agreement: string): Promise<string | undefined> {
  const { agreements } = await person.vault.listAgreements(person.by)
  return agreements.find((each) => each.agreement === agreement)?.standing
}

async function chainOf(person: Person, agreement: string): Promise<string[]> {
  const { entries } = await person.vault.listEvents(person.by, agreement)
  return entries.map(({ entry }) => entry.kind)
}

/** All of them: what the node lists at once is a page of its store, and holds one month. */
async function countEntries(person: Person, strand: string): Promise<number> {
  let count = 0
  for (let after: string | undefined, more = true; more;) {
    const page = await person.vault.listEntries(person.by, strand, after === undefined ? {} : { after })
    count += page.entries.length
    after = page.next
    more = after !== undefined && page.entries.length > 0
  }
  return count
}

async function isThere(call: () => Promise<unknown>): Promise<Standing> {
  try {
    await call()
    return 'there'
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'key-unknown') return 'absent'
    throw error
  }
}

function thereIf(condition: boolean): Standing {
  return condition ? 'there' : 'absent'
}
