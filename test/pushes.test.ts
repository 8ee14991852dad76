import { testSigner } from '@dcann/protocol/key'
import { limits } from '@dcann/protocol/limits'
import { makeCapability, makeCapabilityEnd } from '@dcann/sdk/capability'
import { importJWK, jwtVerify } from 'jose'
import { beforeEach, expect, test } from 'vitest'
import { callerOf } from './laid.ts'
import { codeOf } from './code-of.ts'
import { offerOf, type Person, ridesTerm, settlePerson } from './consented.ts'
import { type Network, startNetwork } from './network.ts'

type Came = { readonly path: string; readonly headers: Headers; readonly body: string }

let network: Network
let person: Person
let came: Came[]
/** How the push service answers, by path. */
let answers: Record<string, number>
let people = 0

beforeEach(async () => {
  came = []
  answers = {}
  network = await startNetwork({
    seed: 'pushes',
    hosts: {
      'push.example': async (request) => {
        const { pathname: path } = new URL(request.url)
        came.push({ path, headers: request.headers, body: await request.text() })
        return new Response(null, { status: answers[path] ?? 201 })
      },
    },
  })
  person = await settlePerson(network.world(), `pushes ${people++}`, 'EE', network.cast.nodes.tallinn)
})

/** Something that she is to be told soon. */
async function ask(): Promise<void> {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(network.world(), insurer, [ridesTerm('rides', ['rides_per_week'])])
  await person.vault.propose(callerOf(insurer), person.identifier, offer.signed)
}

test('a push is empty, says by whom it is in a way that others can check, and is one for all that waits', async () => {
  await person.vault.addPush(person.by, 'https://push.example/a')
  await network.round()
  expect(came.map(({ path }) => path)).toEqual([])
  await ask()
  await ask()
  await network.round()
  await network.round()
  expect(came).toHaveLength(1)
  const [{ headers, body }] = came as [Came]
  expect(body).toBe('')
  expect(headers.get('ttl')).toBe('86400')
  const [, token = '', k] = /^vapid t=([^,]+), k=([A-Za-z0-9_-]{87})$/.exec(headers.get('authorization') ?? '') ?? []
  const node = await person.vault.describe()
  expect(k).toBe(node.push_key)
  const point = Buffer.from(node.push_key, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const key = await importJWK({ kty: 'EC', crv: 'P-256', x: x!, y: y! }, 'ES256')
  const proved = await jwtVerify(token, key, {
    audience: 'https://push.example',
    subject: person.vault.url,
    currentDate: new Date(network.time.now() * 1000),
  })
  expect(proved.payload.exp! - network.time.now()).toBeLessThanOrEqual(86_400)
  expect(JSON.stringify([...headers])).not.toContain(person.identifier)
})

test('a push that is not taken is sent again, also by a node that was killed, and to no other address twice', async () => {
  await person.vault.addPush(person.by, 'https://push.example/fails')
  await person.vault.addPush(person.by, 'https://push.example/takes')
  answers['/fails'] = 503
  await ask()
  await network.round()
  expect(came.map(({ path }) => path).sort()).toEqual(['/fails', '/takes'])
  // less and less often
  await network.round()
  expect(came).toHaveLength(2)
  answers['/fails'] = 201
  await network.again('tallinn')
  await network.round()
  await network.round()
  expect(came.map(({ path }) => path).sort()).toEqual(['/fails', '/fails', '/takes'])
})

test('a push is given up after a week', async () => {
  await person.vault.addPush(person.by, 'https://push.example/fails')
  answers['/fails'] = 503
  await ask()
  await network.round()
  network.time.pass(8 * 86_400)
  await network.round()
  network.time.pass(8 * 86_400)
  await network.round()
  expect(came).toHaveLength(1)
})

test('an address that is gone is forgotten, and one that is ended is woken no more', async () => {
  await person.vault.addPush(person.by, 'https://push.example/gone')
  const { push } = await person.vault.addPush(person.by, 'https://push.example/ended')
  answers['/gone'] = 410
  await ask()
  await network.round()
  await person.vault.endPush(person.by, push)
  expect((await person.vault.listPushes(person.by)).pushes).toEqual([])
  came = []
  await ask()
  await network.round()
  expect(came).toEqual([])
  expect(await codeOf(() => person.vault.endPush(person.by, push))).toBe('not-found')
  const { lines } = await person.vault.readTrail(person.by, { limit: 100 })
  const added = lines.filter(({ entry }) => entry.kind === 'notice').map(({ entry }) => entry.outcome)
  expect(added).toEqual(['push-added', 'push-added', 'push-ended'])
})

test('a device that has lost its right is woken no more', async () => {
  const device = testSigner('pushes/device')
  const until = Math.floor(network.time.now()) + 86_400
  const world = network.world()
  const given = { passport: person.identifier, key: device.key, right: 'all' as const, until }
  await person.vault.makeCapability(await makeCapability(world, given, person.by.signer))
  await person.vault.addPush({ from: person.identifier, signer: device }, 'https://push.example/device')
  await ask()
  await network.round()
  expect(came).toHaveLength(1)
  await person.vault.endCapability(await makeCapabilityEnd(world, person.identifier, device.key, person.by.signer))
  await network.round()
  await ask()
  await network.round()
  expect(came).toHaveLength(1)
})

test('an address that may not be called is refused, and one too many', async () => {
  expect(await codeOf(() => person.vault.addPush(person.by, 'http://push.example/a'))).toBe('schema-mismatch')
  for (const endpoint of ['https://10.0.0.1/a', 'https://a.internal/', 'https://push.example:22/?token=a'])
    expect(await codeOf(() => person.vault.addPush(person.by, endpoint))).toBe('rule-broken')
  for (let i = 0; i < limits.pushes; i++) await person.vault.addPush(person.by, `https://push.example/${i}`)
  await person.vault.addPush(person.by, 'https://push.example/0')
  expect(await codeOf(() => person.vault.addPush(person.by, 'https://push.example/more'))).toBe('bound-crossed')
})
