import { limits, times } from '@dcann/protocol/limits'
import { keyDigest, type Signer, testSigner } from '@dcann/protocol/key'
import { type House, houses, type RootRecord, rootNoun } from '@dcann/protocol/root'
import { formatTime } from '@dcann/protocol/time'
import { assert, asyncProperty, integer } from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Cast, makeCast, signAfter, write, type Written } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { type ScriptedRegistry, scriptRegistry } from '../../../test/scripted-registry.ts'
import { openTrust } from './trust.ts'
import { seenInMemory, type World } from './world.ts'

const start = 1_700_000_000
const day = 86_400
const versions = 300
const registries = ['https://registry.example']
let cast: Cast
let chain: readonly Written<RootRecord>[]
let signers: readonly (readonly Signer[])[]

/** A key of a house, as of a version: another one every ten versions. */
function keyOf(house: House, version: number): Signer {
  return testSigner(`walk/${house}/${Math.floor(version / 10)}`)
}

/** Whoever signs, each key once. */
function each(...lists: readonly (readonly Signer[])[]): Signer[] {
  return [...new Map(lists.flat().map((signer) => [signer.key, signer])).values()]
}

/** Each version a week after the one before and expired ten days later; one house after another goes to keys it announced. */
async function nextVersion(
  before: Written<RootRecord>,
  by: readonly Signer[],
): Promise<[Written<RootRecord>, readonly Signer[]]> {
  const version = before.payload.seq + 1
  const set = (house: House): RootRecord['houses'][House] => ({
    keys: [keyOf(house, version).key],
    threshold: 1,
    next: [keyDigest(keyOf(house, version + 10).key)],
  })
  const own = houses.map((house) => keyOf(house, version))
  const at = start + version * 7 * day
  const change = {
    expires: formatTime(at + 10 * day),
    houses: {
      governments: set('governments'),
      companies: set('companies'),
      citizens: set('citizens'),
      technical: set('technical'),
    },
  }
  return [await signAfter(rootNoun, before, change, each(by, own), at), own]
}

beforeAll(async () => {
  cast = await makeCast('walk', start)
  const made = [cast.root]
  const by: (readonly Signer[])[] = [houses.flatMap((house) => cast.houses[house])]
  while (made.length < versions) {
    const [next, own] = await nextVersion(made.at(-1)!, by.at(-1)!)
    made.push(next)
    by.push(own)
  }
  chain = made
  signers = by
})

/** A client that has the first version, and a registry that has these in the place of later ones. */
function setting(served: (version: number) => Written<RootRecord> | undefined): {
  world: World
  registry: ScriptedRegistry
} {
  const now = start + (versions + 1) * 7 * day
  const registry = scriptRegistry(cast, () => now)
  registry.lie({ root: (version) => served(version)?.signed })
  const seen = seenInMemory()
  return { registry, world: { fetch: registry.fetch, now: () => now, random: (n) => new Uint8Array(n), seen } }
}

const open = async (world: World): Promise<number> =>
  (await openTrust({ world, pinned: cast.root.signed, registries })).roots().length

describe('nextRoot', () => {
  test('walks from the first version to the three-hundredth, all but the last of them expired', async () => {
    const { world, registry } = setting((version) => chain[version - 1])
    const trust = await openTrust({ world, pinned: cast.root.signed, registries })
    expect(trust.current().id).toBe(chain.at(-1)!.id)
    registry.lie({ answer: () => 'silence' })
    expect(await open(world)).toBe(versions)
  })

  type Lie = (version: number) => Promise<(asked: number) => Written<RootRecord> | undefined>
  const instead = (at: number, other: Written<RootRecord>) => (asked: number) =>
    asked === at ? other : chain[asked - 1]
  const resigned = async (version: number, change: Partial<RootRecord>, by: readonly Signer[]) =>
    instead(version, await write(rootNoun, { ...chain[version - 1]!.payload, ...change }, by))
  const stranger = testSigner('walk/stranger')
  const lies: [string, string, Lie][] = [
    ['leaves one out', 'root-invalid', async (at) => (asked) => chain[asked - (asked < at ? 1 : 0)]],
    ['serves an older one again', 'rollback', async (at) => instead(at, chain[at - 2]!)],
    ['serves the last at once', 'root-invalid', async (at) => instead(at, chain[versions - 1]!)],
    [
      'numbers it ahead',
      'root-invalid',
      (at) => resigned(at, { seq: at + 1 }, each(signers[at - 2]!, signers[at - 1]!)),
    ],
    [
      'has only the old houses sign what changes their keys',
      'root-invalid',
      async (at) => {
        const fresh = { keys: [stranger.key], threshold: 1, next: [] }
        const all = {
          governments: fresh,
          companies: { ...fresh, keys: [testSigner('s/1').key] },
          citizens: { ...fresh, keys: [testSigner('s/2').key] },
          technical: { ...fresh, keys: [testSigner('s/3').key] },
        }
        return await resigned(at, { houses: all }, signers[at - 2]!)
      },
    ],
    [
      'has only the new houses sign it',
      'root-invalid',
      async (at) => {
        const four = houses.map((_, i) => testSigner(`s/${i}`))
        const set = (i: number): RootRecord['houses'][House] => ({ keys: [four[i]!.key], threshold: 1, next: [] })
        const all = { governments: set(0), companies: set(1), citizens: set(2), technical: set(3) }
        return await resigned(at, { houses: all }, four)
      },
    ],
    [
      'lists one key twice under a threshold',
      'root-invalid',
      async (at) => {
        const { houses: held } = chain[at - 1]!.payload
        const key = held.companies.keys[0]!
        const change = { houses: { ...held, companies: { ...held.companies, keys: [key, key], threshold: 2 } } }
        return await resigned(at, change, each(signers[at - 2]!, signers[at - 1]!))
      },
    ],
    [
      'leaves the citizens out',
      'root-invalid',
      async (at) => {
        const by = each(signers[at - 2]!, signers[at - 1]!)
        const { citizens } = chain[at - 2]!.payload.houses
        const without = by.filter(({ key }) => ![...citizens.keys, keyOf('citizens', at).key].includes(key))
        return await resigned(at, {}, without)
      },
    ],
  ]

  test.for(lies)('refuses a registry that %s', async ([, code, lie]) => {
    await assert(
      asyncProperty(integer({ min: 3, max: 24 }), async (at) => {
        const { world } = setting(await lie(at))
        expect(await codeOf(async () => await open(world))).toBe(code)
        // what was walked before the lie is kept, and the lie is not
        const seen = await world.seen.read(`${cast.root.id}/roots`)
        expect(JSON.parse(new TextDecoder().decode(seen))).toHaveLength(at - 1)
      }),
      { numRuns: 2 },
    )
  })

  test('walks so many versions and no more', async () => {
    const { world } = setting((version) => chain[version - 1])
    await world.seen.write(
      `${cast.root.id}/roots`,
      new TextEncoder().encode(JSON.stringify(chain.map(({ signed }) => signed))),
    )
    expect(await open(world)).toBe(versions)
    expect(limits.rootVersions).toBeGreaterThan(versions)
    const far = await write(rootNoun, { ...cast.root.payload, seq: limits.rootVersions + 1 }, signers[0]!)
    expect(await codeOf(async () => await openTrust({ world, pinned: far.signed, registries }))).toBe('root-invalid')
  })

  test('is not held by a registry that takes its time, and goes on where it was', async () => {
    const { world, registry } = setting((version) => chain[version - 1])
    let now = world.now()
    const slow: World = {
      ...world,
      now: () => now,
      fetch: async (...call) => {
        now += 9
        return await registry.fetch(...call)
      },
    }
    const trust = await openTrust({ world: slow, pinned: cast.root.signed, registries })
    const walked = Math.floor(times.rootWalk / 9) + 2
    expect(trust.roots()).toHaveLength(walked)
    await trust.refresh(3600)
    expect(trust.roots()).toHaveLength(2 * walked - 1)
  })
})
