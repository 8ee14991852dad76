import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gate } from '@dcann/store/gate'
import { storeConformance } from '@dcann/store/conformance'
import { copyStore } from '@dcann/store/copy'
import { fsckPlace, renewPlace } from '@dcann/store/engines'
import { isStoreError } from '@dcann/store/errors'
import { ordered } from '@dcann/store/key'
import { openStore } from '@dcann/store/open'
import { openPostgres, type PostgresOptions } from '@dcann/store/postgres-open'
import { SCHEMA_NUMBER } from '@dcann/store/postgres-schema'
import { scratch } from '@dcann/store/scratch'
import { settle } from '@dcann/store/shelf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draws } from '../draws.ts'
import { cutsOfStatement } from '../faults/cut-link.ts'
import { catchPlanted, openCutBench } from '../faults/postgres-cuts.ts'
import { faultsAfter, writeAndKill } from '../faults/store-work.ts'
import { postgresMissing, startPostgres, type PostgresServer } from '../postgres/server.ts'

if (postgresMissing) console.warn(`NOT TESTED: the engine for PostgreSQL; ${postgresMissing}`)

describe.skipIf(postgresMissing !== undefined)('postgresStore', () => {
  let server: PostgresServer
  let schemas = 0
  const { folder, remove } = scratch()
  beforeAll(async () => {
    // what is killed leaves to the kernel what it wrote, whatever is below; what a power cut leaves is tried elsewhere
    const under = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
    server = await startPostgres({ max_connections: '200' }, { under })
  })
  afterAll(async () => {
    await server.remove()
    remove()
  })

  const fresh = () => {
    const name = `s${schemas++}`
    const at = { url: `${server.url}?schema=${name}`, keyFile: join(folder, `${name}.keys`) }
    return {
      ...at,
      open: (options: Partial<PostgresOptions> = {}) =>
        openPostgres(at.url, { keyFile: at.keyFile, buckets: 4, patience: 5_000, ...options }),
    }
  }

  // what the database shows it has made durable, so there is no moment after that to hold
  const subject = async () => {
    const { pass, hold, failNext } = gate()
    const around = async (batch: () => Promise<void>): Promise<void> => {
      await pass()
      await batch()
    }
    const store = await fresh().open({ around })
    const later = async (now: number, ms: number): Promise<number> => {
      await wait(ms)
      return now + ms
    }
    return { store, holdSyncs: hold, failNextSync: failNext, later, end: () => store.close() }
  }
  storeConformance({ describe, it, expect }, subject, { histories: 15 })

  it('postgresStore lets many commits share one batch', async () => {
    const store = await fresh().open()
    const value = new Uint8Array(100)
    await Promise.all(
      Array.from({ length: 64 }, async (_, writer) => {
        for (let i = 0; i < 10; i++)
          await store.commit({ writes: [{ key: `w/${writer}/${i}`, value, expect: 'absent' }] })
      }),
    )
    expect(store.syncs()).toBeLessThan((64 * 10) / 8)
    expect(await store.fsck()).toMatchObject({ genuine: 640, findings: [] })
    await store.close()
  })

  it('postgresStore counts right when three processes write the same keys', async () => {
    const place = fresh()
    const stores = await Promise.all([1, 2, 3].map((i) => place.open({ writer: `w${i}` })))
    const read = async (store: (typeof stores)[number], key: string) => {
      const found = (await store.read([key])).get(key)
      return { n: found ? Number(new TextDecoder().decode(found.value)) : 0, version: found?.version }
    }
    const each = 40
    let conflicts = 0
    await Promise.all(
      stores.flatMap((store) =>
        ['a', 'b'].map(async (key) => {
          for (let i = 0; i < each; i++)
            await settle(async () => {
              const { n, version } = await read(store, key)
              const value = new TextEncoder().encode(String(n + 1))
              const other = { key: key === 'a' ? 'b/seen' : 'a/seen', value }
              await store
                .commit({ writes: [{ key, value, expect: version ?? 'absent' }, other] })
                .catch((error: unknown) => {
                  conflicts++
                  throw error
                })
            }, 1000)
        }),
      ),
    )
    const [first] = stores
    expect([await read(first!, 'a'), await read(first!, 'b')]).toEqual([
      { n: 3 * each, version: 3 * each },
      { n: 3 * each, version: 3 * each },
    ])
    expect(conflicts).toBeGreaterThan(0)
    expect(await first!.fsck()).toMatchObject({ genuine: 4, findings: [] })
    await Promise.all(stores.map((store) => store.close()))
  })

  it('postgresStore of one name taken over by another is fenced, and the other goes on', async () => {
    const place = fresh()
    const one = await place.open()
    await one.commit({ writes: [{ key: 'a', value: new Uint8Array(1) }] })
    const two = await place.open()
    await expect(one.commit({ writes: [{ key: 'b', value: new Uint8Array(1) }] })).rejects.toMatchObject({
      code: 'fenced',
    })
    expect(isStoreError(await one.failed, 'fenced')).toBe(true)
    await two.commit({ writes: [{ key: 'a', value: new Uint8Array(2), expect: 1 }] })
    expect(await two.fsck()).toMatchObject({ genuine: 1, findings: [] })
    await Promise.all([one.close(), two.close()])
  })

  it('postgresStore ends no lease by the clock of the database, however that jumps', async () => {
    const { Client } = await import('pg')
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query('create schema jumped')
    for (const clock of ['clock_timestamp', 'now', 'statement_timestamp', 'transaction_timestamp'])
      await client.query(
        `create function jumped.${clock}() returns timestamptz language sql volatile as $$ select pg_catalog.${clock}() + interval '1 hour' $$`,
      )
    const place = fresh()
    const [one, two] = await Promise.all(['one', 'two'].map((writer) => place.open({ writer })))
    const lease = { id: 'long', scopes: ['x'], from: 1000, until: 3000 }
    await one!.commit({ writes: [], lease })
    const seen = performance.now()
    expect(await two!.leases('x', 5_000)).toHaveLength(1)
    // every new connection finds the jumped clock before the system's own
    await client.query(`alter role dcann set search_path = jumped, pg_catalog, public`)
    const three = await place.open({ writer: 'three' })
    try {
      const late = new Client({ connectionString: server.url })
      await late.connect()
      const { rows } = await late.query(`select clock_timestamp() > pg_catalog.clock_timestamp() as jumped`)
      await late.end()
      expect(rows).toEqual([{ jumped: true }])
      expect(await three.leases('x', 5_000)).toHaveLength(1)
      expect(await two!.leases('x', 5_000)).toHaveLength(1)
      // whoever waits counts for itself: not before its own two seconds, and then whatever stands there
      let ended = 0
      while (ended === 0) {
        await wait(20)
        if ((await two!.leases('x', 5_000)).length === 0) ended = performance.now()
      }
      expect(ended - seen).toBeGreaterThanOrEqual(2_000)
    } finally {
      await client.query(`alter role dcann reset search_path`)
      await client.end()
    }
    await Promise.all([one!.close(), two!.close(), three.close()])
  })

  it('recalling reaches whoever holds a lease in another process, and a lease that was released is told to nobody', async () => {
    const place = fresh()
    const [holder, other] = await Promise.all(['holder', 'other'].map((writer) => place.open({ writer })))
    const told: string[] = []
    holder!.recalling?.onRecall((id) => {
      told.push(id)
      void holder!.release(id)
    })
    for (const id of ['gone', 'going'])
      await holder!.commit({ writes: [], lease: { id, scopes: ['x', 'y'], from: 1000, until: 3000 } })
    await holder!.release('gone')
    const begun = performance.now()
    await other!.recalling?.recall('x')
    await until(() => told.length > 0)
    while ((await other!.leases('x', 1000)).length > 0) await wait(2)
    // far sooner than the lease would have ended, on however busy a machine
    expect(performance.now() - begun).toBeLessThan(1_900)
    expect(new Set(told)).toEqual(new Set(['going']))
    expect(await other!.leases('y', 1000)).toEqual([])
    await Promise.all([holder!.close(), other!.close()])
  })

  it('postgresStore notices what was altered, put back, taken away and added behind its back', async () => {
    const { Client } = await import('pg')
    const place = fresh()
    const store = await place.open()
    const write = (text: string) => ({ writes: [{ key: 'a', value: new TextEncoder().encode(text) }] })
    await store.commit(write('one'))
    const schema = new URL(place.url).searchParams.get('schema') ?? ''
    const client = new Client({ connectionString: server.url })
    await client.connect()
    const old = await client.query<{ value: Buffer; version: string }>(`select value, version from ${schema}.entries`)
    await store.commit(write('two'))
    const now = await client.query<{ value: Buffer; version: string }>(`select value, version from ${schema}.entries`)
    const codes = async (sql: string, values: unknown[] = []) => {
      await client.query(sql, values)
      const found = (await store.fsck()).findings.map(({ code }) => code)
      await client.query(`delete from ${schema}.entries`)
      await client.query(`insert into ${schema}.entries values ('a', $1, $2)`, [
        now.rows[0]?.version,
        now.rows[0]?.value,
      ])
      return found
    }
    const set = `update ${schema}.entries set version = $1, value = $2`
    const flipped = Buffer.from(now.rows[0]?.value ?? [])
    flipped[30]! ^= 1
    expect(await codes(set, [2, flipped])).toEqual(['altered'])
    expect(await codes(set, [old.rows[0]?.version, old.rows[0]?.value])).toEqual(['sum-differs'])
    expect(await codes(`delete from ${schema}.entries`)).toEqual(['count-differs'])
    expect(await codes(`insert into ${schema}.entries select 'b', version, value from ${schema}.entries`)).toEqual([
      'altered',
      'count-differs',
    ])
    await client.query(`update ${schema}.writers set head = set_byte(head, 20, 9)`)
    expect((await store.fsck()).findings.map(({ code }) => code)).toContain('head-altered')
    await client.end()
    await store.close()
  })

  it('postgresStore refuses another key file, none, and an older database', async () => {
    const { Client } = await import('pg')
    const place = fresh()
    const store = await place.open()
    await store.commit({ writes: [{ key: 'a', value: new Uint8Array(1) }] })
    await store.close()
    await expect(place.open({ keyFile: join(folder, 'none.keys') })).rejects.toMatchObject({ code: 'key-missing' })
    const other = fresh()
    await (await other.open()).close()
    await expect(place.open({ keyFile: other.keyFile })).rejects.toMatchObject({ code: 'key-missing' })

    const schema = new URL(place.url).searchParams.get('schema') ?? ''
    const client = new Client({ connectionString: server.url })
    await client.connect()
    const yesterday = await client.query<{ n: string; head: Buffer }>(`select n, head from ${schema}.writers`)
    const again = await place.open()
    await again.commit({ writes: [{ key: 'b', value: new Uint8Array(1) }] })
    await again.close()
    const { n, head } = yesterday.rows[0]!
    await client.query(`update ${schema}.writers set n = $1, head = $2`, [n, head])
    await expect(place.open()).rejects.toMatchObject({ code: 'rolled-back' })
    await client.query(`update ${schema}.store set number = 99`)
    await expect(place.open()).rejects.toThrow('a newer version of this software')
    await client.end()
  })

  it('openPostgres brings a schema of the version before up to this one, and keeps what it holds', async () => {
    const { Client } = await import('pg')
    const place = fresh()
    const before = await place.open()
    const value = new Uint8Array(64).fill(7)
    await before.commit({
      writes: [
        { key: 'a/1', value },
        { key: 'a/2', value },
      ],
    })
    await before.close()
    const schema = new URL(place.url).searchParams.get('schema') ?? ''
    const client = new Client({ connectionString: server.url })
    await client.connect()
    // number 1 as it was written: leases that end by the clock of the database, one of them left by a process that died
    await client.query(`
      drop table ${schema}.leases;
      create table ${schema}.leases (
        scope text collate "C", id text collate "C", since timestamptz not null, until timestamptz not null, primary key (scope, id)
      );
      insert into ${schema}.leases values ('x', 'left', now(), now() + interval '2 seconds');
      drop table ${schema}.renewals;
      update ${schema}.store set number = 1;
    `)
    const begun = performance.now()
    const after = await place.open({ check: 'full' })
    // as long as the lease that was left may still be sent under
    expect(performance.now() - begun).toBeGreaterThanOrEqual(2_000)
    expect((await after.range({ prefix: 'a/', limit: 9 })).map(({ key }) => key)).toEqual(['a/1', 'a/2'])
    expect(await after.leases('x', 1000)).toEqual([])
    await after.commit({ writes: [], lease: { id: 'l', scopes: ['x'], from: 1000, until: 3000 } })
    expect(await after.leases('x', 1000)).toHaveLength(1)
    const { rows } = await client.query<{ number: number }>(`select number from ${schema}.store`)
    expect(rows).toEqual([{ number: SCHEMA_NUMBER }])
    await client.end()
    await after.close()
  })

  it('postgresStore does each batch once while the server is killed under it', async () => {
    const place = fresh()
    const store = await place.open({ patience: 30_000 })
    let acknowledged = 0
    const over = new AbortController()
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; !over.signal.aborted; i++) {
        const value = new TextEncoder().encode(`${i}`)
        await store.commit({
          writes: [{ key: `w/${writer}`, value, ...(i === 0 ? { expect: 'absent' } : { expect: i }) }],
        })
        acknowledged++
      }
    })
    for (let kill = 0; kill < 2; kill++) {
      const enough = acknowledged + 50
      await until(() => acknowledged >= enough)
      await server.end(kill === 0 ? 'SIGKILL' : 'SIGINT')
      await server.again()
    }
    over.abort()
    await Promise.all(writers)
    const versions = (await store.range({ prefix: 'w/', limit: 99 })).map(({ version }) => version)
    console.log(`postgres: killed twice under ${acknowledged} acknowledged commits, 0 lost, 0 done twice`)
    // a batch that was written twice, or acknowledged and lost, breaks the chain of versions
    expect(versions.reduce((a, b) => a + b, 0)).toBe(acknowledged)
    expect(acknowledged).toBeGreaterThanOrEqual(100)
    expect((await store.fsck()).findings).toEqual([])
    await store.close()
  })

  it('postgresStore whose process is killed keeps all it acknowledged, and the checker finds one that writes in pieces', async () => {
    const draw = draws(20261124)
    const at = fresh()
    const said: string[] = []
    for (let kill = 0; kill < 4; kill++) {
      said.push(...(await writeAndKill(`${at.url}#${at.keyFile}`, 20 + draw(60), draw(12))))
      expect(await faultsAfter(`${at.url}#${at.keyFile}`, said)).toEqual({ lost: [], half: [], findings: [] })
    }
    console.log(`postgres: 4 kills, ${said.length} acknowledged commits of 3 keys, 0 lost, 0 in half`)
    expect(said.length).toBeGreaterThanOrEqual(80)
    let found = 0
    for (let kill = 0; kill < 10 && found === 0; kill++) {
      const torn = fresh()
      const place = `${torn.url}#${torn.keyFile}`
      const { lost, half } = await faultsAfter(place, await writeAndKill(place, 100, draw(12), ['torn']))
      found += lost.length + half.length
    }
    expect(found).toBeGreaterThan(0)
  })

  it('postgresStore does each batch once, wherever in a statement its connection is cut', async () => {
    const bench = await openCutBench(server)
    const failures: string[] = []
    let [cuts, acknowledged] = [0, 0]
    for (let i = 0; i < 12; i++) {
      // five apart; the full sweep is `npm run faults -- --only postgres-cuts`
      const cut = { at: 4 + i * 5, how: cutsOfStatement[i % cutsOfStatement.length] ?? 'before', away: i % 3 === 2 }
      const one = await bench.attempt(cut)
      cuts += one.cut ? 1 : 0
      acknowledged += one.acknowledged
      failures.push(...one.failures.map((failure) => `${cut.how} ${cut.at}: ${failure}`))
    }
    const [early] = await catchPlanted(bench, ['early'])
    await bench.end()
    console.log(
      `postgres: ${cuts} connections cut at a statement, ${acknowledged} acknowledged commits, 0 lost or twice`,
    )
    expect(failures).toEqual([])
    expect([cuts, acknowledged >= 80]).toEqual([12, true])
    expect(early).toContain('acknowledged and lost')
  })

  it('renew keeps what lives, makes what was deleted unreadable, and ends whoever has the keys of before', async () => {
    const { Client } = await import('pg')
    const place = fresh()
    const [store, other] = await Promise.all(['one', 'other'].map((writer) => place.open({ writer })))
    const value = new TextEncoder().encode('kept')
    const names = Array.from({ length: 300 }, (_, i) => `k/${ordered(i)}`)
    await store!.commit({ writes: names.map((key) => ({ key, value })) })
    await other!.commit({ writes: [{ key: 'gone', value }] })
    await store!.commit({ writes: [{ key: 'k/twice', value }] })
    await store!.commit({ writes: [{ key: 'k/twice', value }] })
    const schema = new URL(place.url).searchParams.get('schema') ?? ''
    const client = new Client({ connectionString: server.url })
    await client.connect()
    const old = await client.query<{ value: Buffer }>(`select value from ${schema}.entries where key = 'gone'`)
    await store!.commit({ writes: [{ key: 'gone', delete: true }] })
    const before = `${place.keyFile}.before`
    copyFileSync(place.keyFile, before)

    const writing = Promise.all(names.map((_, i) => store!.commit({ writes: [{ key: `w/${i}`, value }] })))
    await store!.renew()
    await writing
    expect((await store!.read(['k/twice'])).get('k/twice')).toEqual({ value, version: 2 })
    expect(await store!.fsck()).toEqual({ genuine: 601, findings: [] })
    await expect(other!.commit({ writes: [{ key: 'gone', value }] })).rejects.toMatchObject({ code: 'fenced' })
    await other!.close()
    // on another machine, perhaps
    await expect(place.open({ writer: 'third', keyFile: before })).rejects.toMatchObject({ code: 'key-missing' })
    await client.query(`insert into ${schema}.entries values ('gone', 1, $1)`, [old.rows[0]?.value])
    await expect(store!.read(['gone'])).rejects.toMatchObject({ code: 'corrupt' })
    await client.query(`delete from ${schema}.entries where key = 'gone'`)
    await client.end()
    // what is cut short has lost nothing, and is made good by the next
    await store!.close()
    let batches = 0
    const cut = await place.open({
      writer: 'one',
      around: async (batch) => {
        if (++batches === 2) throw new Error('cut')
        await batch()
      },
    })
    await expect(cut.renew()).rejects.toMatchObject({ code: 'failed' })
    await cut.close()
    expect(await renewPlace({ url: place.url, keyFile: place.keyFile }, {})).toEqual({ genuine: 601, findings: [] })
  })

  it('openPostgres refuses a database that was restored to a point in time, and fsck says who lost what', async () => {
    const { Client } = await import('pg')
    const archive = join(server.folder, 'archive')
    mkdirSync(archive)
    chmodSync(archive, 0o777)
    const archiving = { archive_mode: 'on', archive_command: `cp %p ${archive}/%f` }
    const origin = await startPostgres(archiving, { under: server.folder })
    const keyFile = join(server.folder, 'restored.keys')
    const at = (one: PostgresServer) => ({ url: `${one.url}?schema=r`, keyFile })
    const open = (one: PostgresServer, options: Partial<PostgresOptions> = {}) =>
      openPostgres(at(one).url, { keyFile, buckets: 4, ...options })
    const value = new TextEncoder().encode('here')
    const store = await open(origin)
    await store.commit({ writes: [{ key: 'a', value }] })
    const client = new Client({ connectionString: origin.url })
    await client.connect()
    const copied = join(server.folder, 'copied')
    // a base backup of a running server, by hand
    await client.query(`select pg_backup_start('noon', true)`)
    execFileSync('cp', ['-a', origin.data, copied])
    const { rows } = await client.query<{ labelfile: string }>(`select labelfile from pg_backup_stop(false)`)
    writeFileSync(join(copied, 'backup_label'), rows[0]?.labelfile ?? '')
    writeFileSync(join(copied, 'recovery.signal'), '')
    await store.commit({ writes: [{ key: 'b', value }] })
    await client.query(`select pg_create_restore_point('noon')`)
    await store.commit({ writes: [{ key: 'a', delete: true }] })
    await store.close()
    await client.query(`select pg_switch_wal()`)
    await client.end()
    // ends only when everything is archived
    await origin.end()

    const target = { recovery_target_name: 'noon', recovery_target_action: 'promote' }
    const restoring = { restore_command: `cp ${archive}/%f %p`, ...target }
    const restored = await startPostgres(restoring, { under: server.folder, copied })
    try {
      await expect(open(restored)).rejects.toMatchObject({ code: 'rolled-back' })
      const report = await fsckPlace(at(restored))
      expect(report.genuine).toBe(2)
      expect(report.findings.map(({ code, message }) => [code, message.startsWith(`writer 'main'`)])).toEqual([
        ['behind-witness', true],
      ])
      // on the operator's word, and from then on it is told no more
      const again = await open(restored, { restored: true })
      const both = await again.read(['a', 'b'])
      expect(['a', 'b'].map((key) => both.get(key)?.version)).toEqual([1, 1])
      await again.commit({ writes: [{ key: 'c', value }] })
      await again.close()
      await (await open(restored)).close()
      expect(await fsckPlace(at(restored))).toEqual({ genuine: 3, findings: [] })
    } finally {
      await restored.remove()
      await origin.remove()
    }
  })

  it('copyStore moves a folder into a database and back, however often it is cut short', async () => {
    const value = (i: number): Uint8Array => new TextEncoder().encode(`value ${i}`.repeat(20))
    const at = join(folder, 'origin')
    const origin = await openStore(at, { buckets: 4 })
    const names = Array.from({ length: 3000 }, (_, i) => `k/${ordered(i)}`)
    for (let i = 0; i < names.length; i += 500)
      await origin.commit({ writes: names.slice(i, i + 500).map((key, j) => ({ key, value: value(i + j) })) })
    const place = fresh()
    let batches = 0
    const cut = await place.open({
      around: async (batch) => {
        if (++batches === 2) throw new Error('cut')
        await batch()
      },
    })
    await expect(copyStore(origin, cut)).rejects.toMatchObject({ code: 'failed' })
    await cut.close()
    const database = await place.open()
    const done = await copyStore(origin, database)
    expect(done).toMatchObject({ values: 3000, resumed: 1024 })
    const back = await openStore(join(folder, 'back'), { buckets: 4 })
    expect(await copyStore(database, back)).toMatchObject({ values: 3000, digest: done.digest })
    expect(await database.fsck()).toMatchObject({ genuine: 3000, findings: [] })
    await Promise.all([origin.close(), database.close(), back.close()])
  })

  it('postgresStore gives up on a server that stays away, and says so', async () => {
    const store = await fresh().open({ patience: 300 })
    await server.end()
    try {
      await expect(store.read(['a'])).rejects.toMatchObject({ code: 'failed' })
      expect(isStoreError(await store.failed, 'failed')).toBe(true)
    } finally {
      await server.again()
    }
    await store.close()
  })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5)
}
