import { createLogger } from '@dcann/http/log'
import { base64Url, textOf } from '@dcann/protocol/bytes'
import type { Signer } from '@dcann/protocol/key'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { formatBundle } from '@dcann/protocol/log/bundle'
import { formatEntry } from '@dcann/protocol/log/entry'
import { emptyFrontier, extend, frontierRoot, leafHash } from '@dcann/protocol/log/merkle'
import { parseTilePath, tileWidth } from '@dcann/protocol/log/tile'
import { mapKey } from '@dcann/protocol/map/node'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import { actsAnswer } from '@dcann/protocol/registry-api'
import { formatTime } from '@dcann/protocol/time'
import { tombstoneId } from '@dcann/protocol/tombstone'
import { createLogClient } from '@dcann/sdk/log-client'
import { createResolver } from '@dcann/sdk/resolver'
import { seenInMemory, type Fetch } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { describe, expect, test } from 'vitest'
import { castUrls, makeCast, makeHolder, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { castNow, type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { checkLogs } from '../log/check-log.ts'
import { followZone } from '../mirror/job.ts'
import { openWatch } from '../mirror/watch.ts'
import { checkRecords } from './check-records.ts'
import { eraseEnded } from './job.ts'

const now = castNow
const day = 86_400
const cast = await makeCast('erase', now)
const logger = createLogger({ name: 'erase', level: 'silent' })

async function round({ registry, clock }: InProcess): Promise<void> {
  await eraseEnded(registry, logger)(new AbortController().signal, () => clock.now)
}

async function follow(origin: Pick<InProcess, 'fetch'>, at: number): Promise<InProcess> {
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  const mirror = await openInProcess({ cast, zones: [], records: [], sources: new Map([['IN', client]]) })
  mirror.clock.now = at
  return mirror
}

const pull = async ({ registry, clock }: InProcess): Promise<void> => {
  const { follower, sources } = registry
  const note = (await sources.get('IN')?.checkpoint('IN')) ?? ''
  await follower.takeIn('IN', await follower.prove('IN', note), clock.now)
}

/** A registry in which one passport ended and others live, the clock wherever the ending leads. */
async function ended(label: string) {
  const origin = await openInProcess({ cast })
  const holder = makeHolder(`erase ${label}`)
  const born = await signPassport(holder, 'IN', cast.nodes.pune, now)
  const changed = await signPassportAfter(born, holder, {}, now)
  const end = await signPassportAfter(changed, holder, { status: 'ended' }, now)
  const other = await signPassport(makeHolder(`lives beside ${label}`), 'IN', cast.nodes.pune, now)
  for (const { signed } of [born, changed, other, end]) expect((await origin.post(signed)).status).toBe(201)
  return { origin, holder, born, changed, end, other, name: born.payload.name }
}

async function valuesOf(store: Store): Promise<string[]> {
  const found: string[] = []
  for (let after: string | undefined; ;) {
    const page = await store.range({ prefix: '', limit: 1024, ...(after === undefined ? {} : { after }) })
    if (page.length === 0) return found
    found.push(...page.map(({ key, value }) => `${key} ${Buffer.from(value).toString('latin1')}`))
    after = page.at(-1)?.key
  }
}

/** What of a passport lies in a store: its name, and the ids of its records anywhere but in the log and the journal's lines. */
const traces = async (store: Store, name: string): Promise<string[]> =>
  (await valuesOf(store)).filter((text) => text.includes(name))

const intact = async (store: Store): Promise<void> => {
  expect((await checkLogs(store, undefined)).problems).toEqual([])
  expect((await checkRecords(store)).problems).toEqual([])
}

async function resolverOver(at: InProcess, seen = seenInMemory()) {
  return await createResolver({
    world: { fetch: at.fetch, now: () => at.clock.now, random: (n) => new Uint8Array(n), seen },
    pinned: cast.root.signed,
    registries: [castUrls.registry],
  })
}

describe('eraseEnded', () => {
  test('buries a passport 14 days after its end, and erases it everywhere a day later; every proof still holds', async () => {
    const { origin, name, born, end, other } = await ended('whole')
    const mirror = await follow(origin, now)
    await pull(mirror)
    origin.clock.now = now + 14 * day - 1
    await round(origin)
    expect(await (await resolverOver(origin)).resolveName(name)).toMatchObject({ record: { id: end.id } })

    origin.clock.now = now + 14 * day
    await round(origin)
    const seen = seenInMemory()
    const gone = await (await resolverOver(origin, seen)).resolveName(name)
    expect([gone.record, gone.gone, gone.resolution.records]).toEqual([undefined, true, []])
    // followers may still judge everything
    expect((await origin.get(`/v1/records/${born.id}`)).status).toBe(200)
    mirror.clock.now = origin.clock.now
    await pull(mirror)

    for (const one of [origin, mirror]) {
      one.clock.now = now + 15 * day - 1
      await round(one)
      expect(await traces(one.registry.store, name)).not.toEqual([])
      one.clock.now = now + 15 * day
      await round(one)
      expect(await traces(one.registry.store, name)).toEqual([])
      await intact(one.registry.store)
      for (const id of [born.id, end.id]) expect((await one.get(`/v1/records/${id}`)).status).toBe(404)
    }
    // again, a restart, and whoever lives beside it: nothing more happens
    await round(origin)
    const { store } = origin.registry
    const again = await openInProcess({ cast, store })
    again.clock.now = now + 16 * day
    const resolver = await resolverOver(again, seen)
    expect((await resolver.resolveName(name, { fresh: true })).gone).toBe(true)
    expect((await resolver.resolveName(other.payload.name)).record?.id).toBe(other.id)
    await intact(store)
  })

  test('a deleted name is never registered again', async () => {
    const { origin, name, born, changed, holder } = await ended('again')
    origin.clock.now = now + 14 * day
    await round(origin)
    expect((await origin.post(born.signed)).body).toMatchObject({ known: true })
    expect((await origin.post((await signPassportAfter(changed, holder, {}, origin.clock.now)).signed)).status).toBe(
      403,
    )
    origin.clock.now += day
    await round(origin)
    expect(await origin.post(born.signed)).toMatchObject({ status: 403, code: 'rule-broken' })
    expect(await traces(origin.registry.store, name)).toEqual([])
  })

  test('ended at any commit of it, it goes on where it was', async () => {
    for (let at = 1; at <= 3; at++) {
      const { origin, name } = await ended(`crash ${at}`)
      const { store } = origin.registry
      let commits = 0
      const ending: Store = {
        ...store,
        commit: async (commit) => {
          if (++commits === at) throw new Error('ended')
          return await store.commit(commit)
        },
      }
      for (const days of [14, 15]) {
        const first = await openInProcess({ cast, store: ending }).catch(() => undefined)
        if (first) first.clock.now = now + days * day
        if (first) await round(first).catch(() => {})
        const second = await openInProcess({ cast, store })
        second.clock.now = now + days * day
        await round(second)
        await intact(store)
      }
      expect(await traces(store, name)).toEqual([])
    }
  })
})

describe('following a log with erased records', () => {
  test.each([
    ['nothing', undefined],
    ['the living passport', 1],
    ['its end', 4],
  ] as const)('whoever held %s before takes it in, and keeps nothing of it', async (_what, acts) => {
    const origin = await openInProcess({ cast })
    const holder = makeHolder('erase followed')
    const born = await signPassport(holder, 'IN', cast.nodes.pune, now)
    const changed = await signPassportAfter(born, holder, {}, now)
    const end = await signPassportAfter(changed, holder, { status: 'ended' }, now)
    const mirror = await follow(origin, now)
    for (const [i, { signed }] of [born, changed, end].entries()) {
      expect((await origin.post(signed)).status).toBe(201)
      if (acts !== undefined && i < acts) await pull(mirror)
      if (acts === 1 && i === 0) continue
    }
    origin.clock.now = now + 14 * day
    await round(origin)
    origin.clock.now += day
    await round(origin)
    mirror.clock.now = origin.clock.now
    await pull(mirror)
    expect(mirror.registry.heads.get('IN')?.root).toEqual(origin.registry.heads.get('IN')?.root)
    await intact(mirror.registry.store)
    mirror.clock.now += day
    await round(mirror)
    expect(await traces(mirror.registry.store, born.payload.name)).toEqual([])
    await intact(mirror.registry.store)
    expect(await mirror.get(`/v1/zones/IN/record?name=${born.payload.name}`)).toMatchObject({
      status: 200,
      body: { records: [] },
    })
    // and whoever follows the mirror
    const third = await follow(mirror, mirror.clock.now)
    await followZone(third.registry, 'IN', logger)(new AbortController().signal, () => third.clock.now)
    expect(third.registry.heads.get('IN')?.root).toEqual(origin.registry.heads.get('IN')?.root)
    const client = createLogClient({ fetch: mirror.fetch }, castUrls.registry)
    const look = await openWatch({ root: [cast.root.signed], zones: new Map([['IN', [client]]]) })
    expect(await look(mirror.clock.now)).toMatchObject({ alarms: [], silent: [] })
  })
})

type Scripted = { readonly key: string; readonly record: string; readonly type: 'passport' | 'tombstone' }

/** The log of IN gone on by whoever holds its key, each act in a batch of its own at its time, records of them withheld. */
async function goneOn(
  origin: InProcess,
  by: Signer,
  acts: readonly (Scripted & { readonly at: number })[],
): Promise<{ readonly fetch: Fetch; readonly note: string }> {
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  const head = origin.registry.heads.get('IN')
  const entries: Uint8Array[] = []
  for await (const part of client.entries('IN', 0, head?.size ?? 0)) entries.push(...part)
  const { records } = actsAnswer.parse((await origin.get('/v1/zones/IN/acts?from=0')).body)
  const leaves = new Map<string, Uint8Array>()
  for (const bytes of entries) {
    const entry: { key?: string; record?: string } = JSON.parse(textOf(bytes))
    if (entry.key && entry.record) leaves.set(entry.key, Buffer.from(entry.record, 'base64url'))
  }
  for (const { at, ...act } of acts) {
    leaves.set(act.key, Buffer.from(act.record, 'base64url'))
    const all = [...leaves].map(([key, record]) => ({ key: Buffer.from(key, 'base64url'), record }))
    const { state } = updateMap(emptyMap, all, 1, () => undefined)
    entries.push(formatEntry(act))
    entries.push(formatEntry({ map: base64Url(state.root), names: state.names, time: formatTime(at) }))
  }
  const root = frontierRoot(extend(emptyFrontier, entries.map(leafHash)))
  const fetch: Fetch = async (url) => {
    const { pathname, searchParams } = new URL(url)
    if (pathname.endsWith('/acts')) {
      const from = Number(searchParams.get('from'))
      const isAct = (bytes: Uint8Array): boolean =>
        !textOf(bytes).includes('"map":') && !textOf(bytes).includes(tombstoneId)
      const given = entries.filter(isAct).map((_, i) => records[i] ?? null)
      const skipped = entries.slice(0, from).filter(isAct).length
      return Response.json({ zone: 'IN', from, next: entries.length, records: given.slice(skipped) })
    }
    const { index, width } = parseTilePath(pathname.slice('/v1/zones/IN/'.length))
    return new Response(new Uint8Array(formatBundle(entries.slice(index * tileWidth, index * tileWidth + width))))
  }
  return { fetch, note: await signCheckpoint({ origin: 'in.dcann.example', size: entries.length, root }, by) }
}

describe('a captured registry that withholds or buries', () => {
  const unknown = 'A'.repeat(43)
  test('is refused by whoever follows', async () => {
    const { origin, name, other } = await ended('captured')
    const by = cast.countries.IN.log
    const late = now + 30 * day
    const key = (of: string): string => base64Url(mapKey('IN', of))
    const grave = { record: tombstoneId, type: 'tombstone' } as const
    const withheld = { record: unknown, type: 'passport' } as const
    const cases: readonly (readonly [string, readonly (Scripted & { at: number })[], boolean])[] = [
      ['the ended one, after 14 days', [{ key: key(name), ...grave, at: now + 14 * day }], true],
      ['the ended one, too early', [{ key: key(name), ...grave, at: now + 14 * day - 1 }], false],
      ['one that lives', [{ key: key(other.payload.name), ...grave, at: late }], false],
      ['one that never was', [{ key: unknown, ...grave, at: late }], false],
      [
        'one twice',
        [
          { key: key(name), ...grave, at: late },
          { key: key(name), ...grave, at: late },
        ],
        false,
      ],
      [
        'and lets it stand again',
        [
          { key: key(name), ...grave, at: late },
          { key: key(name), ...withheld, at: late },
        ],
        false,
      ],
      ['a record, and never buries', [{ key: key(other.payload.name), ...withheld, at: late }], false],
      [
        'a record, and buries at once',
        [
          { key: key(other.payload.name), ...withheld, at: late },
          { key: key(other.payload.name), ...grave, at: late + 14 * day - 1 },
        ],
        false,
      ],
      [
        'what came after an end',
        [
          { key: key(name), ...withheld, at: late },
          { key: key(name), ...grave, at: late + 14 * day },
        ],
        false,
      ],
      // whoever was not there for two weeks cannot tell this from an erased passport; who followed said no at the time
      [
        'a record, and buries two weeks later',
        [
          { key: key(other.payload.name), ...withheld, at: late },
          { key: key(other.payload.name), ...grave, at: late + 14 * day },
        ],
        true,
      ],
    ]
    for (const [what, acts, isTaken] of cases) {
      const { fetch, note } = await goneOn(origin, by, acts)
      const mirror = await follow(origin, now)
      await pull(mirror)
      const store = mirror.registry.store
      const client = createLogClient({ fetch }, castUrls.registry)
      const over = await openInProcess({ cast, zones: [], records: [], store, sources: new Map([['IN', client]]) })
      const { follower } = over.registry
      const code = await codeOf(
        async () => await follower.takeIn('IN', await follower.prove('IN', note), late + 30 * day),
      )
      expect([what, code]).toEqual([what, isTaken ? 'admitted' : 'evidence-broken'])
    }
  })

  test('and a client that saw the tombstone believes nothing under the name any more', async () => {
    const { origin, born, name } = await ended('reborn')
    origin.clock.now = now + 14 * day
    await round(origin)
    const seen = seenInMemory()
    const resolver = await resolverOver(origin, seen)
    expect((await resolver.resolveName(name)).gone).toBe(true)
    const forgetful = await openInProcess({ cast, store: memoryStore() })
    expect(await codeOf(async () => await (await resolverOver(forgetful, seenInMemory())).resolveName(name))).toBe(
      'admitted',
    )
    await forgetful.post(born.signed)
    forgetful.clock.now = origin.clock.now
    // the zone's log goes back as well, so that shows first; a name alone is told by what was seen of it
    expect(await codeOf(async () => await (await resolverOver(forgetful, seen)).resolveName(name))).not.toBe('admitted')
  })
})
