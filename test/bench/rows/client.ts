import { createResolutionCache } from '@dcann/sdk/resolution-cache'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { type Fetch, seenInMemory, type World } from '@dcann/sdk/world'
import { makeBirths } from '../births.ts'
import { ownCpu } from '../cpu.ts'
import { eachRound, figureOf, interleave } from '../figure.ts'
import { load, times } from '../load.ts'
import type { Row } from '../row.ts'
import { portOf, type Stage } from '../stage.ts'

const names = 64
const cachedNames = 1_000_000

/** C1 to C3: what a client spends to believe a registry, with answers that are there already: no network is in it. */
export async function measureClient({ rounds, federation, primitives }: Stage): Promise<Row[]> {
  const { registry, cast } = federation
  const births = await makeBirths(cast, 'bench/client', names)
  const port = portOf(registry.url)
  await load({ port, connections: 16, status: 201, next: times(names, (i) => births[i]?.wire) })
  const identifiers = births.map(({ identifier }) => identifier)
  const { fetch, texts } = recorded()
  const open = async (): Promise<Resolver> => {
    const world: World = { ...federation.world(), fetch, seen: seenInMemory() }
    return await createResolver({ world, pinned: cast.root.signed, registries: [registry.url] })
  }
  const first = async (): Promise<number> =>
    await each(identifiers, async (identifier) => void (await (await open()).resolvePassport(identifier)))
  const second = async (): Promise<number> => {
    const resolver = await open()
    await resolver.resolvePassport(identifiers[0] ?? '')
    return await each(identifiers.slice(1), async (identifier) => void (await resolver.resolvePassport(identifier)))
  }
  const hit = async (): Promise<number> => {
    const resolver = await open()
    const [identifier = ''] = identifiers
    await resolver.resolveName(identifier)
    return await each(
      Array.from({ length: 20_000 }, () => identifier),
      async (one) => void (await resolver.resolveName(one)),
    )
  }

  await first()
  texts.clear()
  await (await open()).resolvePassport(identifiers[0] ?? '')
  const ofFirst = [...texts.values()]
  texts.clear()
  await first()
  await second()
  await hit()
  const signatures = ofFirst.reduce((sum, text) => sum + signaturesIn(text), 0)
  const all = `[${ofFirst.join(',')}]`
  const large = cacheOf(cachedNames)
  const small = cacheOf(1)
  const found = await interleave(rounds, {
    verify: async () => await primitives.cost('verify', { bytes: 700 }),
    parse: async () => await primitives.cost('parse', { text: all }),
    first,
    second,
    hit,
    large: async () => await lookUp(large),
    small: async () => await lookUp(small),
  })
  const part = (name: keyof typeof found, says: string) => ({ name: says, unit: 'µs', figure: figureOf(found[name]) })
  return [
    {
      id: 'C1',
      what: 'first verified resolve in the SDK, from the pinned root down',
      unit: '× floor',
      measured: figureOf(eachRound(found, (at) => at.first / (signatures * at.verify + at.parse))),
      gate: 1.3,
      against: `${signatures} V + parse`,
      parts: [part('first', 'one resolve'), part('verify', 'V'), part('parse', 'parse')],
      note: 'every signature in the answers is counted, records’ and checkpoints’ alike, also those that nobody has to check; the proofs’ hashes, under a tenth of one V each, are left out of the floor',
    },
    {
      id: 'C2',
      what: 'next passport of a home already verified',
      unit: '× C1',
      measured: figureOf(eachRound(found, (at) => at.second / at.first)),
      gate: 0.6,
      against: 'C1',
      parts: [part('second', 'one resolve'), part('first', 'C1')],
      note: 'its home, and the heads of both zones, are known',
    },
    {
      id: 'C3',
      what: 'cache hit at 1,000,000 names',
      unit: 'µs',
      measured: figureOf(eachRound(found, (at) => at.hit + at.large - at.small)),
      gate: 2,
      against: 'one resolveName from the cache',
      parts: [
        part('hit', 'resolveName, one name cached'),
        part('large', 'lookup among 1,000,000'),
        part('small', 'lookup of one'),
      ],
      note: 'the call as it is used, with the lookup’s own part taken from a cache of 1,000,000',
    },
  ]
}

/** Asks each address of the real registry once, and gives the same bytes from then on. */
function recorded(): { readonly fetch: Fetch; readonly texts: Map<string, string> } {
  const known = new Map<string, Uint8Array<ArrayBuffer>>()
  const texts = new Map<string, string>()
  return {
    texts,
    async fetch(url, init) {
      let bytes = known.get(url)
      if (!bytes) {
        const answer = await fetch(url, init)
        bytes = new Uint8Array(await answer.arrayBuffer())
        if (!answer.ok) return new Response(bytes, { status: answer.status, headers: answer.headers })
        known.set(url, bytes)
      }
      texts.set(url, new TextDecoder().decode(bytes))
      return new Response(bytes, { headers: { 'content-type': 'application/json' } })
    },
  }
}

/** Of records, and of the lines under checkpoints, each of which begins with a dash. */
function signaturesIn(text: string): number {
  return text.match(/"signature":|\\n— /g)?.length ?? 0
}

/** CPU microseconds of one act, over all that are given. */
async function each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<number> {
  const before = ownCpu()
  for (const one of all) await act(one)
  return (ownCpu() - before) / all.length
}

type Cache = { readonly get: (i: number) => unknown; readonly size: number }

function cacheOf(size: number): Cache {
  const cache = createResolutionCache<object>(size)
  const nameOf = (i: number): string => `IN${String(i).padStart(26, '0')}`
  const all = Array.from({ length: size }, (_, i) => nameOf(i))
  for (const name of all) cache.keep(name, { name }, Number.MAX_SAFE_INTEGER, 0)
  return { size, get: (i) => cache.get(all[i % size] ?? '', 1) }
}

async function lookUp({ get, size }: Cache): Promise<number> {
  const often = 200_000
  for (let i = 0; i < often / 10; i++) get((i * 7919) % size)
  const before = ownCpu()
  for (let i = 0; i < often; i++) get((i * 611_953) % size)
  return (ownCpu() - before) / often
}
