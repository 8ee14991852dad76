import { canonicalText } from '@dcann/protocol/canonical'
import { recordIdOf } from '@dcann/protocol/signed'
import { isStoreError } from '@dcann/store/errors'
import { memoryStore } from '@dcann/store/memory'
import { openStore } from '@dcann/store/open'
import { SEAL_BYTES } from '@dcann/store/sealed'
import type { Disk } from '@dcann/store/disk'
import type { LocalStore, Store } from '@dcann/store/store'
import { type Cast, makeHolder, signPassport, signPassportAfter } from '../cast.ts'
import { draws } from '../draws.ts'
import { openInProcess } from '../registry-in-process.ts'

/** One bit of one byte of what is stored under a key. */
export type Flip = { readonly key: string; readonly at: number; readonly bit: number }

/** A registry in LevelDB, whose disk gives out one flipped bit wherever it is told to. */
export type FlippedRegistry = {
  readonly cast: Cast
  readonly store: LocalStore
  /** Every value of entries, tiles, records and map nodes with its bytes as they lie on the disk. */
  readonly values: readonly { readonly key: string; readonly length: number }[]
  readonly flip: (flip: Flip | undefined) => void
  /** What it answered to everything that is asked below, while nothing was flipped. */
  readonly honest: ReadonlyMap<string, string>
  readonly close: () => Promise<void>
}

const kinds = /^(?:log\/entries|log\/tiles|map\/pages|current|past)\//

/** Fills a registry until the log of IN has tiles, each act by itself where `alone`. */
export async function makeFlipped(cast: Cast, folder: string, people: number): Promise<FlippedRegistry> {
  let flipped: Flip | undefined
  const disk = (sound: Disk): Disk => damaging(sound, () => flipped)
  const store = await openStore(folder, { buckets: 4, disk, check: 'quick' })
  const process = await openInProcess({ cast, store })
  const holders = Array.from({ length: people }, (_, i) => makeHolder(`flips ${i}`))
  const births = await Promise.all(holders.map((holder) => signPassport(holder, 'IN', cast.nodes.pune, cast.now)))
  for (let i = 0; i < births.length; i += 40)
    await Promise.all(births.slice(i, i + 40).map(async ({ signed }) => await process.post(signed)))
  const changed = await signPassportAfter(itemOf(births, 0), itemOf(holders, 0), {}, cast.now)
  await process.post(changed.signed)
  const names = births.map(({ payload }) => payload.name)
  const size = process.registry.heads.get('IN')?.size ?? 0
  const paths = [
    ...[itemOf(births, 0), changed, itemOf(births, births.length - 1)].map(({ id }) => `/v1/records/${id}`),
    ...[...names.slice(0, 3), 'IN/node/pune', 'country/IN'].map((name) => `/v1/zones/IN/record?name=${name}`),
    ...['root', 'IN'].map((zone) => `/v1/zones/${zone}/acts?from=0`),
    '/v1/zones/IN/tile/0/000',
    '/v1/zones/IN/tile/entries/000',
    '/v1/zones/IN/tile/1/000.p/1',
    `/v1/zones/IN/tile/entries/001.p/${size - 256}`,
    `/v1/zones/IN/consistency?from=7&to=${size}`,
  ]
  const honest = new Map<string, string>()
  for (const path of paths) honest.set(path, await said(process.fetch, path))
  return {
    cast,
    store,
    values: await valuesOf(store),
    flip: (flip) => void (flipped = flip),
    honest,
    close: async () => await store.close(),
  }
}

/** What a registry over a store says wrongly, beside nothing at all: every answer is as it was, or there is none. */
export async function wronglySaid(
  { cast, honest }: Pick<FlippedRegistry, 'cast' | 'honest'>,
  store: Store,
): Promise<string[]> {
  const process = await openInProcess({ cast, store }).catch(() => undefined)
  if (!process) return []
  const wrong: string[] = []
  for (const [path, expected] of honest) {
    const answer = await said(process.fetch, path)
    if (answer !== expected && !answer.startsWith('5')) wrong.push(`${path} is answered with other bytes`)
  }
  return wrong
}

/** Whether a value is read in spite of a flip: everything else that reads it is refused before it judges. */
export function readsOn(store: LocalStore, key: string): boolean {
  try {
    return store.read([key]).get(key) !== undefined
  } catch (error) {
    if (isStoreError(error, 'corrupt')) return false
    throw error
  }
}

/** The same values in a store without seals, one bit of one of them flipped: the planted fault. */
export async function unsealedWith({ store, values }: FlippedRegistry, flip: Flip): Promise<LocalStore> {
  const copy = memoryStore()
  for (let after: string | undefined; ;) {
    const page = await store.range({ prefix: '', limit: 1000, ...(after === undefined ? {} : { after }) })
    if (page.length === 0) break
    await copy.commit({ writes: page.map(({ key, value }) => ({ key, value: bent(value, key, flip) })) })
    after = page.at(-1)?.key
  }
  if (values.length === 0) throw new Error('flipping: there are no values')
  return copy
}

/** Flips drawn from all of them. */
export function drawFlips({ values }: FlippedRegistry, count: number, seed: number): Flip[] {
  const draw = draws(seed)
  return Array.from({ length: count }, () => {
    const { key, length } = itemOf(values, draw(values.length))
    return { key, at: draw(length), bit: draw(8) }
  })
}

function itemOf<T>(items: ArrayLike<T>, at: number): T {
  const item = items[at]
  if (item === undefined) throw new Error(`flipping: there is no item ${at}`)
  return item
}

async function said(fetch: (url: string) => Promise<Response>, path: string): Promise<string> {
  const response = await fetch(`https://registry.example${path}`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (!path.includes('record?')) return `${response.status} ${recordIdOf(bytes)}`
  if (response.status !== 200) return String(response.status)
  // the statement is signed anew each time
  const body: Record<string, unknown> = JSON.parse(new TextDecoder().decode(bytes))
  return `${response.status} ${canonicalText({ records: body['records'], proof: body['proof'] })}`
}

async function valuesOf(store: LocalStore): Promise<{ key: string; length: number }[]> {
  const found: { key: string; length: number }[] = []
  for (let after: string | undefined; ;) {
    const page = await store.range({ prefix: '', limit: 1000, ...(after === undefined ? {} : { after }) })
    if (page.length === 0) return found
    // as it lies on the disk a value has its seal around it
    for (const { key, value } of page) if (kinds.test(key)) found.push({ key, length: value.length + SEAL_BYTES })
    after = page.at(-1)?.key
  }
}

function bent(value: Uint8Array, key: string, flip: Flip | undefined): Uint8Array {
  if (flip?.key !== key) return value
  const changed = value.slice()
  const at = flip.at % changed.length
  changed[at] = itemOf(changed, at) ^ (1 << flip.bit)
  return changed
}

/** A disk between the store and LevelDB: what is read of one key has one bit flipped. */
function damaging(sound: Disk, flip: () => Flip | undefined): Disk {
  return new Proxy(sound, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      // `as`: what a method of LevelDB gives back is the caller's business
      const method = (value as (...rest: unknown[]) => unknown).bind(target)
      if (name === 'getSync') {
        return (key: string, ...rest: unknown[]) => {
          const found = method(key, ...rest)
          return found instanceof Uint8Array ? bent(found, key, flip()) : found
        }
      }
      if (name !== 'iterator') return method
      return (...rest: Parameters<Disk['iterator']>) => {
        const iterator = target.iterator(...rest)
        const all = iterator.all.bind(iterator)
        return Object.assign(iterator, {
          // `as`: it is opened with values as bytes
          all: async () => (await all()).map(([key, found]) => [key, bent(found as Uint8Array, String(key), flip())]),
        })
      }
    },
  })
}
