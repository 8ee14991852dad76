import { houses, rootNoun } from '@dcann/protocol/root'
import { utf8 } from '@dcann/protocol/bytes'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Cast, makeCast, signAfter, write, type Written } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import type { RootRecord } from '@dcann/protocol/root'
import { type ScriptedRegistry, scriptRegistry } from '../../../test/scripted-registry.ts'
import { openTrust, readRootFile } from './trust.ts'
import { seenInMemory, type World } from './world.ts'

const start = 1_795_500_000
const registries = ['https://registry.example']
let cast: Cast
let now: number
let registry: ScriptedRegistry
let world: World

beforeEach(async () => {
  now = start
  cast = await makeCast('trust', start)
  registry = scriptRegistry(cast, () => now)
  world = { fetch: registry.fetch, now: () => now, random: (n) => new Uint8Array(n), seen: seenInMemory() }
  now += 60
})

async function next(before: Written<RootRecord>, by: readonly (typeof houses)[number][]): Promise<Written<RootRecord>> {
  const signers = by.flatMap((house) => cast.houses[house])
  return await signAfter(rootNoun, before, { expires: before.payload.expires }, signers, now)
}

describe('openTrust', () => {
  test('walks from the pin to the newest version', async () => {
    const second = await next(cast.root, houses)
    const third = await next(second, ['companies', 'citizens', 'technical'])
    registry.hold(second.signed, third.signed)
    const trust = await openTrust({ world, pinned: cast.root.signed, registries })
    expect(trust.pin).toBe(cast.root.id)
    expect(trust.current().id).toBe(third.id)
    expect(trust.roots().map(({ payload }) => payload.seq)).toEqual([1, 2, 3])
  })

  test('opens at a later version, and finds the first ones by the way back', async () => {
    const second = await next(cast.root, houses)
    registry.hold(second.signed)
    const trust = await openTrust({ world, pinned: second.signed, registries })
    expect(trust.roots().map(({ id }) => id)).toEqual([cast.root.id, second.id])
  })

  test('goes on offline with what it has seen', async () => {
    const second = await next(cast.root, houses)
    registry.hold(second.signed)
    await openTrust({ world, pinned: cast.root.signed, registries })
    registry.lie({ answer: () => 'silence' })
    const trust = await openTrust({ world, pinned: cast.root.signed, registries })
    expect(trust.current().id).toBe(second.id)
  })

  test('takes up a new version when asked to', async () => {
    const trust = await openTrust({ world, pinned: cast.root.signed, registries })
    registry.hold((await next(cast.root, houses)).signed)
    await trust.refresh()
    expect(trust.current().payload.seq).toBe(2)
  })

  test('takes one step once, however many ask at a time, and none before its time', async () => {
    const trust = await openTrust({ world, pinned: cast.root.signed, registries })
    registry.hold((await next(cast.root, houses)).signed)
    await trust.refresh(3600)
    expect(trust.current().payload.seq).toBe(1)
    await Promise.all([trust.refresh(), trust.refresh(), trust.refresh()])
    expect(trust.roots().map(({ payload }) => payload.seq)).toEqual([1, 2])
    const before = registry.asked.length
    now += 3599
    await trust.refresh(3600)
    expect(registry.asked.length).toBe(before)
    now += 1
    await trust.refresh(3600)
    expect(registry.asked.length).toBe(before + 1)
  })

  test('refuses a registry that serves an old version as the next', async () => {
    registry.hold((await next(cast.root, houses)).signed)
    await openTrust({ world, pinned: cast.root.signed, registries })
    registry.lie({ root: () => cast.root.signed })
    expect(await codeOf(() => openTrust({ world, pinned: cast.root.signed, registries }))).toBe('rollback')
  })

  test.for<[string, readonly (typeof houses)[number][]]>([
    ['two houses', ['citizens', 'technical']],
    ['three houses without the citizens', ['governments', 'companies', 'technical']],
  ])('refuses a next version by %s', async ([, by]) => {
    registry.hold((await next(cast.root, by)).signed)
    expect(await codeOf(() => openTrust({ world, pinned: cast.root.signed, registries }))).toBe('root-invalid')
  })

  test('refuses a next version that belongs to another first one', async () => {
    const other = await makeCast('other', start)
    const signers = houses.flatMap((house) => other.houses[house])
    registry.hold((await signAfter(rootNoun, other.root, {}, signers, now)).signed)
    expect(await codeOf(() => openTrust({ world, pinned: cast.root.signed, registries }))).toBe('root-invalid')
  })

  test('asks the next registry when the first one lies', async () => {
    const second = await next(cast.root, houses)
    const honest = registry.fetch
    registry.hold(second.signed)
    const forked = await next(cast.root, ['citizens'])
    Object.assign(world, {
      fetch: async (url: string) =>
        url === 'https://liar.example/v1/root/2' ? Response.json(forked.signed) : await honest(url),
    })
    const trust = await openTrust({
      world,
      pinned: cast.root.signed,
      registries: ['https://liar.example', ...registries],
    })
    expect(trust.current().id).toBe(second.id)
  })

  test('refuses a pin that no three houses signed, and damage to what was seen', async () => {
    const weak = await write(rootNoun, cast.root.payload, [...cast.houses.citizens, ...cast.houses.technical])
    expect(await codeOf(() => openTrust({ world, pinned: weak.signed, registries }))).toBe('root-invalid')
    await world.seen.write(`${cast.root.id}/roots`, utf8('[]'))
    expect(await codeOf(() => openTrust({ world, pinned: cast.root.signed, registries }))).toBe('root-invalid')
  })

  test('resolves nothing under a root that expired 90 days ago', async () => {
    const trust = await openTrust({ world, pinned: cast.root.signed, registries })
    now += 365 * 86_400 + 89 * 86_400
    expect(trust.current().id).toBe(cast.root.id)
    now += 2 * 86_400
    expect(() => trust.current()).toThrow(expect.objectContaining({ code: 'root-invalid' }))
  })
})

describe('readRootFile', () => {
  test('reads a file, and refuses what is none', () => {
    expect(readRootFile(JSON.stringify(cast.root.signed, null, 2))).toEqual(cast.root.signed)
    expect(() => readRootFile('{}')).toThrow(expect.objectContaining({ code: 'root-invalid' }))
  })
})
