import { createLogger } from '@dcann/http/log'
import { countryNoun } from '@dcann/protocol/country'
import { keyDigest, type Signer, testSigner } from '@dcann/protocol/key'
import { nodeNoun } from '@dcann/protocol/node'
import type { PassportRecord } from '@dcann/protocol/passport'
import { memoryKeeper } from '@dcann/registry/log/keeper'
import { followZone } from '@dcann/registry/mirror/job'
import { eraseEnded } from '@dcann/registry/records/job'
import { createHander } from '@dcann/registry/witness/hand-head'
import { createLogClient } from '@dcann/sdk/log-client'
import type { Fetch } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import {
  type Cast,
  castUrls,
  type CastWitness,
  makeCast,
  makeHolder,
  signAfter,
  signPassport,
  signPassportAfter,
  witnessName,
  type Written,
} from '../cast.ts'
import { castNow, type InProcess, openInProcess } from '../registry-in-process.ts'

/** A passport of this federation, and which of its announced keys is in use. */
export type Holding = { record: Written<PassportRecord>; readonly label: string; key: number; ended: boolean }

/** Everybody is honest here, and nobody is in step: witnesses lag, a mirror lags more, processes begin anew. */
export type HonestFederation = {
  readonly cast: Cast
  readonly origin: () => InProcess
  readonly fetch: Fetch
  readonly now: () => number
  /** Somebody does something: told what, for the count. */
  readonly happen: () => Promise<string>
  /** A change by the holder's own keys. */
  readonly change: (one: Holding) => Promise<void>
  readonly birth: (label: string) => Promise<Holding>
  /** Time passes, and heads go round as far as they get. */
  readonly pass: () => Promise<void>
  /** The holder ends it. */
  readonly end: (one: Holding) => Promise<void>
  /** Two weeks and more go by in which nobody polls: what ended before is buried, and then erased by everybody. */
  readonly weeksPass: () => Promise<void>
  /** Everybody has caught up. */
  readonly settle: () => Promise<void>
}

export const zones: readonly string[] = ['root', 'IN', 'EE']
const acting: readonly CastWitness[] = ['university', 'newspaper']
/** Where a batch ends: so many changes at once lie on both sides of it. */
const overTheEdge = 46
/** What happens seldom: a burst, and a change of what has at most 256 records in its life. */
const rare: readonly string[] = ['keys changed over the edge of a batch', 'countries changed', 'nodes changed']

export async function openHonestFederation(draw: (below: number) => number): Promise<HonestFederation> {
  const cast = await makeCast('honest polls', castNow, {
    quorum: 1,
    urls: { ...castUrls, mirror: 'https://newspaper.example' },
    bounds: { passports_per_day: 1_000_000, acts_per_second: 1_000_000 },
  })
  let now = castNow
  let lag = 0
  let born = 0
  const logger = createLogger({ name: 'polls', level: 'silent' })
  const kept = { store: memoryStore(), keeper: memoryKeeper() }
  let origin = await openInProcess({ cast, ...kept })
  const client = createLogClient({ fetch: async (url, init) => await origin.fetch(url, init) }, castUrls.registry)
  const stores = new Map(acting.map((by) => [by, memoryStore()]))
  const openWitness = async (by: CastWitness): Promise<InProcess> =>
    await openInProcess({
      cast,
      zones: [],
      records: [],
      sources: new Map(zones.map((zone) => [zone, client])),
      witness: { name: witnessName(by), signer: cast.witnesses[by] },
      store: stores.get(by) ?? memoryStore(),
    })
  const witnesses = new Map<string, InProcess>()
  for (const by of acting) witnesses.set(`${by}.example`, await openWitness(by))
  const fetch: Fetch = async (url, init) => {
    const at = witnesses.get(new URL(url).hostname) ?? origin
    at.clock.now = now
    return await at.fetch(url, init)
  }
  const known = new Map<string, number>()
  const handAll = async (some: readonly CastWitness[]): Promise<void> => {
    const hander = createHander({ ...origin.registry, fetch })
    for (const by of some)
      for (const zone of zones) {
        const place = `${by} ${zone}`
        known.set(place, await hander.hand(zone, `https://${by}.example/v1`, known.get(place) ?? 0, now))
      }
  }
  const mirror = async (): Promise<void> => {
    const newspaper = witnesses.get('newspaper.example')
    if (newspaper)
      for (const zone of zones)
        await followZone(newspaper.registry, zone, logger)(new AbortController().signal, () => now)
  }
  const post = async (...records: readonly Written<unknown>[]): Promise<void> => {
    origin.clock.now = now
    const answers = await Promise.all(records.map(async ({ signed }) => await origin.post(signed)))
    const refused = answers.find(({ status }) => status !== 201)
    if (refused) throw new Error(`an honest act was refused: ${refused.code}`)
  }

  const keyOf = ({ label }: Holding, n: number): Signer => testSigner(`${label}/key/${n}`)
  const newborn = async (label: string): Promise<Holding> => {
    const [control, next] = [testSigner(`${label}/key/0`), testSigner(`${label}/key/1`)]
    const holder = { ...makeHolder(label), control, next }
    const record = await signPassport(holder, 'IN', draw(2) === 0 ? cast.nodes.pune : cast.nodes.tallinn, now)
    return { record, label, key: 0, ended: false }
  }
  const rotated = async (one: Holding): Promise<Written<PassportRecord>> => {
    const [next, after] = [keyOf(one, one.key + 1), keyOf(one, one.key + 2)]
    const change = { keys: [next.key], next: [keyDigest(after.key)] }
    one.record = await signPassportAfter(one.record, makeHolder(one.label), change, now, [next])
    one.key += 1
    return one.record
  }
  const ended = async (one: Holding): Promise<Written<PassportRecord>> => {
    one.record = await signPassportAfter(one.record, makeHolder(one.label), { status: 'ended' }, now, [
      keyOf(one, one.key),
    ])
    one.ended = true
    return one.record
  }
  const others: Holding[] = []
  const toLast = async (change: (one: Holding) => Promise<Written<PassportRecord>>): Promise<void> => {
    const last = others.at(-1)
    if (last?.ended === false) await post(await change(last))
  }
  let { record: country } = cast.countries.IN
  let { record: node } = cast.nodes.tallinn
  let identity = 0
  let before: Signer = cast.nodes.tallinn.identity

  const happenings: readonly (readonly [string, () => Promise<void>])[] = [
    [
      'births',
      async () => {
        const one = await newborn(`somebody/${born++}`)
        await post(one.record)
        others.push(one)
      },
    ],
    [
      'keys changed over the edge of a batch',
      async () => {
        const some = await Promise.all(
          Array.from({ length: overTheEdge }, async () => await newborn(`somebody/${born++}`)),
        )
        const [first] = some
        if (!first) return
        // one passport's changes stand around where the batch ends, all sent at once
        const birth = first.record
        const chain = [await rotated(first), await rotated(first), await rotated(first)]
        const rest = some.slice(1).map(({ record }) => record)
        await post(birth, ...rest.slice(0, 37), ...chain, ...rest.slice(37))
        others.push(first)
      },
    ],
    ['keys changed', async () => await toLast(rotated)],
    ['passports ended', async () => await toLast(ended)],
    [
      'countries changed',
      async () => {
        const bounds = { ...country.payload.bounds, acts_per_second: 900_000 + draw(99_999) }
        const signers = [...cast.roles.country, ...cast.countries.IN.keys]
        country = await signAfter(countryNoun, country, { bounds }, signers, now)
        await post(country)
      },
    ],
    [
      'nodes changed',
      async () => {
        // under the identity key that it announced, and then under the next
        const next = testSigner(`honest identity/${identity}`)
        const change = { identity_key: next.key, next: [keyDigest(testSigner(`honest identity/${identity + 1}`).key)] }
        node = await signAfter(nodeNoun, node, change, [...cast.operators.laht.keys, next, before], now)
        before = next
        identity += 1
        await post(node)
      },
    ],
    [
      'registries begun anew',
      async () => {
        origin = await openInProcess({ cast, records: [], ...kept })
      },
    ],
    [
      'witnesses begun anew',
      async () => {
        const by = acting[draw(acting.length)] ?? 'university'
        witnesses.set(`${by}.example`, await openWitness(by))
      },
    ],
  ]
  const settle = async (): Promise<void> => {
    now += 1
    lag = 0
    await handAll(acting)
    await mirror()
  }
  await settle()
  return {
    cast,
    origin: () => origin,
    fetch,
    now: () => now,
    async happen() {
      // a birth is as frequent as all the rest together
      const at = draw(16)
      const happening = happenings[at < 8 ? 0 : at - 8]
      if (!happening || (rare.includes(happening[0]) && draw(6) > 0)) return 'nothing'
      await happening[1]()
      return happening[0]
    },
    async change(one) {
      await post(await rotated(one))
    },
    async birth(label) {
      const one = await newborn(label)
      await post(one.record)
      return one
    },
    async end(one) {
      await post(await ended(one))
    },
    async weeksPass() {
      for (const days of [14, 1, 0]) {
        now += days * 86_400 + 60
        await settle()
        for (const { registry } of [origin, ...witnesses.values()])
          await eraseEnded(registry, logger)(new AbortController().signal, () => now)
      }
      await settle()
    },
    settle,
    async pass() {
      now += 1 + draw(30)
      if (lag > 0) lag -= 1
      else if (draw(20) === 0) lag = draw(30)
      if (lag > 0) return
      await handAll(acting.slice(0, 1 + draw(2)))
      if (draw(3) > 0) await mirror()
    },
  }
}
