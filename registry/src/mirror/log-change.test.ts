import { createLogger } from '@dcann/http/log'
import { base64Url, textOf } from '@dcann/protocol/bytes'
import { countryNoun } from '@dcann/protocol/country'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { parseCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { parseNote } from '@dcann/protocol/log/note'
import type { Log } from '@dcann/protocol/log/succession'
import { rootNoun } from '@dcann/protocol/root'
import { createLogClient } from '@dcann/sdk/log-client'
import { createResolver } from '@dcann/sdk/resolver'
import { seenInMemory } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import { describe, expect, test } from 'vitest'
import {
  castUrls,
  makeCast,
  makeHolder,
  signAfter,
  signPassport,
  signPassportAfter,
  witnessName,
  type Written,
} from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { castNow, type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { withEntries } from '../../../test/scripted-source.ts'
import { checkLogs } from '../log/check-log.ts'
import { memoryKeeper } from '../log/keeper.ts'
import { createHander } from '../witness/hand-head.ts'
import { takeDelegations } from '../zones/job.ts'
import { followZone } from './job.ts'
import { openWatch } from './watch.ts'

const now = castNow
const cast = await makeCast('log-change', now)
const { IN } = cast.countries
const logs = [1, 2].map((n) => ({
  IN: { origin: `in-${n + 1}.dcann.example`, signer: testSigner(`log-change/IN/${n}`) },
  root: { origin: `root-${n + 1}.dcann.example`, signer: testSigner(`log-change/root/${n}`) },
}))
const [second, third] = [logs[0]!, logs[1]!]
const logger = createLogger({ name: 'mirror', level: 'silent' })
const houses = Object.values(cast.houses).flat()

const headOf = async (at: InProcess, zone = 'IN'): Promise<string> =>
  textOf(await at.bytes(`/v1/zones/${zone}/checkpoint`))
const read = (note: string): ReturnType<typeof parseCheckpoint> => parseCheckpoint(parseNote(note).text)
const named = ({ origin, signer }: { origin: string; signer: Signer }): Log => ({ origin, key: signer.key })
const frozenAt = (note: string): { size: number; root: string } => ({
  size: read(note).size,
  root: base64Url(read(note).root),
})

/** The next version of IN's delegation, or of the root, with another log. */
async function namingIn(held: Written<typeof IN.record.payload>, log: Log, note: string) {
  const signers = [...cast.roles.country, ...IN.keys]
  return await signAfter(countryNoun, held, { log, frozen: frozenAt(note) }, signers, now)
}
async function namingRoot(held: typeof cast.root, log: Log, note: string) {
  const roles = { ...held.payload.roles, log }
  return await signAfter(rootNoun, held, { roles, frozen: frozenAt(note) }, houses, now)
}

async function follow(origin: Pick<InProcess, 'fetch'>, zones: readonly string[], witness = false): Promise<InProcess> {
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  return await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map(zones.map((zone) => [zone, client])),
    ...(witness ? { witness: { name: witnessName('university'), signer: cast.witnesses.university } } : {}),
  })
}

const takeIn = async ({ registry: { follower } }: InProcess, note: string, zone = 'IN'): Promise<void> =>
  await follower.takeIn(zone, await follower.prove(zone, note), now)

/** Somebody is born, so that the log goes on. */
async function goOn(at: InProcess, label: string): Promise<void> {
  const born = await signPassport(makeHolder(label), 'IN', cast.nodes.pune, now)
  expect((await at.post(born.signed)).status).toBe(201)
}

/** A registry whose zone IN went over to a second log and on to a third, with the head before and after each. */
async function changedTwice() {
  const signers = { ...IN.log, next: second.IN.signer }
  const store = memoryStore()
  const keeper = memoryKeeper()
  const first = await openInProcess({ cast, store, keeper, logKeys: { IN: signers } })
  await goOn(first, 'before')
  const before = await headOf(first)
  const one = await namingIn(IN.record, named(second.IN), before)
  expect((await first.post(one.signed)).status).toBe(201)
  const changed = await headOf(first)
  await goOn(first, 'between')
  const between = await headOf(first)
  const next = { ...second.IN.signer, next: third.IN.signer }
  const origin = await openInProcess({ cast, store, keeper, logKeys: { IN: next } })
  const two = await namingIn(one, named(third.IN), between)
  expect((await origin.post(two.signed)).status).toBe(201)
  await goOn(origin, 'after')
  return { origin, heads: { before, changed, between, after: await headOf(origin) }, one, two }
}

const twice = await changedTwice()

describe('a log key that is replaced', () => {
  test('signs from the head of the act on that names it, and the one before up to there', async () => {
    const { heads } = twice
    expect(Object.values(heads).map((note) => read(note).origin)).toEqual([
      'in.dcann.example',
      second.IN.origin,
      second.IN.origin,
      third.IN.origin,
    ])
    expect((await checkLogs(twice.origin.registry.store, undefined)).problems).toEqual([])
  })

  test.each([
    ['from nothing', []],
    ['from before both changes', ['before']],
    ['from between them', ['before', 'between']],
  ] as const)('a mirror of this zone alone takes it over %s', async (_what, steps) => {
    const mirror = await follow(twice.origin, ['IN'])
    for (const step of steps) await takeIn(mirror, twice.heads[step])
    await takeIn(mirror, twice.heads.after)
    expect(mirror.registry.heads.get('IN')?.root).toEqual(twice.origin.registry.heads.get('IN')?.root)
    // one that lags shows what was so, and is no liar for it
    for (const note of Object.values(twice.heads)) await takeIn(mirror, note)
    expect((await checkLogs(mirror.registry.store, undefined)).problems).toEqual([])
  })

  test('a witness cosigns across the change, a watch that was behind raises no alarm', async () => {
    const { origin, heads } = twice
    const witness = await follow(origin, ['IN'], true)
    await takeIn(witness, heads.before)
    const hander = createHander({ ...origin.registry, fetch: witness.fetch })
    expect(await hander.hand('IN', 'https://witness.example/v1', 0, now)).toBe(read(heads.after).size)
    const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
    const look = await openWatch({ root: [cast.root.signed], zones: new Map([['IN', [client]]]) })
    expect((await look(now)).alarms).toEqual([])
    expect((await look(now)).watched).toMatchObject([{ zone: 'IN', size: read(heads.after).size }])
  })

  test('a witness that has cosigned the head before finds the new log by what it goes on from', async () => {
    const origin = await openInProcess({ cast, logKeys: { IN: { ...IN.log, next: second.IN.signer } } })
    const witness = await follow(origin, ['IN'], true)
    const hander = createHander({ ...origin.registry, fetch: witness.fetch })
    const size = await hander.hand('IN', 'https://witness.example/v1', 0, now)
    const note = await headOf(origin)
    expect((await origin.post((await namingIn(IN.record, named(second.IN), note)).signed)).status).toBe(201)
    expect(await hander.hand('IN', 'https://witness.example/v1', size, now)).toBe(size + 2)
  })

  test('a client that remembers the head before resolves on, one that has seen the new one goes not back', async () => {
    const origin = await openInProcess({ cast, logKeys: { IN: { ...IN.log, next: second.IN.signer } } })
    const seen = seenInMemory()
    const resolver = await createResolver({
      world: { fetch: origin.fetch, now: () => now, random: (n) => new Uint8Array(n), seen },
      pinned: cast.root.signed,
      registries: [castUrls.registry],
    })
    expect((await resolver.resolveName('IN/node/pune')).record).toBeDefined()
    const note = await headOf(origin)
    await origin.post((await namingIn(IN.record, named(second.IN), note)).signed)
    expect((await resolver.resolveName('IN/node/pune', { fresh: true })).head.size).toBe(read(note).size + 2)
  })
})

describe('a head by another log than its own acts name is refused', () => {
  const signers = new Map([
    ['the first', { origin: 'in.dcann.example', signer: IN.log }],
    ['the second', second.IN],
    ['the third', third.IN],
    ['a stranger', { origin: 'in-4.dcann.example', signer: testSigner('log-change/stranger') }],
    ['a stranger under the third origin', { ...third.IN, signer: testSigner('log-change/stranger') }],
    ['the third under the second origin', { ...third.IN, origin: second.IN.origin }],
  ])
  test.each([
    ['the first', 'changed'],
    ['the first', 'after'],
    ['the second', 'before'],
    ['the second', 'after'],
    ['the third', 'before'],
    ['the third', 'changed'],
    ['the third', 'between'],
    ['a stranger', 'after'],
    ['a stranger under the third origin', 'after'],
    ['the third under the second origin', 'after'],
  ] as const)('%s signs the head %s', async (who, when) => {
    const { origin, signer } = signers.get(who)!
    const { size, root } = read(twice.heads[when])
    const forged = await signCheckpoint({ origin, size, root }, signer)
    // followers that hold nothing, less than the head, and more
    for (const held of [undefined, 'before', 'after'] as const) {
      const mirror = await follow(twice.origin, ['IN'])
      if (held) await takeIn(mirror, twice.heads[held])
      expect([who, when, held, await codeOf(async () => await takeIn(mirror, forged))]).toEqual([
        who,
        when,
        held,
        'key-unknown',
      ])
    }
  })

  test('the first goes on after the change, with acts of its own', async () => {
    const born = await signPassport(makeHolder('a thief'), 'IN', cast.nodes.pune, now)
    const forked = await withEntries(twice.origin, 'IN', IN.log, [born], now)
    const note = await signCheckpoint({ ...read(forked.checkpoint), origin: 'in.dcann.example' }, IN.log)
    expect(await codeOf(async () => await takeIn(await follow(forked, ['IN']), note))).toBe('key-unknown')
    // and before it, a past of its own: whoever followed on finds two
    const other = await openInProcess({ cast })
    for (const label of ['x', 'y', 'z']) await goOn(other, label)
    const mirror = await follow(twice.origin, ['IN'])
    await takeIn(mirror, twice.heads.after)
    expect(await codeOf(async () => await takeIn(mirror, await headOf(other)))).toBe('forked')
  })

  test('a delegation that the rules refuse names nobody', async () => {
    const origin = await openInProcess({ cast })
    const by = named({ ...second.IN })
    const forged = await signAfter(
      countryNoun,
      IN.record,
      { log: by, frozen: frozenAt(await headOf(origin)) },
      IN.keys,
      now,
    )
    const { fetch, checkpoint } = await withEntries(origin, 'IN', second.IN.signer, [forged], now)
    const note = await signCheckpoint({ ...read(checkpoint), origin: second.IN.origin }, second.IN.signer)
    expect(await codeOf(async () => await takeIn(await follow({ fetch }, ['IN']), note))).toBe('evidence-broken')
  })
})

test("the root's own log key is replaced the same way", async () => {
  const origin = await openInProcess({ cast, logKeys: { root: { ...cast.roles.log, next: second.root.signer } } })
  const mirror = await follow(origin, ['root', 'IN'])
  const behind = await follow(origin, ['root'])
  const followAll = async (at: InProcess): Promise<void> => {
    for (const zone of at.registry.sources.keys())
      await followZone(at.registry, zone, logger)(new AbortController().signal, () => now)
  }
  await followAll(mirror)
  const note = await headOf(origin, 'root')
  const version = await namingRoot(cast.root, named(second.root), note)
  expect((await origin.post(version.signed)).status).toBe(201)
  const suspended = await signAfter(countryNoun, IN.record, { status: 'suspended' }, IN.keys, now)
  expect((await origin.post(suspended.signed)).status).toBe(201)
  for (const one of [mirror, behind]) {
    await followAll(one)
    expect(one.registry.heads.get('root')?.root).toEqual(origin.registry.heads.get('root')?.root)
    expect(read(await headOf(one, 'root')).origin).toBe(second.root.origin)
  }
  const resolver = await createResolver({
    world: { fetch: origin.fetch, now: () => now, random: (n) => new Uint8Array(n), seen: seenInMemory() },
    pinned: cast.root.signed,
    registries: [castUrls.registry],
  })
  expect((await resolver.resolveName('country/IN', { kind: 'country' })).record?.payload.status).toBe('suspended')
  const { size, root } = read(await headOf(origin, 'root'))
  const old = await signCheckpoint({ origin: 'root.dcann.example', size, root }, cast.roles.log)
  expect(await codeOf(async () => await takeIn(mirror, old, 'root'))).toBe('key-unknown')
})

describe('frozen', () => {
  test('is refused where it is no head of the log that is kept here', async () => {
    const origin = await openInProcess({ cast, logKeys: { IN: { ...IN.log, next: second.IN.signer } } })
    const { size, root } = read(await headOf(origin))
    for (const frozen of [
      { size: size + 1, root: base64Url(root) },
      { size: size - 1, root: base64Url(root) },
    ]) {
      const signed = await signAfter(
        countryNoun,
        IN.record,
        { log: named(second.IN), frozen },
        [...cast.roles.country, ...IN.keys],
        now,
      )
      expect((await origin.post(signed.signed)).code).toBe('rule-broken')
    }
  })

  test('a registry without the root takes such a delegation in and signs nothing, and followers refuse', async () => {
    const origin = await openInProcess({
      cast,
      zones: ['IN'],
      records: [cast.countries.IN.record.signed],
      logKeys: { IN: { ...IN.log, next: second.IN.signer } },
    })
    const { size, root } = read(await headOf(origin))
    const frozen = { size, root: base64Url(root.map((byte) => byte ^ 1)) }
    const signers = [...cast.roles.country, ...IN.keys]
    const wrong = await signAfter(countryNoun, IN.record, { log: named(second.IN), frozen }, signers, now)
    expect((await origin.post(wrong.signed)).status).toBe(201)
    expect(read(await headOf(origin)).size).toBe(size)
    const honest = await openInProcess({ cast, zones: ['IN'], records: [cast.countries.IN.record.signed] })
    const { fetch, checkpoint } = await withEntries(honest, 'IN', second.IN.signer, [wrong], now)
    const note = await signCheckpoint({ ...read(checkpoint), origin: second.IN.origin }, second.IN.signer)
    expect(await codeOf(async () => await takeIn(await follow({ fetch }, ['IN']), note))).toBe('forked')
  })
})

test('a zone goes to another registry over the store of a mirror, with a log that begins where the mirror is', async () => {
  const origin = await openInProcess({ cast })
  await goOn(origin, 'at the old one')
  const mirror = await follow(origin, ['IN'])
  await takeIn(mirror, await headOf(origin))
  const moved = await namingIn(IN.record, named(second.IN), await headOf(mirror))
  const { store } = mirror.registry
  const promoted = await openInProcess({ cast, zones: ['IN'], records: [], store, logKeys: { IN: second.IN.signer } })
  expect((await promoted.post(moved.signed)).status).toBe(201)
  await goOn(promoted, 'at the new one')
  expect(read(await headOf(promoted)).origin).toBe(second.IN.origin)
  const behind = await follow(promoted, ['IN'])
  await takeIn(behind, await headOf(origin))
  await takeIn(behind, await headOf(promoted))
  expect(behind.registry.heads.get('IN')?.root).toEqual(promoted.registry.heads.get('IN')?.root)
  expect((await checkLogs(store, undefined)).problems).toEqual([])
})

test("takeDelegations takes a new version into a country's own registry, which only follows the root", async () => {
  const origin = await openInProcess({ cast, zones: ['root'], records: cast.records.slice(0, 3) })
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  const own = await openInProcess({
    cast,
    zones: ['IN'],
    records: [],
    sources: new Map([['root', client]]),
    logKeys: { IN: { ...IN.log, next: second.IN.signer } },
  })
  const round = async (): Promise<void> => {
    const { signal } = new AbortController()
    await followZone(own.registry, 'root', logger)(signal, () => now)
    await takeDelegations(own.registry, logger)(signal, () => now)
  }
  await round()
  await goOn(own, 'under the first version')
  const moved = await namingIn(IN.record, named(second.IN), await headOf(own))
  const suspended = await signAfter(countryNoun, moved, { status: 'suspended' }, IN.keys, now)
  for (const { signed } of [moved, suspended]) expect((await origin.post(signed)).status).toBe(201)
  await round()
  await round()
  const { body } = await own.get('/v1/zones/IN/record?name=country/IN')
  expect(body).toMatchObject({ records: [IN.record.signed, moved.signed, suspended.signed] })
  expect(read(await headOf(own)).origin).toBe(second.IN.origin)
})

test('a holder who changes the passport meanwhile loses nothing', async () => {
  const origin = await openInProcess({ cast, logKeys: { IN: { ...IN.log, next: second.IN.signer } } })
  const holder = makeHolder('meanwhile')
  const born = await signPassport(holder, 'IN', cast.nodes.pune, now)
  const change = await namingIn(IN.record, named(second.IN), await headOf(origin))
  const next = await signPassportAfter(born, holder, {}, now)
  const answers = await Promise.all([born, change, next].map(({ signed }) => origin.post(signed)))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
  await takeIn(await follow(origin, ['IN']), await headOf(origin))
})
