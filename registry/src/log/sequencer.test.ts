import { base64Url, equalBytes, fromBase64Url, hex, textOf } from '@dcann/protocol/bytes'
import { parseBundle } from '@dcann/protocol/log/bundle'
import { openCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { parseEntry, parseMapEntry } from '@dcann/protocol/log/entry'
import { type Head, leafHash, rootOf } from '@dcann/protocol/log/merkle'
import { verifyConsistency } from '@dcann/protocol/log/proof'
import { tilePath } from '@dcann/protocol/log/tile'
import { mapKey } from '@dcann/protocol/map/node'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import { consistencyAnswer } from '@dcann/protocol/registry-api'
import { memoryStore } from '@dcann/store/memory'
import type { LocalStore, Store } from '@dcann/store/store'
import { describe, expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { castNow, type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { pagePlace, stalePages } from '../map/shelf.ts'
import { checkLogs } from './check-log.ts'
import { memoryKeeper } from './keeper.ts'

const now = castNow
const cast = await makeCast('registry-tests', now)
const { origin, key } = cast.countries.IN.record.payload.log
const born = await Promise.all(
  Array.from({ length: 24 }, async (_, i) => {
    const holder = makeHolder(`logged ${i}`)
    const first = await signPassport(holder, 'IN', cast.nodes.tallinn, now)
    return [first, await signPassportAfter(first, holder, {}, now)]
  }),
)

async function headOf({ bytes }: InProcess): Promise<ProvedCheckpoint> {
  return await openCheckpoint(textOf(await bytes('/v1/zones/IN/checkpoint')), { name: origin, key })
}

/** Every entry under a head, fetched as any reader of tiled logs would. */
async function entriesUnder({ bytes }: InProcess, { size }: Head): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256)
    all.push(...parseBundle(await bytes(`/v1/zones/IN/${tilePath({ level: 'entries', index, width })}`), width))
  }
  return all
}

async function requireExtends({ get }: InProcess, from: Head, to: Head): Promise<void> {
  const { body } = await get(`/v1/zones/IN/consistency?from=${from.size}&to=${to.size}`)
  const { proof } = consistencyAnswer.parse(body)
  verifyConsistency({ from, to, proof: proof.map((hash) => fromBase64Url(hash)) })
}

/** The map of a log once more, from its entries alone; throws where a map entry says otherwise. */
function replay(entries: readonly Uint8Array[]): string {
  const names = new Map<string, { key: Uint8Array; record: Uint8Array }>()
  for (const bytes of entries) {
    const entry = parseEntry(bytes)
    if ('map' in entry) {
      const { root } = updateMap(emptyMap, [...names.values()], 1, () => undefined).state
      if (base64Url(root) !== entry.map || names.size !== entry.names) throw new Error('a map entry lies')
    } else names.set(entry.key, { key: fromBase64Url(entry.key), record: fromBase64Url(entry.record) })
  }
  return parseMapEntry(entries.at(-1) ?? new Uint8Array(0)).map
}

describe('createSequencer', () => {
  test('every head extends those before, and its entries yield its root and its map', async () => {
    const process = await openInProcess({ cast })
    const heads = [await headOf(process)]
    for (const pair of born) {
      for (const { signed } of pair) expect((await process.post(signed)).status).toBe(201)
      heads.push(await headOf(process))
    }
    const last = heads.at(-1)!
    for (const head of heads) await requireExtends(process, head, last)
    const entries = await entriesUnder(process, last)
    expect(hex(rootOf(entries.map(leafHash)))).toBe(hex(last.root))
    replay(entries)
    expect(entries.some((bytes) => textOf(bytes).includes(base64Url(mapKey('IN', born[0]![0]!.payload.name))))).toBe(
      true,
    )
    expect(entries.filter((bytes) => textOf(bytes).includes(born[0]![0]!.payload.name))).toEqual([])
    expect((await checkLogs(process.registry.store, undefined)).problems).toEqual([])
  })

  test('tiles under the head are served, others are not', async () => {
    const process = await openInProcess({ cast })
    const { size } = await headOf(process)
    const get = async (path: string): Promise<number> =>
      (await process.get(`/v1/zones/IN/${path}`).catch(() => ({ status: 200 }))).status
    expect(await get(`tile/0/000.p/${size}`)).toBe(200)
    expect(await get(`tile/entries/000.p/${size}`)).toBe(200)
    expect(await get(`tile/0/000.p/${size + 1}`)).toBe(404)
    expect(await get('tile/entries/000')).toBe(404)
    expect(await get('tile/1/000.p/1')).toBe(404)
    expect(await get('tile/0/0')).toBe(400)
    expect(await get(`consistency?from=1&to=${size + 1}`)).toBe(404)
    expect(await get(`consistency?from=${size}&to=1`)).toBe(400)
    expect(await get('consistency?from=01&to=1')).toBe(400)
    expect((await process.get('/v1/zones/FI/checkpoint')).status).toBe(404)
  })

  test('a log of several tiles is whole, and opens again as it was', async () => {
    const process = await openInProcess({ cast })
    const holders = Array.from({ length: 5 }, (_, i) => makeHolder(`many ${i}`))
    for (const holder of holders) {
      let last = await signPassport(holder, 'IN', cast.nodes.tallinn, now)
      await process.post(last.signed)
      for (let i = 0; i < 30; i++) {
        last = await signPassportAfter(last, holder, {}, now)
        await process.post(last.signed)
      }
    }
    const head = await headOf(process)
    expect(head.size).toBeGreaterThan(256)
    const entries = await entriesUnder(process, head)
    expect(hex(rootOf(entries.map(leafHash)))).toBe(hex(head.root))
    await requireExtends(process, { size: 256, root: rootOf(entries.slice(0, 256).map(leafHash)) }, head)
    const { store } = process.registry
    expect((await checkLogs(store, undefined)).problems).toEqual([])
    expect((await headOf(await openInProcess({ cast, store }))).note).toEqual(head.note)
  })
})

describe('createSequencer after an ending', () => {
  test('the check finds a registry that forgot what it had shown', async () => {
    const first = await openInProcess({ cast })
    const older = copyOf(first.registry.store)
    await first.post(born[0]![0]!.signed)
    const shown = await headOf(first)
    // a keeper of its own knows nothing of what was shown
    const forgetful = await openInProcess({ cast, store: older })
    for (const [record] of born.slice(1, 4)) await forgetful.post(record!.signed)
    await expect(requireExtends(forgetful, shown, await headOf(forgetful))).rejects.toMatchObject({
      code: 'evidence-broken',
    })
  })

  test('does not open a store that lacks what was shown, nor one with another past', async () => {
    const keeper = memoryKeeper()
    const first = await openInProcess({ cast, keeper })
    await first.post(born[0]![0]!.signed)
    await expect(openInProcess({ cast, keeper })).rejects.toThrow('none of them')
    const older = memoryStore()
    await openInProcess({ cast, store: older })
    await expect(openInProcess({ cast, store: older, keeper })).rejects.toThrow('older than it was')
    const other = memoryStore()
    const branched = await openInProcess({ cast, store: other })
    for (const [record] of born.slice(1, 4)) await branched.post(record!.signed)
    await expect(openInProcess({ cast, store: other, keeper })).rejects.toThrow('does not extend')
  })

  test('refuses to go on beside another that serves the zone', async () => {
    const keeper = memoryKeeper()
    const first = await openInProcess({ cast, keeper })
    const second = await openInProcess({ cast, keeper, store: copyOf(first.registry.store) })
    expect((await first.post(born[0]![0]!.signed)).status).toBe(201)
    expect(await second.post(born[1]![0]!.signed)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(await second.registry.broken).toBeInstanceOf(Error)
    expect(await second.post(born[1]![0]!.signed)).toMatchObject({ status: 503, code: 'unavailable' })
  })
})

test('createSequencer makes the log of a store from before logs, the same each time, and goes on with it', async () => {
  const first = await openInProcess({ cast })
  for (const [record] of born) await first.post(record!.signed)
  const bare = (): LocalStore => copyOf(first.registry.store, /^(?:log|map)\//)
  const [one, two] = [await openInProcess({ cast, store: bare() }), await openInProcess({ cast, store: bare() })]
  const head = await headOf(one)
  expect((await headOf(two)).note.text).toBe(head.note.text)
  expect((await checkLogs(one.registry.store, undefined)).problems).toEqual([])
  expect(replay(await entriesUnder(one, head))).toBe(replay(await entriesUnder(first, await headOf(first))))
  expect((await one.post(born[0]![1]!.signed)).status).toBe(201)
  await requireExtends(one, head, await headOf(one))
})

test('checkLogs names every value of a log and a map that is altered or gone', async () => {
  const process = await openInProcess({ cast })
  for (const [record] of born.slice(0, 7)) await process.post(record!.signed)
  const { store } = process.registry
  const kept = keysOf(store, /^(?:log\/(?:entries|heads)|map\/pages)\/.*IN/).filter((each) => !isStale(store, each.key))
  expect(kept.length).toBeGreaterThan(15)
  for (const { key: at, value } of kept) {
    const altered = copyOf(store)
    const changed = value.slice()
    changed[value.length >> 1]! ^= 1
    await altered.commit({ writes: [{ key: at, value: changed }] })
    expect(
      await checkLogs(altered, undefined).then(
        ({ problems }) => problems.length,
        () => 1,
      ),
    ).toBeGreaterThan(0)
    const gone = copyOf(store)
    await gone.commit({ writes: [{ key: at, delete: true }] })
    const shown = new Map([['IN', process.registry.heads.get('IN')!.frontier]])
    expect(
      await checkLogs(gone, shown).then(
        ({ problems }) => problems.length,
        () => 1,
      ),
    ).toBeGreaterThan(0)
  }
})

test('describe signs nothing over an entry that changes between its making and its keeping', async () => {
  const process = await openInProcess({ cast })
  const before = await headOf(process)
  const pages = keysOf(process.registry.store, /^map\/pages\/IN\//)
  for (const { key: at, value } of pages) {
    const changed = value.slice()
    changed[changed.length - 1]! ^= 1
    await process.registry.store.commit({ writes: [{ key: at, value: changed }] })
  }
  const fresh = await openInProcess({ cast, store: process.registry.store })
  expect(await fresh.post(born[0]![0]!.signed)).toMatchObject({ status: 503 })
  expect(equalBytes((await headOf(fresh)).root, before.root)).toBe(true)
})

/** Whether a page is kept for heads of before only. */
function isStale(store: Store, key: string): boolean {
  return keysOf(store, /^map\/stale\/IN\//).some((entry) =>
    stalePages.entry({ ...entry, version: 1 }).value.some((address) => pagePlace('IN', address).key === key),
  )
}

function keysOf(store: Store, which: RegExp): { key: string; value: Uint8Array }[] {
  const found: { key: string; value: Uint8Array }[] = []
  for (let after: string | undefined; ;) {
    const page = store.range({ prefix: '', limit: 1024, ...(after === undefined ? {} : { after }) })
    if (page instanceof Promise) throw new Error('expected a store in memory')
    if (page.length === 0) return found.filter(({ key: at }) => which.test(at))
    found.push(...page)
    after = page.at(-1)?.key
  }
}

/** Another store with the same values, save those whose key matches. */
function copyOf(store: Store, but = /^$/): LocalStore {
  const copy = memoryStore()
  const all = keysOf(store, /./).filter(({ key: at }) => !but.test(at))
  for (let i = 0; i < all.length; i += 1000) {
    void copy.commit({ writes: all.slice(i, i + 1000).map(({ key: at, value }) => ({ key: at, value })) })
  }
  return copy
}
