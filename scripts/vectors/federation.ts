import { type CountryRecord, countryNoun } from '@dcann/protocol/country'
import { keyDigest, type Signer } from '@dcann/protocol/key'
import { type NodeRecord, nodeNoun } from '@dcann/protocol/node'
import { type OperatorRecord, operatorNoun } from '@dcann/protocol/operator'
import { identifierOf, type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import { type RequesterRecord, requesterNoun } from '@dcann/protocol/requester'
import { houses, type RootRecord, rootNoun } from '@dcann/protocol/root'
import { testOpener } from '@dcann/protocol/sealing-key'
import { formatTime } from '@dcann/protocol/time'
import { at, day, now, salt, signers, write, type Written } from './vector.ts'

/** Who signs in the vectors: test keys, all of them, for anyone to make again. */
export const keys = {
  governments: signers('house/governments', 2),
  companies: signers('house/companies', 2),
  citizens: signers('house/citizens', 2),
  technical: signers('house/technical', 2),
  role: signers('root/country', 2),
  rootLog: signers('root/log', 1),
  witnesses: signers('witness', 2),
  country: signers('country', 2),
  countryLog: signers('country/log', 1),
  operator: signers('operator', 2),
  identity: signers('node/identity', 2),
  assertion: signers('node/assertion', 1),
  requester: signers('requester', 2),
  control: signers('control', 2),
  newcomer: signers('newcomer', 2),
  stranger: signers('stranger', 1),
} as const

const year = formatTime(now + 365 * day)
const genesis = { v: 1 as const, seq: 1, prev: null, at }

/** What a node or an offer has things sealed to. */
export const sealingKey = testOpener('vectors/sealing').key

export function keySet(of: readonly Signer[]): { keys: string[]; threshold: number; next: string[] } {
  return { keys: of.map(({ key }) => key), threshold: of.length, next: [] }
}

/** The key at a place; that there is none is a fault of whoever makes the vector. */
export function nth(of: readonly Signer[], place: number): Signer {
  const found = of[place]
  if (!found) throw new Error(`making vectors: there is no key ${place}`)
  return found
}

export type Federation = {
  readonly root: Written<RootRecord>
  readonly country: Written<CountryRecord>
  readonly operator: Written<OperatorRecord>
  readonly node: Written<NodeRecord>
  readonly requester: Written<RequesterRecord>
  readonly passport: Written<PassportRecord>
}

/** One record of each noun, each leading to the next. */
export async function makeFederation(): Promise<Federation> {
  const [identity, control, requesterKey] = [nth(keys.identity, 0), nth(keys.control, 0), nth(keys.requester, 0)]
  const root = await write(
    rootNoun,
    {
      ...genesis,
      name: 'root',
      test: true,
      expires: year,
      houses: {
        governments: keySet(keys.governments),
        companies: keySet(keys.companies),
        citizens: keySet(keys.citizens),
        technical: keySet(keys.technical),
      },
      needs: { policy: { least: 3, with: ['citizens'] }, hold: { least: 2, with: ['citizens'] } },
      roles: { country: keySet(keys.role), log: { origin: 'root.dcann.example', key: nth(keys.rootLog, 0).key } },
      witness: {
        quorum: 1,
        witnesses: keys.witnesses.map(({ key }, i) => ({ name: `w${i}.dcann.example/witness`, key, by: `W${i}` })),
      },
    },
    houses.flatMap((house) => keys[house]),
  )
  const country = await write(
    countryNoun,
    {
      ...genesis,
      name: 'country/EE',
      ...keySet(keys.country),
      urls: ['https://registry.example'],
      log: { origin: 'ee.dcann.example', key: nth(keys.countryLog, 0).key },
      status: 'active',
      bounds: { passports_per_day: 1000, acts_per_second: 100 },
      hold: [],
    },
    [...keys.role, ...keys.country],
  )
  const operator = await write(
    operatorNoun,
    {
      ...genesis,
      name: 'EE/operator/laht',
      legal_name: 'Laht Andmed (made up)',
      lei: null,
      ...keySet(keys.operator),
      contacts: { email: 'operator@example.org' },
      status: 'active',
      valid: { from: at, until: year },
    },
    [...keys.country, ...keys.operator],
  )
  const node = await write(
    nodeNoun,
    {
      ...genesis,
      name: 'EE/node/tallinn',
      operator: 'EE/operator/laht',
      url: 'https://tallinn.example',
      identity_key: identity.key,
      assertion_key: nth(keys.assertion, 0).key,
      sealing_key: sealingKey,
      region: 'EE-37',
      ttl: 3600,
      status: 'active',
      next: [keyDigest(nth(keys.identity, 1).key)],
    },
    [...keys.operator, identity],
  )
  const requester = await write(
    requesterNoun,
    {
      ...genesis,
      name: 'EE/requester/insurer',
      legal_name: 'Kindel Kindlustus (made up)',
      lei: null,
      kind: 'company',
      keys: [requesterKey.key],
      next: [keyDigest(nth(keys.requester, 1).key)],
      uses: [
        {
          purpose: 'dpv:PersonalisedBenefits',
          categories: ['pd:TravelHistory', 'pd:Age'],
          used_by: ['pricing'],
          bought_in: [],
          notice: 'https://insurer.example/notice',
        },
      ],
      offers: 'https://insurer.example/offers',
      inbox: 'https://insurer.example/inbox',
      control: { parent: null, exception: 'natural-persons', evidence: null, as_of: at, epoch: 1 },
      contacts: { email: 'privacy@example.org' },
      authority: 'Data protection inspectorate (made up)',
      status: 'active',
    },
    [...keys.country, requesterKey],
  )
  const nameless: Omit<PassportRecord, 'name'> = {
    ...genesis,
    keys: [control.key],
    next: [keyDigest(nth(keys.control, 1).key)],
    recovery: null,
    home: { node: 'EE/node/tallinn', key: identity.key },
    status: 'active',
    salt: salt(1),
  }
  const passport = await write(passportNoun, { ...nameless, name: identifierOf('EE', nameless) }, [control, identity])
  return { root, country, operator, node, requester, passport }
}
