import { createLogger } from '@dcann/http/log'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { countryNoun } from '@dcann/protocol/country'
import { testSigner } from '@dcann/protocol/key'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Head } from '@dcann/protocol/log/merkle'
import { verifyConsistency } from '@dcann/protocol/log/proof'
import { consistencyAnswer } from '@dcann/protocol/registry-api'
import { checkLogs } from '@dcann/registry/log/check-log'
import { type HeadKeeper, memoryKeeper } from '@dcann/registry/log/keeper'
import { checkRecords } from '@dcann/registry/records/check-records'
import { eraseEnded } from '@dcann/registry/records/job'
import { StoreError } from '@dcann/store/errors'
import { memoryStore } from '@dcann/store/memory'
import type { LocalStore, Store } from '@dcann/store/store'
import { type Cast, makeHolder, signAfter, signPassport, signPassportAfter } from '../cast.ts'
import { draws } from '../draws.ts'
import { type InProcess, openInProcess } from '../registry-in-process.ts'

const zones = ['root', 'IN', 'EE'] as const
const day = 86_400
const logger = createLogger({ name: 'steps', level: 'silent' })

/** What was told to the world before an ending: heads that were shown, and records that were acknowledged. */
type Told = { readonly heads: { readonly zone: string; readonly head: Head }[]; readonly records: string[] }

/** A registry as it is after opening, and the acts that it is then given, a batch after the other. */
type Work = {
  readonly begin: LocalStore
  readonly heads: HeadKeeper
  readonly open: (store: Store, keeper: HeadKeeper) => Promise<InProcess>
  /** Does all of it over a store, from an opening on; what the world is told goes into `told`. Sent again, it is known. */
  readonly run: (store: Store, keeper: HeadKeeper, told: Told) => Promise<void>
}

/** Where work is ended: before or after the n-th of all commits and keepings of heads. */
export type StepsTried = {
  readonly steps: number
  readonly heads: number
  readonly records: number
  readonly failures: string[]
}

/** Acts of every kind that the sequencer sees, how many people and in which batches drawn from a seed. */
export async function sequencerWork(cast: Cast, seed: number, people: number): Promise<Work> {
  const { now } = cast
  const draw = draws(seed)
  const { IN } = cast.countries
  const next = testSigner(`steps/${seed}/log`)
  const holders = Array.from({ length: people }, (_, i) => makeHolder(`steps ${seed} ${i}`))
  const births = await Promise.all(holders.map((holder) => signPassport(holder, 'IN', cast.nodes.pune, now)))
  const changes = await Promise.all(births.map((born, i) => signPassportAfter(born, itemOf(holders, i), {}, now)))
  const ends = itemOf(changes, 0)
  const end = await signPassportAfter(ends, itemOf(holders, 0), { status: 'ended' }, now)
  const narrowed = await signAfter(
    countryNoun,
    IN.record,
    { hold: ['IN/node/pune'] },
    Object.values(cast.houses).flat(),
    now,
  )
  const open = async (store: Store, keeper: HeadKeeper): Promise<InProcess> =>
    await openInProcess({ cast, store, keeper, logKeys: { IN: { ...IN.log, next } } })
  const begin = memoryStore()
  const heads = memoryKeeper()
  const first = await open(begin, heads)
  const head = first.registry.heads.get('IN')
  if (!head) throw new Error('making the work: IN has no head')
  const { size, root } = head
  const log = { origin: 'in-2.dcann.example', key: next.key }
  const moved = await signAfter(
    countryNoun,
    narrowed,
    { log, frozen: { size, root: base64Url(root) }, hold: [] },
    [...Object.values(cast.houses).flat(), ...cast.roles.country, ...IN.keys],
    now,
  )
  const batches: (readonly { readonly signed: unknown; readonly id: string }[])[] = []
  for (let i = 0; i < births.length;) {
    const width = 1 + draw(4)
    batches.push(births.slice(i, i + width), changes.slice(i, i + width))
    i += width
  }
  batches.splice(1, 0, [narrowed], [moved])
  batches.push([end])
  const run: Work['run'] = async (store, keeper, told) => {
    const process = await open(store, keeper)
    const { registry, clock, post } = process
    const hear = (zone: string): void => {
      const head = registry.heads.get(zone)
      if (head) told.heads.push({ zone, head })
    }
    for (const zone of zones) hear(zone)
    registry.heads.onShown(hear)
    for (const batch of batches) {
      const answers = await Promise.all(batch.map(async ({ signed }) => await post(signed)))
      for (const [i, { status }] of answers.entries()) if (status < 300) told.records.push(itemOf(batch, i).id)
      for (const zone of zones) {
        const head = registry.heads.get(zone)
        if (head) await registry.heads.cosign(zone, head)
      }
    }
    // from here on it is erased
    const gone = new Set([itemOf(births, 0).id, ends.id, end.id])
    told.records.splice(0, told.records.length, ...told.records.filter((id) => !gone.has(id)))
    for (const days of [14, 15]) {
      clock.now = now + days * day
      await eraseEnded(registry, logger)(new AbortController().signal, () => clock.now)
    }
  }
  return { begin, heads, open, run }
}

/**
 * Ends the work at every step of it, one after another, and looks at what a process that opens the store then says. With
 * `forget` it comes back with what was there at first, and knows nothing of what it has shown since: the planted fault.
 */
export async function endAtEachStep(
  work: Work,
  goesOn: () => boolean,
  { forget = false, from = 1 } = {},
): Promise<StepsTried> {
  const failures: string[] = []
  const sum = { heads: 0, records: 0 }
  let tried = 0
  for (let done = false, step = from; !done && goesOn(); step++) {
    const told: Told = { heads: [], records: [] }
    const store = copyOf(work.begin)
    const keeper = await keeperOf(work.heads)
    const ending = endingAt(store, keeper, step)
    await work.run(ending.store, ending.keeper, told).catch(whenEnded)
    done = !ending.ended()
    const [held, kept] = forget ? [copyOf(work.begin), memoryKeeper()] : [store, keeper]
    const found = await wrongAfter(work, held, kept, told).catch((error: unknown) => [String(error)])
    failures.push(...found.map((what) => `ended at step ${step}: ${what}`))
    sum.heads += told.heads.length
    sum.records += told.records.length
    tried += 1
  }
  return { steps: tried, ...sum, failures }
}

async function wrongAfter(work: Work, store: LocalStore, keeper: HeadKeeper, told: Told): Promise<string[]> {
  const wrong: string[] = []
  const look = async (at: InProcess, when: string, heads: Told['heads']): Promise<void> => {
    for (const { zone, head } of heads) {
      const to = at.registry.heads.get(zone)
      if (!to || !(await isExtended(at, zone, head, to))) wrong.push(`${when}, ${zone}: a head shown is not extended`)
    }
    const { problems } = await checkLogs(store, keeper.read())
    wrong.push(...[...problems, ...(await checkRecords(store)).problems].map((what) => `${when}: ${what}`))
  }
  const again = await work.open(store, keeper)
  await look(again, 'opened again', told.heads)
  for (const id of told.records) {
    if ((await again.get(`/v1/records/${id}`)).status !== 200) wrong.push(`${id} was acknowledged, and is not there`)
  }
  const later: Told = { heads: [], records: [] }
  await work.run(store, keeper, later)
  await look(await work.open(store, keeper), 'gone on', [...told.heads, ...later.heads])
  return wrong
}

async function isExtended({ get }: InProcess, zone: string, from: Head, to: Head): Promise<boolean> {
  const answer = await get(`/v1/zones/${zone}/consistency?from=${from.size}&to=${to.size}`)
  if (answer.status !== 200) return false
  const { proof } = consistencyAnswer.parse(answer.body)
  try {
    verifyConsistency({ from, to, proof: proof.map((hash) => fromBase64Url(hash)) })
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** A store and a keeper of which one step fails, before or after it is done, and nothing is done after that. */
function endingAt(
  store: LocalStore,
  keeper: HeadKeeper,
  at: number,
): { readonly store: Store; readonly keeper: HeadKeeper; readonly ended: () => boolean } {
  let [steps, ended] = [0, false]
  const step = (): void => {
    ended ||= ++steps === at
    if (ended) throw new StoreError('failed', 'ended')
  }
  return {
    ended: () => ended,
    store: {
      ...store,
      async commit(commit) {
        step()
        const committed = await store.commit(commit)
        step()
        return committed
      },
    },
    keeper: {
      read: keeper.read,
      async swap(before, next) {
        step()
        await keeper.swap(before, next)
        step()
      },
    },
  }
}

function itemOf<T>(items: readonly T[], at: number): T {
  const item = items[at]
  if (item === undefined) throw new Error(`making the work: there is no item ${at}`)
  return item
}

/** What is ended ends with an error of the store, of the registry that is told so, or without one. */
function whenEnded(): void {}

function copyOf(store: LocalStore): LocalStore {
  const copy = memoryStore()
  for (let after: string | undefined; ;) {
    const page = store.range({ prefix: '', limit: 1000, ...(after === undefined ? {} : { after }) })
    if (page instanceof Promise) throw new Error('expected a store in memory')
    if (page.length === 0) return copy
    void copy.commit({ writes: page.map(({ key, value }) => ({ key, value })) })
    after = page.at(-1)?.key
  }
}

async function keeperOf(keeper: HeadKeeper): Promise<HeadKeeper> {
  const copy = memoryKeeper()
  await copy.swap(new Map(), keeper.read() ?? new Map())
  return copy
}
