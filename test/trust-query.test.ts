import { countryNoun } from '@dcann/protocol/country'
import { formatTime } from '@dcann/protocol/time'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import {
  type AuthorizationAnswer,
  authorizationAnswer,
  recognitionAnswer,
  type TrustQuery,
} from '@dcann/protocol/trust-query'
import { askAuthorization, judgeAuthorization } from '@dcann/sdk/trust-query'
import type { World } from '@dcann/sdk/world'
import { beforeAll, describe, expect, test } from 'vitest'
import { castUrls, signAfter } from './cast.ts'
import { codeOf } from './code-of.ts'
import { type Network, startNetwork } from './network.ts'

let network: Network
let before: string
const at = castUrls.registry
const insurer = {
  entity_id: 'EE/requester/insurer',
  authority_id: 'country/EE',
  action: 'request',
  resource: 'dpv:PersonalisedBenefits/pd:TravelHistory',
}
const ofEe = { authority_id: 'country/EE' }

beforeAll(async () => {
  network = await startNetwork({ seed: 'trust-query' })
  network.time.pass(60)
  const now = (): number => Math.floor(network.time.now())
  before = formatTime(now())
  network.time.pass(60)
  const { cast } = network
  const drained = await signAfter(
    nodeNoun,
    cast.nodes.pune.record,
    { status: 'draining' },
    [cast.nodes.pune.identity],
    now(),
  )
  const held = await signAfter(
    countryNoun,
    cast.countries.IN.record,
    { hold: ['IN/requester/rides'] },
    cast.countries.IN.keys,
    now(),
  )
  const ended = await signAfter(
    operatorNoun,
    cast.operators.laht.record,
    { status: 'ended' },
    cast.operators.laht.keys,
    now(),
  )
  await network.submit(drained.signed, held.signed, ended.signed)
  network.time.pass(20)
})

const options = (world: World = network.world()) => ({ world, pinned: network.cast.root.signed, registries: [at], at })

async function post(path: string, body: string): Promise<{ status: number; body: unknown }> {
  const answer = await network.fetch(at + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return { status: answer.status, body: JSON.parse(await answer.text()) }
}

const cases: [string, boolean, TrustQuery][] = [
  ['a requester for what it is registered for', true, insurer],
  ['a purpose alone', true, { ...insurer, resource: 'dpv:PersonalisedBenefits' }],
  ['a category that it is not registered for', false, { ...insurer, resource: 'dpv:PersonalisedBenefits/pd:Income' }],
  ['a purpose that it is not registered for', false, { ...insurer, resource: 'dpv:Marketing' }],
  ['another authority', false, { ...insurer, authority_id: 'country/IN' }],
  ['the root over the head of its country', false, { ...insurer, authority_id: 'root' }],
  ['nobody', false, { ...insurer, entity_id: 'EE/requester/nobody' }],
  ['no name at all', false, { ...insurer, entity_id: 'did:example:x' }],
  ['a passport', false, { ...insurer, entity_id: `EE${'0'.repeat(26)}` }],
  ['another action', false, { ...insurer, action: 'operate' }],
  [
    'a requester that the houses hold',
    false,
    {
      entity_id: 'IN/requester/rides',
      authority_id: 'country/IN',
      action: 'request',
      resource: 'dpv:ServiceProvision',
    },
  ],
  [
    'an operator',
    true,
    { entity_id: 'IN/operator/sahyadri', authority_id: 'country/IN', action: 'operate', resource: 'vault-node' },
  ],
  [
    'an operator that has ended',
    false,
    { ...ofEe, entity_id: 'EE/operator/laht', action: 'operate', resource: 'vault-node' },
  ],
  [
    'that operator before it ended',
    true,
    { ...ofEe, entity_id: 'EE/operator/laht', action: 'operate', resource: 'vault-node', context: { time: 'before' } },
  ],
  [
    'a node whose operator has ended',
    false,
    { ...ofEe, entity_id: 'EE/node/tallinn', action: 'host', resource: 'passports' },
  ],
  [
    'a node that drains',
    false,
    { entity_id: 'IN/node/pune', authority_id: 'country/IN', action: 'host', resource: 'passports' },
  ],
  [
    'that node before it drained',
    true,
    {
      entity_id: 'IN/node/pune',
      authority_id: 'country/IN',
      action: 'host',
      resource: 'passports',
      context: { time: 'before' },
    },
  ],
  ['a country', true, { entity_id: 'country/EE', authority_id: 'root', action: 'assign', resource: 'identifiers' }],
  [
    'a country, for what is not its own',
    false,
    { entity_id: 'country/EE', authority_id: 'root', action: 'assign', resource: 'zone' },
  ],
]

describe('trust queries', { timeout: 30_000 }, () => {
  test.each(cases)('judge %s: %s', async (_, expected, query) => {
    const asked = query.context ? { ...query, context: { time: before } } : query
    expect((await askAuthorization(options(), asked)).authorized).toBe(expected)
    expect((await judgeAuthorization(await network.resolver(), network.world(), asked)).authorized).toBe(expected)
  })

  test('are plain JSON in any order, and answered in the form of TRQP, the context with it', async () => {
    const body = `{ "resource": "zone", "action": "delegate",\n "authority_id": "root", "entity_id": "country/EE", "context": {"locator": "x"} }`
    const recognition = await post('/v1/recognition', body)
    expect(recognitionAnswer.parse(recognition.body)).toMatchObject({ recognized: true, context: { locator: 'x' } })
    const authorization = await post('/v1/authorization', body)
    expect(authorizationAnswer.parse(authorization.body).proof).toHaveLength(1)
  })

  test.each([
    ['a member is missing', JSON.stringify({ ...insurer, action: undefined }), 400],
    ['a member comes twice', '{"action":"x","action":"y"}', 400],
    ['it is no JSON', '{', 400],
    ['its time is to come', JSON.stringify({ ...insurer, context: { time: '2099-01-01T00:00:00Z' } }), 400],
    ['its time is none', JSON.stringify({ ...insurer, context: { time: 'yesterday' } }), 400],
    [
      'its zone is served elsewhere',
      JSON.stringify({ ...insurer, entity_id: 'FI/requester/x', authority_id: 'country/FI' }),
      404,
    ],
  ])('are refused when %s', async (_, body, status) => {
    expect((await post('/v1/authorization', body)).status).toBe(status)
  })

  test('askAuthorization refuses an answer that its own proof does not bear out', async () => {
    const lying = (lie: (answer: AuthorizationAnswer) => unknown): World => ({
      ...network.world(),
      fetch: async (url, init) => {
        const answer = await network.fetch(url, init)
        if (!url.endsWith('/v1/authorization')) return answer
        return Response.json(lie(authorizationAnswer.parse(JSON.parse(await answer.text()))))
      },
    })
    const ask = async (lie: (answer: AuthorizationAnswer) => unknown, query: TrustQuery = insurer): Promise<string> =>
      await codeOf(() => askAuthorization(options(lying(lie)), query))
    expect(await ask((answer) => ({ ...answer, authorized: false }))).toBe('answer-invalid')
    // a proof without the newest record: what is left does not lead to what the zone states
    const old = (answer: AuthorizationAnswer) => ({
      ...answer,
      authorized: true,
      proof: answer.proof?.map((each) => ({ ...each, records: each.records.slice(0, 1) })),
    })
    const drained = { entity_id: 'IN/node/pune', authority_id: 'country/IN', action: 'host', resource: 'passports' }
    expect(await ask(old, drained)).toBe('chain-missing')
    expect(await ask(({ proof: _, ...answer }) => answer)).toBe('admitted')
  })
})
