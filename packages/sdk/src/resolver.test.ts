import { fromBase64Url, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { countryNoun } from '@dcann/protocol/country'
import type { ErrorCode } from '@dcann/protocol/errors'
import { testSigner } from '@dcann/protocol/key'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { requesterNoun } from '@dcann/protocol/requester'
import {
  type PassportResolution,
  passportResolutionSchema,
  type Resolution,
  resolutionSchema,
} from '@dcann/protocol/resolution'
import { formatTime } from '@dcann/protocol/time'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Cast, makeCast, makeHolder, signAfter, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { problem, type ScriptedRegistry, scriptRegistry } from '../../../test/scripted-registry.ts'
import { createResolver, type Resolver } from './resolver.ts'
import { seenInMemory, type World } from './world.ts'

const start = 1_795_500_000
const holder = makeHolder('asha')
const registries = ['https://registry.example']
let cast: Cast
let now: number
let registry: ScriptedRegistry
let world: World
let resolver: Resolver

beforeEach(async () => {
  now = start
  cast = await makeCast('resolver', start)
  registry = scriptRegistry(cast, () => now)
  world = {
    fetch: registry.fetch,
    now: () => now + 0.5,
    random: (n) => new Uint8Array(n),
    seen: seenInMemory(),
  }
  resolver = await createResolver({ world, pinned: cast.root.signed, registries })
  now += 60
})

const insurer = 'EE/requester/insurer'

describe('resolveName', () => {
  test.for([
    'root',
    'country/IN',
    'country/EE',
    'EE/operator/laht',
    'IN/operator/sahyadri',
    'EE/node/tallinn',
    'IN/node/pune',
    insurer,
    'IN/requester/rides',
  ])('proves %s', async (name) => {
    const resolved = await resolver.resolveName(name)
    expect(resolved.record?.payload.name).toBe(name)
    expect(resolved).toMatchObject({ proof: 'uncosigned', freshness: 'fresh', at: now, failed: [] })
  })

  test('knows the kind it is asked for, and refuses another', async () => {
    const { record } = await resolver.resolveName(insurer, { kind: 'requester' })
    expect(record?.payload.legal_name).toContain('Kindel')
    expect(await codeOf(() => resolver.resolveName(insurer, { kind: 'node' }))).toBe('schema-mismatch')
  })

  test('absence is a result', async () => {
    const { record, chain } = await resolver.resolveName('EE/requester/nobody')
    expect(record).toBeUndefined()
    expect(chain).toEqual([])
  })

  test('a zone that the root does not delegate', async () => {
    expect(await codeOf(() => resolver.resolveName('FR/node/x'))).toBe('wrong-zone')
  })

  test('asks once within the time to live, and again with fresh', async () => {
    await resolver.resolveName(insurer)
    const before = registry.asked.length
    now += 3500
    expect((await resolver.resolveName(insurer)).freshness).toBe('stale')
    expect(registry.asked.length).toBe(before)
    expect((await resolver.resolveName(insurer, { fresh: true })).freshness).toBe('fresh')
    now += 3601
    expect((await resolver.resolveName(insurer)).freshness).toBe('fresh')
  })

  test('absence is believed for its own shorter time', async () => {
    await resolver.resolveName('EE/requester/nobody')
    const before = registry.asked.length
    now += 59
    await resolver.resolveName('EE/requester/nobody')
    expect(registry.asked.length).toBe(before)
    now += 2
    await resolver.resolveName('EE/requester/nobody')
    expect(registry.asked.length).toBe(before + 1)
  })

  test('asks once for many who ask at once', async () => {
    await resolver.resolveName('country/EE')
    const before = registry.asked.length
    await Promise.all(Array.from({ length: 20 }, async () => await resolver.resolveName(insurer)))
    expect(registry.asked.length).toBe(before + 1)
  })

  test('waits 5 s after a failure, then twice as long', async () => {
    registry.lie({ answer: () => 'silence' })
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('unreachable')
    const before = registry.asked.length
    now += 4
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('unreachable')
    expect(registry.asked.length).toBe(before)
    now += 2
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('unreachable')
    expect(registry.asked.length).toBeGreaterThan(before)
    now += 6
    registry.lie({})
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('unreachable')
    now += 5
    expect((await resolver.resolveName(insurer)).record).toBeDefined()
  })

  test('goes on with what it knows while the registry is silent, for a day', async () => {
    await resolver.resolveName(insurer)
    registry.lie({ answer: () => 'silence' })
    now += 7200
    expect((await resolver.resolveName(insurer)).freshness).toBe('stale')
    expect(await codeOf(() => resolver.resolveName(insurer, { fresh: true }))).toBe('unreachable')
    now += 86_400
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('unreachable')
  })

  test('takes up a change of keys all along the way', async () => {
    await resolver.resolveName('EE/node/tallinn')
    const log = testSigner('new log')
    const operatorKeys = [testSigner('new operator')]
    const { laht } = cast.operators
    const identity = testSigner('resolver/EE/node/tallinn/identity/next')
    now += 10
    const country = await signAfter(
      countryNoun,
      cast.countries.EE.record,
      { log: { origin: 'again.ee.dcann.example', key: log.key }, frozen: registry.end('EE') },
      [...cast.roles.country, ...cast.countries.EE.keys],
      now,
    )
    const operator = await signAfter(
      operatorNoun,
      laht.record,
      { keys: operatorKeys.map(({ key }) => key), threshold: 1 },
      [...cast.countries.EE.keys, ...laht.keys, ...operatorKeys],
      now,
    )
    const node = await signAfter(
      nodeNoun,
      cast.nodes.tallinn.record,
      { identity_key: identity.key },
      [...operatorKeys, identity],
      now + 1,
    )
    registry.hold(country.signed, operator.signed, node.signed)
    registry.lie({ sign: () => log }, /^EE/)
    now += 10
    expect((await resolver.resolveName('EE/node/tallinn', { fresh: true })).record?.payload.seq).toBe(2)
  })
})

describe('a registry that lies', () => {
  test.for<[string, Parameters<ScriptedRegistry['lie']>[0], ErrorCode]>([
    ['signs with another zone’s key', { sign: () => testSigner('resolver/country/IN/log') }, 'key-unknown'],
    [
      'changes a signed statement',
      {
        send: (sent) => ({
          ...sent,
          statement: {
            ...sent.statement!,
            payload: Buffer.from(
              canonicalBytes({
                ...JSON.parse(new TextDecoder().decode(fromBase64Url(sent.statement!.payload))),
                ttl: 7200,
              }),
            ).toString('base64url'),
          },
        }),
      },
      'record-signature-invalid',
    ],
    ['says it of another zone', { send: (sent) => ({ ...sent, zone: 'IN' }) }, 'wrong-zone'],
    ['says it of another name', { state: (said) => ({ ...said, name: 'EE/requester/other' }) }, 'wrong-zone'],
    ['signs it for another zone', { state: (said) => ({ ...said, zone: 'IN' }) }, 'wrong-zone'],
    ['says what it said two days ago', { state: (said) => ({ ...said, at: formatTime(start - 172_800) }) }, 'stale'],
    ['dates it in the future', { state: (said) => ({ ...said, at: formatTime(start + 7200) }) }, 'time-invalid'],
    ['leaves the records out', { send: (sent) => ({ ...sent, records: [] }) }, 'chain-missing'],
    ['states another record', { state: (said) => ({ ...said, record: 'A'.repeat(43) }) }, 'chain-missing'],
    ['states absence beside the records', { state: (said) => ({ ...said, record: null }) }, 'chain-broken'],
    ['sends what is no resolution', { send: (sent) => ({ ...sent, extra: 1 }) }, 'answer-invalid'],
    [
      'answers 404 without a statement',
      { answer: (path) => (path.includes('insurer') ? problem(404, 'not-found') : undefined) },
      'answer-invalid',
    ],
    [
      'answers with a web page',
      { answer: (path) => (path.includes('insurer') ? new Response('<html>') : undefined) },
      'answer-invalid',
    ],
    [
      'claims what only a client concludes',
      { answer: (path) => (path.includes('insurer') ? problem(500, 'rollback') : undefined) },
      'answer-invalid',
    ],
    ['is silent', { answer: () => 'silence' }, 'unreachable'],
    ['is not available', { answer: () => problem(503, 'unavailable') }, 'unreachable'],
  ])('%s', async ([, lies, code]) => {
    await resolver.resolveName('country/EE')
    registry.lie(lies, /insurer/)
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe(code)
  })

  test('puts another record into the chain', async () => {
    registry.records.set(insurer, [cast.requesters.rides.record.signed])
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('wrong-zone')
  })

  test('breaks a signature', async () => {
    const [{ protected: header, signature }] = cast.requesters.insurer.record.signed.signatures as [
      { protected: string; signature: string },
    ]
    const { payload, signatures } = cast.requesters.insurer.record.signed
    const broken = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    registry.records.set(insurer, [
      { payload, signatures: [{ protected: header, signature: broken }, ...signatures.slice(1)] },
    ])
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('chain-broken')
  })

  test('appends a record that the country did not sign', async () => {
    const { record, keys } = cast.requesters.insurer
    const alone = await signAfter(requesterNoun, record, { legal_name: 'Someone Else' }, keys, now)
    registry.hold(alone.signed)
    expect(await codeOf(() => resolver.resolveName(insurer))).toBe('chain-broken')
  })

  test('skips a record of the chain', async () => {
    const { record, keys } = cast.requesters.insurer
    const by = [...keys, ...cast.countries.EE.keys]
    const second = await signAfter(requesterNoun, record, { legal_name: 'Two' }, by, now)
    const third = await signAfter(requesterNoun, second, { legal_name: 'Three' }, by, now)
    registry.hold(second.signed, third.signed)
    expect((await resolver.resolveName(insurer)).record?.payload.seq).toBe(3)
    registry.records.set(insurer, [record.signed, third.signed])
    expect(await codeOf(() => resolver.resolveName(insurer, { fresh: true }))).toBe('chain-missing')
    registry.records.set(insurer, [second.signed, third.signed])
    expect(await codeOf(() => resolver.resolveName(insurer, { fresh: true }))).toBe('chain-missing')
  })

  test('goes back to an earlier record, to none, or to another history, even after a restart', async () => {
    const { record, keys } = cast.requesters.insurer
    const by = [...keys, ...cast.countries.EE.keys]
    const second = await signAfter(requesterNoun, record, { legal_name: 'Two' }, by, now)
    const other = await signAfter(requesterNoun, record, { legal_name: 'Other' }, by, now)
    registry.hold(second.signed)
    await resolver.resolveName(insurer)
    const restarted = await createResolver({ world, pinned: cast.root.signed, registries })
    registry.records.set(insurer, [record.signed])
    expect(await codeOf(() => restarted.resolveName(insurer))).toBe('rollback')
    registry.records.set(insurer, [])
    expect(await codeOf(() => restarted.resolveName(insurer, { fresh: true }))).toBe('rollback')
    registry.records.set(insurer, [record.signed, other.signed])
    expect(await codeOf(() => restarted.resolveName(insurer, { fresh: true }))).toBe('chain-broken')
  })

  test('damage to what was seen is no licence to go back', async () => {
    await resolver.resolveName(insurer)
    await world.seen.write(`${cast.root.id}/${insurer}`, utf8('{}'))
    expect(await codeOf(() => resolver.resolveName(insurer, { fresh: true }))).toBe('rollback')
  })
})

describe('several registries', () => {
  test('are asked in order, and those that failed are named', async () => {
    const both = await createResolver({
      world,
      pinned: cast.root.signed,
      registries: ['https://down.example', ...registries],
    })
    const honest = registry.fetch
    const fetch: typeof honest = async (url, init) => {
      if (url.startsWith('https://down.example')) throw new TypeError('fetch failed')
      return await honest(url, init)
    }
    Object.assign(world, { fetch })
    const { failed, source } = await both.resolveName('country/EE', { fresh: true })
    expect(failed).toEqual([{ url: 'https://down.example', code: 'unreachable' }])
    expect(source).toBe('https://registry.example')
  })
})

describe('resolvePassport', () => {
  test('finds the home, also in another country', async () => {
    const passport = await signPassport(holder, 'IN', cast.nodes.tallinn, now)
    registry.hold(passport.signed)
    const typed = `dcann:${passport.payload.name.toLowerCase()}`
    const located = await resolver.resolvePassport(typed)
    expect(located.kind).toBe('passport')
    expect(located.home?.node.payload.url).toBe('https://tallinn.example')
    expect(located.home?.country.payload.name).toBe('country/EE')
  })

  test('an absent and an ended passport have no home', async () => {
    const passport = await signPassport(holder, 'IN', cast.nodes.pune, now)
    expect((await resolver.resolvePassport(passport.payload.name)).home).toBeUndefined()
    const ended = await signPassportAfter(passport, holder, { status: 'ended' }, now)
    registry.hold(passport.signed, ended.signed)
    now += 61
    const located = await resolver.resolvePassport(passport.payload.name)
    expect(located).toMatchObject({ kind: 'passport', passport: { record: { payload: { status: 'ended' } } } })
    expect(located.home).toBeUndefined()
  })

  test('follows a node to a key it announced', async () => {
    const passport = await signPassport(holder, 'EE', cast.nodes.tallinn, now)
    const identity = testSigner('resolver/EE/node/tallinn/identity/next')
    const node = await signAfter(
      nodeNoun,
      cast.nodes.tallinn.record,
      { identity_key: identity.key, next: [] },
      [...cast.operators.laht.keys, identity],
      now,
    )
    registry.hold(passport.signed, node.signed)
    expect((await resolver.resolvePassport(passport.payload.name)).home?.node.payload.identity_key).toBe(identity.key)
  })

  test('refuses a node that is not the one the holder chose', async () => {
    const imposter = { ...cast.nodes.tallinn, identity: testSigner('imposter') }
    const passport = await signPassport(holder, 'EE', imposter, now)
    registry.hold(passport.signed)
    expect(await codeOf(() => resolver.resolvePassport(passport.payload.name))).toBe('chain-broken')
  })

  test('refuses a home whose operator or country may not answer', async () => {
    const passport = await signPassport(holder, 'EE', cast.nodes.tallinn, now)
    registry.hold(passport.signed)
    const { laht } = cast.operators
    registry.hold((await signAfter(operatorNoun, laht.record, { status: 'suspended' }, laht.keys, now)).signed)
    expect(await codeOf(() => resolver.resolvePassport(passport.payload.name))).toBe('not-active')
    const { EE } = cast.countries
    registry.records.set('EE/operator/laht', [laht.record.signed])
    registry.hold((await signAfter(countryNoun, EE.record, { status: 'suspended' }, EE.keys, now)).signed)
    const other = await createResolver({
      world: { ...world, seen: seenInMemory() },
      pinned: cast.root.signed,
      registries,
    })
    expect(await codeOf(() => other.resolvePassport(passport.payload.name))).toBe('not-active')
  })

  test('reads a handle’s address as a hint', async () => {
    const handle = '0123456789abcdefghjkmnpqrs'
    const located = await resolver.resolvePassport(`${handle}@EE/node/tallinn`)
    expect(located).toMatchObject({ kind: 'handle', handle, home: { node: { payload: { name: 'EE/node/tallinn' } } } })
  })

  test('refuses what is neither', async () => {
    expect(await codeOf(() => resolver.resolvePassport('nobody'))).toBe('identifier-invalid')
  })

  describe('with node and operator in the passport’s answer', () => {
    const nodeAt = '/v1/zones/EE/record?name=EE%2Fnode%2Ftallinn'
    const operatorAt = '/v1/zones/EE/record?name=EE%2Foperator%2Flaht'
    const asked = (): string[] => registry.asked.filter((path) => path === nodeAt || path === operatorAt)
    let identifier = ''

    /** The registry, whose answers about passports have these two along; what it is asked for them is counted. */
    async function along(change: (node: Resolution, operator: Resolution) => Partial<PassportResolution>) {
      const passport = await signPassport(holder, 'IN', cast.nodes.tallinn, now)
      identifier = passport.payload.name
      registry.hold(passport.signed)
      const read = async (path: string): Promise<unknown> =>
        await (await registry.fetch(`https://registry.example${path}`)).json()
      const fetch: World['fetch'] = async (url, init) => {
        if (!url.includes('/v1/resolve/')) return await registry.fetch(url, init)
        const body = passportResolutionSchema.parse(await (await registry.fetch(url, init)).json())
        const others = [await read(nodeAt), await read(operatorAt)].map((each) => resolutionSchema.parse(each))
        registry.asked.length = 0
        return Response.json({ ...body, ...change(others[0]!, others[1]!) })
      }
      return await createResolver({ world: { ...world, fetch }, pinned: cast.root.signed, registries })
    }
    const homeOf = async (from: Resolver, options = {}): Promise<string | undefined> => {
      const located = await from.resolvePassport(identifier, options)
      return located.home?.node.payload.url
    }

    test.each([{}, { fresh: true }])('asks for neither again: %o', async (options) => {
      const resolver = await along((node, operator) => ({ node, operator }))
      expect(await homeOf(resolver, options)).toBe('https://tallinn.example')
      expect(asked()).toEqual([])
    })

    test.each<[string, (node: Resolution, operator: Resolution) => Partial<PassportResolution>, string[]]>([
      ['says that the node is absent', (node, operator) => ({ node: { ...node, records: [] }, operator }), [nodeAt]],
      ['leaves the node’s proof out', ({ proof: _, ...node }, operator) => ({ node, operator }), [nodeAt]],
      [
        'has another’s proof for the operator',
        (node, operator) => ({ node, operator: { ...operator, proof: node.proof } }),
        [operatorAt],
      ],
      ['has the operator as the node', (_, operator) => ({ node: operator, operator }), [nodeAt]],
      ['has neither', () => ({}), [nodeAt, operatorAt]],
    ])('asks for what does not hold when it %s', async (_what, change, again) => {
      const resolver = await along(change)
      expect(await homeOf(resolver)).toBe('https://tallinn.example')
      expect(asked()).toEqual(again)
    })

    test('believes none that is old, nor any from what was kept', async () => {
      let old: [Resolution, Resolution] | undefined
      const resolver = await along((node, operator) => {
        old ??= [node, operator]
        return { node: old[0], operator: old[1] }
      })
      expect(await homeOf(resolver)).toBe('https://tallinn.example')
      expect(asked()).toEqual([])
      now += 601
      expect(await homeOf(resolver, { fresh: true })).toBe('https://tallinn.example')
      expect(asked()).toEqual([nodeAt, operatorAt])
    })
  })
})

describe('listNames', () => {
  test('lists, and refuses a foreign name', async () => {
    expect(await Array.fromAsync(resolver.listNames('EE', 'requester'))).toEqual([insurer, 'EE/requester/health'])
    registry.lie({
      answer: (path) =>
        path.includes('/records')
          ? Response.json({ zone: 'EE', records: [{ name: 'IN/requester/x', seq: 1, id: 'A'.repeat(43) }] })
          : undefined,
    })
    expect(await codeOf(() => Array.fromAsync(resolver.listNames('EE', 'requester')))).toBe('wrong-zone')
  })
})
