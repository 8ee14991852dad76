import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Entry } from '@dcann/protocol/entry'
import { type Offer, type Term } from '@dcann/protocol/offer'
import type { Query, QueryItem } from '@dcann/protocol/request'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { type RequesterRecord, requesterNoun } from '@dcann/protocol/requester'
import type { Signed, Verified } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import type { World } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import { signAfter, type Written } from '../cast.ts'
import {
  type Consented,
  offerOf,
  type Person,
  ridesStrand,
  ridesTerm,
  type Sealed,
  settlePerson,
} from '../consented.ts'
import { type Gated, gated } from '../gated.ts'
import { type Network, type NetworkVault, startNetwork } from '../network.ts'
import type { Durable } from './durable.ts'
import { day, type Model, purpose, type QuestionName, type TermId, terms, type Version } from './model.ts'

/** The real thing: a node with its store, a person, an insurer, and everything that was signed so far. */
export type System = {
  readonly network: Network
  readonly world: World
  readonly person: Person
  /** Everything agreed, in the order of the model's. */
  readonly agreed: Consented[]
  readonly sent: Sealed[]
  readonly acts: { readonly signed: Signed; readonly agreement: number; readonly kind: string; readonly n: number }[]
  readonly offers: Verified<Offer>[]
  insurer: Written<RequesterRecord>
  durable: Durable
  gate: Gated
  /** What the node's own words said of each agreement when they were last looked at. */
  readonly before: Map<string, { readonly n: number; readonly grant_seq: number; readonly acted: string }>
  drawn: number
}

const placesStrand = {
  ...ridesStrand,
  name: 'mobility.places',
  schema: 'urn:dcann:schema:mobility.places:1',
  category: 'pd:Location',
}

/** Starts it, over a store; the skew is the model's. */
export async function startSystem(durable: Durable, skew: () => number): Promise<System> {
  const gate = gated(durable.store)
  // the other vault of the network has nothing to do with it
  const stores = [memoryStore(), gate.store]
  const network = await startNetwork({
    seed: 'agreement-chain',
    vaultSkew: skew,
    vaultStore: () => stores.shift() ?? memoryStore(),
  })
  // so that no clock that is set back reads a time before the root, with which no node starts
  network.time.pass(2 * day)
  const world = network.world()
  const person = await settlePerson(world, 'agreement-chain', 'IN', network.cast.nodes.tallinn)
  for (const strand of [ridesStrand, placesStrand]) await person.vault.makeStrand(person.by, strand)
  const now = Math.floor(world.now())
  await person.vault.addEntries(
    person.by,
    'mobility.rides',
    Array.from({ length: 20 }, (_, i) => entry(now - (5 * i + 1) * day, i)),
  )
  await person.vault.addEntries(
    person.by,
    'mobility.places',
    [0, 1, 2].map((i) => entry(now - (200 * i + 1) * day, i)),
  )
  return {
    network,
    world,
    person,
    agreed: [],
    sent: [],
    acts: [],
    offers: [],
    insurer: network.cast.requesters.insurer.record,
    durable,
    gate,
    before: new Map(),
    drawn: 0,
  }
}

function entry(at: number, i: number): Entry {
  return {
    at: formatTime(at),
    body: { city: `city ${i}`, fare_amount: '5.20' },
    tags: ['mobility.ride'],
    moment: { driver: 'experience', channel: 'offline' },
    source: 'ride-trips-export',
    assurance: 'self',
    about: i % 4 === 3 ? 'others' : 'holder',
  }
}

/** What the node's clock reads, in whole seconds. */
export function readingOf({ network }: System, { skew }: Model): number {
  return Math.floor(network.time.now() + skew)
}

/** The insurer's offer: one term that is required and two that are not. */
export async function offerAll(
  { world, network }: System,
  lastsDays: number,
  expiresIn: number,
): Promise<Verified<Offer>> {
  const written = (Object.keys(terms) as TermId[]).map((id): Term => {
    const { strand, claims, category, days, perDay } = terms[id]
    return ridesTerm(id, claims === null ? null : [...claims], {
      strand,
      category,
      optional: id !== 'rate',
      frequency: perDay === null ? null : { max: perDay, per: 'day' },
      data_range: days === null ? null : { last: `P${days}D` },
    })
  })
  const expires = Math.floor(world.now()) + expiresIn
  return await offerOf(world, network.cast.requesters.insurer, written, { lasts: `P${lastsDays}D`, expires })
}

/** A question in the words of a query; times are the node's own. */
function itemsOf(question: QuestionName, now: number): QueryItem[] {
  const rides = 'mobility.rides'
  const rate = { strand: rides, claims: ['rides_per_week'] }
  const cities = (days: number): QueryItem => ({ strand: rides, claims: ['city'], from: formatTime(now - days * day) })
  switch (question) {
    case 'rate':
    case 'marketing':
      return [rate]
    case 'cities':
      return [cities(29)]
    case 'both':
      return [rate, cities(29)]
    case 'tooFar':
      return [cities(32)]
    case 'places':
      return [{ strand: 'mobility.places' }]
    case 'whole':
      return [{ strand: rides }]
    case 'elsewhere':
      return [{ strand: 'finance.income', claims: ['income_band'] }]
  }
}

/** A fresh text of 22 characters. */
export function drawn(system: System): string {
  return base64Url(sha256(utf8(`agreement-chain/${system.drawn++}`)).subarray(0, 16))
}

export type Asking = {
  readonly id: string
  readonly nonce: string
  readonly question: QuestionName
  /** The agreement, or its handle alone. */
  readonly agreed: Consented
  readonly named: boolean
  /** What the node's clock reads, and the time it decides at. */
  readonly reading: number
  readonly now: number
}

/** Signs a request as the insurer would whose clock is the node's. */
export async function signAsk({ network, person }: System, asking: Asking): Promise<Sealed> {
  const { id, nonce, question, agreed, named, reading, now } = asking
  const { insurer } = network.cast.requesters
  const query: Query = {
    id,
    from: insurer.record.payload.name,
    to: agreed.handle,
    ...(named ? { agreement: agreed.agreement } : {}),
    purpose: question === 'marketing' ? 'dpv:Marketing' : purpose,
    items: itemsOf(question, now),
  }
  const url = `${person.node.record.payload.url}/v1/requests`
  const body = canonicalBytes(query)
  const [signer] = insurer.keys
  if (!signer) throw new Error('the insurer has no key')
  return { url, body, headers: headersOf(await signHead(signer, url, body, reading, nonce)) }
}

export type Answer = { readonly code: string; readonly body: Readonly<Record<string, unknown>> }

/** Sends to one process of the node. */
export async function sendTo({ vault }: NetworkVault, { url, body, headers }: Sealed): Promise<Answer> {
  // the bytes were made here and are no shared memory
  const request = new Request(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
  const response = await vault.app.fetch(request)
  // the node writes nothing but JSON objects
  const read = JSON.parse(await response.text()) as Answer['body']
  const type = typeof read['type'] === 'string' ? read['type'] : ''
  return { code: response.status === 200 ? 'answered' : (type.split(':').at(-1) ?? ''), body: read }
}

/** Has the registry hold another version of the insurer's record. */
export async function changeRecord(system: System, version: Omit<Version, 'since'>): Promise<void> {
  const { network, world } = system
  const { countries, requesters } = network.cast
  const now = Math.floor(world.now())
  const [use] = requesters.insurer.record.payload.uses
  const uses = use && version.categories.length ? [{ ...use, categories: [...version.categories] }] : []
  const control = { ...system.insurer.payload.control, epoch: version.epoch, as_of: formatTime(version.asOf) }
  const signers = [...countries.EE.keys, ...requesters.insurer.keys]
  const change = { uses, control, status: version.status }
  system.insurer = await signAfter(requesterNoun, system.insurer, change, signers, now)
  await network.submit(system.insurer.signed)
}

/** The node as it starts on what its store has kept: after a crash, or after a clean end. */
export async function beginAnew(system: System, how: 'crashed' | 'restarted'): Promise<void> {
  system.durable = await system.durable[how]()
  system.gate = gated(system.durable.store)
  await system.network.again('tallinn', system.gate.store)
}
