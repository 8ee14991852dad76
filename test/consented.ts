import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Entry } from '@dcann/protocol/entry'
import type { PublicKey, Signer } from '@dcann/protocol/key'
import type { Offer, Term } from '@dcann/protocol/offer'
import type { Query, QueryItem } from '@dcann/protocol/request'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import type { Verified } from '@dcann/protocol/signed'
import type { Strand } from '@dcann/protocol/strand'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { makeOffer } from '@dcann/sdk/requester'
import type { Caller } from '@dcann/sdk/signed-call'
import { createVaultClient, type VaultClient } from '@dcann/sdk/vault-client'
import { type GrantChoice, makeAct, makeGenesis, makeGrant } from '@dcann/sdk/wallet-documents'
import { controlSigner, handleSigner } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import type { CastNode, CastRequester } from './cast.ts'

/** A person of a test, made again from a label: their seed, their passport, and their vault. */
export type Person = {
  readonly seed: Uint8Array
  readonly identifier: string
  readonly by: Caller
  readonly vault: VaultClient
  readonly node: CastNode
}

export const ridesStrand: Strand = {
  name: 'mobility.rides',
  kind: 'stream',
  schema: 'urn:dcann:schema:mobility.rides:1',
  category: 'pd:TravelHistory',
  special: false,
  tags: ['mobility.ride'],
  custody: 'node',
}

/** Makes a passport assigned by `zone` and has it hosted by `node`. */
export async function settlePerson(world: World, label: string, zone: string, node: CastNode): Promise<Person> {
  const seed = sha256(utf8(`test/person/${label}`))
  const control = controlSigner(seed)
  const { identifier, genesis } = await makeGenesis(world, { zone, node: node.record.payload, control })
  const vault = createVaultClient(world, node.record.payload.url)
  await vault.host(genesis)
  return { seed, identifier, by: { from: identifier, signer: control }, vault, node }
}

/** One ride a day for `days` days before `now`. */
export function dailyRides(now: Instant, days: number): Entry[] {
  return Array.from({ length: days }, (_, i) => ({
    at: formatTime(now - (i + 1) * 86_400),
    body: { city: 'Tallinn', begin_address: `Pikk ${i + 1}`, end_address: `Lai ${i + 1}`, fare_amount: '5.20' },
    tags: ['mobility.ride', 'usage.ride'],
    moment: { driver: 'experience', channel: 'offline' },
    source: 'ride-trips-export',
    assurance: 'self',
    about: 'holder',
  }))
}

/** A term over the rides, as the insurer would write it. */
export function ridesTerm(id: string, claims: string[] | null, change: Partial<Term> = {}): Term {
  return {
    id,
    optional: false,
    strand: 'mobility.rides',
    claims,
    category: 'pd:TravelHistory',
    purpose: 'dpv:PersonalisedBenefits',
    purpose_text: { en: 'Price your cover by how much you ride' },
    processing: ['dpv:Use'],
    legal_basis: 'eu-gdpr:A6-1-a',
    mode: 'query',
    fetch: 'periodic',
    frequency: null,
    data_range: { last: 'P90D' },
    data_life: 'P30D',
    tags: [],
    moments: [],
    about_others: false,
    min_assurance: 'self',
    goes_to: ['EE'],
    used_by: [],
    combine: 'never',
    ...change,
  }
}

/** The insurer's offer over these terms. */
export async function offerOf(
  world: World,
  requester: CastRequester,
  terms: Term[],
  change: { readonly lasts?: string; readonly expires?: Instant; readonly sealing_key?: PublicKey } = {},
): Promise<Verified<Offer>> {
  const [signer] = requester.keys
  if (!signer) throw new Error('making an offer: the requester has no key')
  return await makeOffer(world, requester.record.payload, signer, {
    expires: change.expires ?? Math.floor(world.now()) + 7 * 86_400,
    lasts: change.lasts ?? 'P90D',
    terms,
    value: {
      gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: [terms[0]?.id ?? ''] }],
      settle_by: 'P30D',
    },
    notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
    sealing_key: change.sealing_key ?? null,
    template: null,
  })
}

/** An agreement in force, and everything its two sides need to use it. */
export type Consented = {
  readonly agreement: string
  readonly handle: string
  readonly handleKey: Signer
  readonly offer: Verified<Offer>
  readonly person: Person
  readonly requester: CastRequester
  readonly revoke: () => ReturnType<VaultClient['act']>
  readonly act: (kind: 'pause' | 'resume' | 'revoke') => ReturnType<VaultClient['act']>
}

/** The person agrees to the terms taken, under handle number `counter`; `choice` says what else the grant says. */
export async function consent(
  world: World,
  person: Person,
  requester: CastRequester,
  offer: Verified<Offer>,
  take: readonly string[],
  counter = 0,
  choice: Partial<Pick<GrantChoice, 'prior' | 'until' | 'requester'>> = {},
): Promise<Consented> {
  const handleKey = handleSigner(person.seed, requester.record.payload.name, counter)
  const { grant, binding } = await makeGrant(world, offer, {
    terms: take,
    requester: requester.record.payload,
    passport: person.identifier,
    handle: handleKey,
    control: person.by.signer,
    ...choice,
  })
  const granted = await person.vault.grant({ offer: offer.signed, grant: grant.signed, binding: binding.signed })
  const act = async (kind: 'pause' | 'resume' | 'revoke') =>
    await person.vault.act(await makeAct(world, kind, granted.agreement, handleKey))
  return {
    agreement: granted.agreement,
    handle: granted.handle,
    handleKey,
    offer,
    person,
    requester,
    act,
    revoke: () => act('revoke'),
  }
}

/** A signed request as it goes over the wire, so that a test can send it as often as it likes. */
export type Sealed = {
  readonly url: string
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** Signs a query under an agreement; `id` repeats one, a fresh nonce is drawn each time. */
export async function signQuery(
  world: World,
  { agreement, handle, person, requester }: Pick<Consented, 'agreement' | 'handle' | 'person' | 'requester'>,
  items: QueryItem[],
  change: Partial<Query> = {},
): Promise<Sealed> {
  const query: Query = {
    id: base64Url(world.random(16)),
    from: requester.record.payload.name,
    to: handle,
    agreement,
    purpose: 'dpv:PersonalisedBenefits',
    items,
    ...change,
  }
  const url = `${person.node.record.payload.url}/v1/requests`
  const body = canonicalBytes(query)
  const [signer] = requester.keys
  if (!signer) throw new Error('signing a query: the requester has no key')
  const head = await signHead(signer, url, body, Math.floor(world.now()), base64Url(world.random(16)))
  return { url, body, headers: headersOf(head) }
}

export type Answered = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> & { readonly type?: string; readonly detail?: string }
}

/** Sends it. The body is whatever JSON came. */
export async function send(world: Pick<World, 'fetch'>, { url, body, headers }: Sealed): Promise<Answered> {
  // the bytes were made here and are no shared memory
  const answer = await world.fetch(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
  return { status: answer.status, body: JSON.parse(await answer.text()) as Answered['body'] }
}

/** Sends it again for as long as too many wait: what is refused for that is not used up. */
export async function sendUntilTaken(world: Pick<World, 'fetch'>, sealed: Sealed): Promise<Answered> {
  for (;;) {
    const answer = await send(world, sealed)
    if (answer.status !== 429 && answer.status !== 503) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const ridesPerWeek: QueryItem[] = [{ strand: 'mobility.rides', claims: ['rides_per_week'] }]
