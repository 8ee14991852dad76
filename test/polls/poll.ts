import { openWatch } from '@dcann/registry/mirror/watch'
import { createLogClient } from '@dcann/sdk/log-client'
import { createResolver } from '@dcann/sdk/resolver'
import { type Fetch, seenInMemory } from '@dcann/sdk/world'
import { watchPassport } from '../../packages/cli/src/watch-passport.ts'
import { castUrls, makeHolder, signPassport } from '../cast.ts'
import { draws } from '../draws.ts'
import { withEntries } from '../scripted-source.ts'
import { type Holding, openHonestFederation, zones } from './honest-federation.ts'

export type Polled = {
  /** Looks at one zone from one who shows it, and looks at a passport. */
  readonly polls: number
  readonly looked: string
  /** What was said to be wrong though nothing was. */
  readonly alarms: readonly string[]
  /** What the same watches said of lies planted at the end; undefined when they missed one. */
  readonly caught: string | undefined
}

/** A passport with its holder's monitor; `pending` while a change of the holder's own is not to be seen yet. */
type Watched = Holding & {
  readonly watch: (accepts: boolean) => Promise<readonly object[]>
  readonly isShown: () => Promise<boolean>
  pending: boolean
}

const sources = [castUrls.registry, 'https://newspaper.example']
const watchedMost = 4
/** How often two weeks go by in which nobody looks, after which what ended is erased. */
const fortnights = 6

/**
 * Watches an honest federation as `dcann monitor` does, a zone from everybody who shows it and passports each by its holder,
 * while everything that may lawfully happen does, and then lets the registry lie in two ways.
 */
export async function pollHonestly(
  count: number,
  seed: number,
  goOn: (polls: number) => boolean = () => true,
): Promise<Polled> {
  const draw = draws(seed)
  const federation = await openHonestFederation(draw)
  const { cast } = federation
  let lying: string | undefined
  const shown: Fetch = async (url, init) =>
    lying !== undefined && url === `${castUrls.registry}/v1/zones/IN/checkpoint`
      ? new Response(lying)
      : await federation.fetch(url, init)
  const clients = sources.map((url) => createLogClient({ fetch: shown }, url))
  const look = await openWatch({ root: [cast.root.signed], zones: new Map(zones.map((zone) => [zone, clients])) })
  const happened = new Map<string, number>()
  const alarms: string[] = []
  let polls = 0
  let erasures = 0
  let silent = 0

  const holders: Watched[] = []
  for (let i = 0; i < watchedMost; i++) {
    const holding = await federation.birth(`holder/${i}`)
    await federation.settle()
    const world = {
      fetch: shown,
      now: federation.now,
      random: (bytes: number) => new Uint8Array(bytes).map(() => draw(256)),
      seen: seenInMemory(),
    }
    const resolver = await createResolver({ world, pinned: cast.root.signed, registries: sources })
    let text: string | undefined
    const kept = { read: async () => text, write: async (next: string) => void (text = next) }
    const identifier = holding.record.payload.name
    const watch = async (accepts: boolean): Promise<readonly object[]> =>
      (await watchPassport({ resolver, identifier, kept, accepts })()).alarms
    const isShown = async (): Promise<boolean> =>
      (await resolver.resolveName(identifier, { fresh: true })).record?.id === holding.record.id
    await watch(true)
    holders.push(Object.assign(holding, { watch, isShown, pending: false }))
  }

  const pollAll = async (): Promise<readonly string[]> => {
    const found: string[] = []
    const looked = await look(federation.now())
    polls += zones.length * sources.length
    silent += looked.silent.length
    found.push(...looked.alarms.map(({ zone, from, code, message }) => `${zone} from ${from}: ${code}: ${message}`))
    for (const one of holders) {
      // a holder who has changed something says so, until it is seen
      const said = await one.watch(one.pending)
      if (!one.pending) polls++
      else one.pending = !(await one.isShown())
      found.push(...said.map((each) => `passport: ${JSON.stringify(each).slice(0, 300)}`))
    }
    return found
  }

  for (;;) {
    if (polls >= count || !goOn(polls)) break
    const what = await federation.happen()
    happened.set(what, (happened.get(what) ?? 0) + 1)
    await federation.pass()
    alarms.push(...(await pollAll()))
    for (const one of holders) {
      if (one.pending || one.ended || draw(60) > 0) continue
      await federation.change(one)
      one.pending = true
    }
    if (polls * (fortnights + 1) < count * (erasures + 1)) continue
    await (erasures === 1 ? endLast() : federation.weeksPass())
    erasures++
    happened.set('fortnights', erasures)
  }

  return { polls, looked: wordsOf(happened, silent), alarms, caught: await caughtLies() }

  /** One who watches ends the own passport, and sees it erased later. */
  async function endLast(): Promise<void> {
    const last = holders.at(-1)
    if (!last) return
    await federation.settle()
    await federation.end(last)
    last.pending = true
  }

  async function caughtLies(): Promise<string | undefined> {
    await federation.settle()
    if ((await pollAll()).length + (await pollAll()).length > 0) return undefined
    const [first] = holders
    if (!first) return undefined
    // whoever stole the announced key changes the passport by every rule
    await federation.change(first)
    await federation.settle()
    const changed = await pollAll()
    first.pending = true
    await pollAll()
    // whoever has the log's key tells another past of the same length
    const other = await signPassport(makeHolder('a lie'), 'IN', cast.nodes.pune, federation.now())
    const lie = await withEntries(federation.origin(), 'IN', cast.countries.IN.log, [other], federation.now())
    await federation.birth('what is true')
    await federation.settle()
    if ((await pollAll()).length > 0) return undefined
    lying = lie.checkpoint
    const forked = await pollAll()
    const both = changed.some((said) => said.includes('record-new')) && forked.some((said) => said.includes('forked'))
    return both ? 'a key changed by a thief and a second past, each at the first poll' : undefined
  }
}

function wordsOf(happened: ReadonlyMap<string, number>, silent: number): string {
  const each = [...happened].filter(([what]) => what !== 'nothing').map(([what, n]) => `${n} ${what}`)
  return `${each.join(', ')}; ${silent} without an answer`
}
