import { createPrivateKey, createPublicKey } from 'node:crypto'
import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { type CountryRecord, countryNoun } from '@dcann/protocol/country'
import { keyDigest, type PublicKey, type Signer, testSigner } from '@dcann/protocol/key'
import { type NodeRecord, nodeNoun } from '@dcann/protocol/node'
import { type OperatorRecord, operatorNoun } from '@dcann/protocol/operator'
import { identifierOf, passportAfter, type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import type { AnyRecord } from '@dcann/protocol/record'
import { type RegisteredUse, type RequesterRecord, requesterNoun } from '@dcann/protocol/requester'
import { type House, houses, type RootRecord, rootNoun } from '@dcann/protocol/root'
import { type Noun, readSigned, type RecordId, type Signed, signPayload } from '@dcann/protocol/signed'
import { mod97 } from '@dcann/protocol/text'
import { formatTime, type Instant } from '@dcann/protocol/time'

/** A record that somebody signed: what it says, its record id, and the bytes to hand in. */
export type Written<T> = { readonly payload: T; readonly id: RecordId; readonly signed: Signed }

/** Where everybody answers; a story that opens ports hands in its own. */
export type CastUrls = {
  readonly registry: string
  /** Where else the zones are resolved. */
  readonly mirror?: string
  /** Where a country's registry is not the one above. */
  readonly registries?: { readonly IN?: string; readonly EE?: string }
  readonly nodes: { readonly pune: string; readonly tallinn: string }
  readonly companies: { readonly insurer: string; readonly rides: string; readonly health?: string }
}

export type CastOptions = {
  readonly urls?: CastUrls
  readonly bounds?: CountryRecord['bounds']
  /** How many witnesses have to cosign a head; none unless said, since nobody does where nobody runs one. */
  readonly quorum?: number
}

export type CastCountry = {
  readonly keys: readonly Signer[]
  readonly log: Signer
  readonly record: Written<CountryRecord>
}
export type CastOperator = { readonly keys: readonly Signer[]; readonly record: Written<OperatorRecord> }
export type CastNode = {
  readonly identity: Signer
  readonly assertion: Signer
  readonly sealing: SealingPair
  readonly record: Written<NodeRecord>
}
export type CastRequester = { readonly keys: readonly Signer[]; readonly record: Written<RequesterRecord> }
/** An X25519 pair; `seed` is the private half, `key` the public one, both as records carry keys. */
export type SealingPair = { readonly seed: string; readonly key: PublicKey }

/** Whoever holds a passport: control key 0, the key it announces, and a device's key. */
export type Holder = {
  readonly label: string
  readonly control: Signer
  readonly next: Signer
  readonly device: Signer
}

/** Who runs a witness: a university, a newspaper that also mirrors, and a library. */
export type CastWitness = 'university' | 'newspaper' | 'library'
export const castWitnesses: readonly CastWitness[] = ['university', 'newspaper', 'library']

/** The name on a witness's lines. */
export function witnessName(by: CastWitness): string {
  return `${by}.example/witness`
}

/** A whole test federation, made again from the same seed. Nobody in it exists. */
export type Cast = {
  readonly seed: string
  readonly now: Instant
  readonly houses: Readonly<Record<House, readonly Signer[]>>
  /** The root's country role, and the signer of the root zone's statements and heads. */
  readonly roles: { readonly country: readonly Signer[]; readonly log: Signer }
  readonly witnesses: Readonly<Record<CastWitness, Signer>>
  readonly root: Written<RootRecord>
  readonly countries: { readonly IN: CastCountry; readonly EE: CastCountry }
  readonly operators: { readonly sahyadri: CastOperator; readonly laht: CastOperator }
  readonly nodes: { readonly pune: CastNode; readonly tallinn: CastNode }
  readonly requesters: {
    readonly insurer: CastRequester
    readonly rides: CastRequester
    /** A public authority. */
    readonly health: CastRequester
  }
  /** Every record above, root first, in an order in which a registry admits them. */
  readonly records: readonly Signed[]
}

export const castUrls: CastUrls = {
  registry: 'https://registry.example',
  nodes: { pune: 'https://pune.example', tallinn: 'https://tallinn.example' },
  companies: {
    insurer: 'https://insurer.example',
    rides: 'https://rides.example',
    health: 'https://health.example',
  },
}

const uses = {
  insurer: use(
    'PersonalisedBenefits',
    ['TravelHistory', 'Age', 'Location', 'MentalHealth'],
    'https://insurer.example/notice',
  ),
  rides: use('ServiceProvision', ['TravelHistory', 'Location', 'Transactional'], 'https://rides.example/notice'),
  health: use('PublicBenefit', ['Health', 'MentalHealth'], 'https://health.example/notice'),
}

/** Makes the cast: every signature of delegation, accreditation, admission and registration, as a ceremony would. */
export async function makeCast(seed: string, now: Instant, options: CastOptions = {}): Promise<Cast> {
  const { quorum = 0, urls = castUrls, bounds = { passports_per_day: 10_000, acts_per_second: 1_000 } } = options
  const signer = (place: string): Signer => testSigner(`${seed}/${place}`)
  const pair = (place: string): readonly Signer[] => [signer(`${place}/0`), signer(`${place}/1`)]
  const at = formatTime(now)
  const genesis = { v: 1, seq: 1, prev: null, at } as const

  const held = {
    governments: pair('house/governments'),
    companies: pair('house/companies'),
    citizens: pair('house/citizens'),
    technical: pair('house/technical'),
  }
  const roles = { country: pair('root/country'), log: signer('root/log') }
  const witnesses = {
    university: signer('witness/university'),
    newspaper: signer('witness/newspaper'),
    library: signer('witness/library'),
  }
  const root = await write<RootRecord>(
    rootNoun,
    {
      ...genesis,
      name: 'root',
      test: true,
      expires: formatTime(now + 365 * 86_400),
      houses: {
        governments: keySet(held.governments),
        companies: keySet(held.companies),
        citizens: keySet(held.citizens),
        technical: keySet(held.technical),
      },
      needs: { policy: { least: 3, with: ['citizens'] }, hold: { least: 2, with: ['citizens'] } },
      roles: { country: keySet(roles.country), log: { origin: 'root.dcann.example', key: roles.log.key } },
      witness: {
        quorum,
        witnesses: castWitnesses.map((by) => ({ name: witnessName(by), key: witnesses[by].key, by })),
      },
    },
    houses.flatMap((house) => held[house]),
  )

  const country = async (zone: 'IN' | 'EE'): Promise<CastCountry> => {
    const keys = pair(`country/${zone}`)
    const log = signer(`country/${zone}/log`)
    const record = await write<CountryRecord>(
      countryNoun,
      {
        ...genesis,
        name: `country/${zone}`,
        ...keySet(keys),
        urls: [urls.registries?.[zone] ?? urls.registry, ...(urls.mirror === undefined ? [] : [urls.mirror])],
        log: { origin: `${zone.toLowerCase()}.dcann.example`, key: log.key },
        status: 'active',
        bounds,
        hold: [],
      },
      [...roles.country, ...keys],
    )
    return { keys, log, record }
  }

  const operator = async (name: string, legalName: string, by: CastCountry): Promise<CastOperator> => {
    const keys = pair(name)
    const record = await write<OperatorRecord>(
      operatorNoun,
      {
        ...genesis,
        name,
        legal_name: legalName,
        lei: leiOf(name),
        ...keySet(keys),
        contacts: { email: 'operator@example.org' },
        status: 'active',
        valid: { from: at, until: formatTime(now + 365 * 86_400) },
      },
      [...by.keys, ...keys],
    )
    return { keys, record }
  }

  const node = async (name: string, url: string, region: string, by: CastOperator): Promise<CastNode> => {
    const identity = signer(`${name}/identity`)
    const assertion = signer(`${name}/assertion`)
    const sealing = sealingPair(`${seed}/${name}/sealing`)
    const record = await write<NodeRecord>(
      nodeNoun,
      {
        ...genesis,
        name,
        operator: by.record.payload.name,
        url,
        identity_key: identity.key,
        assertion_key: assertion.key,
        sealing_key: sealing.key,
        region,
        ttl: 3600,
        status: 'active',
        next: [keyDigest(signer(`${name}/identity/next`).key)],
      },
      [...by.keys, identity],
    )
    return { identity, assertion, sealing, record }
  }

  const requester = async (
    name: string,
    legalName: string,
    url: string,
    registered: RegisteredUse,
    authority: string,
    by: CastCountry,
    kind: RequesterRecord['kind'] = 'company',
  ): Promise<CastRequester> => {
    const keys = pair(name)
    const record = await write<RequesterRecord>(
      requesterNoun,
      {
        ...genesis,
        name,
        legal_name: legalName,
        lei: leiOf(name),
        kind,
        keys: keys.map(({ key }) => key),
        next: [keyDigest(signer(`${name}/next`).key)],
        uses: [registered],
        offers: `${url}/offers`,
        inbox: `${url}/inbox`,
        control: {
          parent: null,
          exception: kind === 'authority' ? 'public-body' : 'natural-persons',
          evidence: null,
          as_of: at,
          epoch: 1,
        },
        contacts: { email: 'privacy@example.org' },
        authority,
        status: 'active',
      },
      [...by.keys, ...keys],
    )
    return { keys, record }
  }

  const countries = { IN: await country('IN'), EE: await country('EE') }
  const operators = {
    sahyadri: await operator('IN/operator/sahyadri', 'Sahyadri Vaults (made up)', countries.IN),
    laht: await operator('EE/operator/laht', 'Laht Andmed (made up)', countries.EE),
  }
  const nodes = {
    pune: await node('IN/node/pune', urls.nodes.pune, 'IN-MH', operators.sahyadri),
    tallinn: await node('EE/node/tallinn', urls.nodes.tallinn, 'EE-37', operators.laht),
  }
  const requesters = {
    insurer: await requester(
      'EE/requester/insurer',
      'Kindel Kindlustus (made up)',
      urls.companies.insurer,
      uses.insurer,
      'Data protection inspectorate of EE (made up)',
      countries.EE,
    ),
    rides: await requester(
      'IN/requester/rides',
      'Chalo Rides (made up)',
      urls.companies.rides,
      uses.rides,
      'Data protection board of IN (made up)',
      countries.IN,
    ),
    health: await requester(
      'EE/requester/health',
      'Hea Uni Health Board (made up)',
      urls.companies.health ?? 'https://health.example',
      uses.health,
      'Data protection inspectorate of EE (made up)',
      countries.EE,
      'authority',
    ),
  }
  const records = [
    root,
    ...[countries, operators, nodes, requesters].flatMap((role) => Object.values(role).map(recordOf)),
  ]
  return {
    seed,
    now,
    houses: held,
    roles,
    witnesses,
    root,
    countries,
    operators,
    nodes,
    requesters,
    records: records.map(({ signed }) => signed),
  }
}

/** Makes a holder's keys again from a label. */
export function makeHolder(label: string): Holder {
  return {
    label,
    control: testSigner(`${label}/control/0`),
    next: testSigner(`${label}/control/next`),
    device: testSigner(`${label}/device`),
  }
}

/** The genesis of a holder's passport: assigned by `zone`, at home at `home`, which need not be of that zone. */
export async function signPassport(
  holder: Holder,
  zone: string,
  home: CastNode,
  now: Instant,
): Promise<Written<PassportRecord>> {
  const nameless: Omit<PassportRecord, 'name'> = {
    v: 1,
    seq: 1,
    prev: null,
    at: formatTime(now),
    keys: [holder.control.key],
    next: [keyDigest(holder.next.key)],
    recovery: null,
    home: { node: home.record.payload.name, key: home.identity.key },
    status: 'active',
    salt: saltOf(`${holder.label}/1`),
  }
  return await write<PassportRecord>(passportNoun, { ...nameless, name: identifierOf(zone, nameless) }, [
    holder.control,
    home.identity,
  ])
}

/**
 * A later passport record: a fresh salt, what settles after it, and whatever `change` says, signed by control key 0 unless
 * others are named.
 */
export async function signPassportAfter(
  before: Written<PassportRecord>,
  holder: Holder,
  change: Partial<PassportRecord>,
  now: Instant,
  signers: readonly Signer[] = [holder.control],
): Promise<Written<PassportRecord>> {
  const salt = saltOf(`${holder.label}/${before.payload.seq + 1}/${formatTime(now)}/${JSON.stringify(change)}`)
  const next = passportAfter(before, { at: formatTime(now), salt, ...change })
  return await write(passportNoun, { ...next, ...change }, signers)
}

/** The record that follows `before`, with what `change` says. */
export async function signAfter<T extends AnyRecord>(
  noun: Noun<T>,
  before: Written<T>,
  change: Partial<T>,
  signers: readonly Signer[],
  now: Instant,
): Promise<Written<T>> {
  const { payload, id } = before
  return await write(noun, { ...payload, seq: payload.seq + 1, prev: id, at: formatTime(now), ...change }, signers)
}

/** Signs a payload as it is, right or wrong: what a rule makes of it is the rule's business. */
export async function write<T>(noun: Noun<T>, payload: T, signers: readonly Signer[]): Promise<Written<T>> {
  const signed = await signPayload(noun, payload, signers)
  return { payload, id: readSigned(noun, signed).id, signed }
}

/** A key set in which all keys are needed together. */
export function keySet(signers: readonly Signer[]): { keys: PublicKey[]; threshold: number; next: string[] } {
  return { keys: signers.map(({ key }) => key), threshold: signers.length, next: [] }
}

/** An LEI of nobody, whose check digits hold. */
export function leiOf(label: string): string {
  const base = `00EX${Buffer.from(sha256(utf8(label)))
    .toString('hex')
    .slice(0, 14)
    .toUpperCase()}`
  return base + String(98 - mod97(`${base}00`)).padStart(2, '0')
}

/** An X25519 pair, made again from a label. */
export function sealingPair(label: string): SealingPair {
  const seed = sha256(utf8(`dcann/test-sealing-key/1\n${label}`))
  const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
  const key = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  if (x === undefined) throw new Error('making a sealing pair: the platform exports no public key')
  return { seed: base64Url(seed), key: x }
}

function use(purpose: string, categories: readonly string[], notice: string): RegisteredUse {
  return {
    purpose: `dpv:${purpose}`,
    categories: categories.map((category) => `pd:${category}`),
    used_by: [],
    bought_in: [],
    notice,
  }
}

function saltOf(label: string): string {
  return base64Url(sha256(utf8(`dcann/test-salt/1\n${label}`)).slice(0, 16))
}

function recordOf<T>({ record }: { readonly record: Written<T> }): Written<unknown> {
  return record
}
