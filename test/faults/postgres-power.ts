import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { type Draw, draws } from '../draws.ts'
import { postgresMissing, type PostgresServer, startPostgres } from '../postgres/server.ts'
import { type Battery, type Budget, hasTime, type Outcome } from './battery.ts'
import { cannotMount, makeImage, mountImage } from './image.ts'
import { faultsAfter, storeWriter } from './store-work.ts'

const floor = 50
/** Cuts of one server's life: what was acknowledged, and is looked through after each, does not grow without end. */
const round = 5
const megabytes = 224
const small = { max_wal_size: '48MB', min_wal_size: '32MB', shared_buffers: '16MB' }

/**
 * Cuts the power under a database to which sixteen clients write: it and its client stand still, the block device is copied
 * as it is, and what the kernel still had in memory is not in the copy. A server starts on the copy, which recovers it, and
 * it is held against all that was acknowledged before the cut.
 */
export const postgresPowerCuts: Battery = async (budget) => {
  const { count = floor, until, seed, say } = budget
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dcann-db-cuts-'))
  // the server runs as nobody
  chmodSync(folder, 0o755)
  try {
    const reason = postgresMissing ?? cannotMount(join(folder, 'try'))
    if (reason !== undefined) return without(reason)
    const draw = draws(seed)
    const failures: string[] = []
    let [cuts, acknowledged] = [0, 0]
    for (let life = 0; cuts < count && hasTime({ until }); life++) {
      const lived = await live(join(folder, `life-${life}`), false, Math.min(round, count - cuts), draw, budget)
      cuts += lived.cuts
      acknowledged += lived.acknowledged
      failures.push(...lived.failures)
      say(`${cuts} cuts, ${acknowledged} acknowledged commits, ${failures.length} failures`)
    }
    // the planted fault is shown whatever the time
    const planted = await live(join(folder, 'planted'), true, 3, draw, { ...budget, until: Infinity })
    return {
      ...{ count: cuts, of: 'power cuts of the database', floor, failures },
      looked: `${acknowledged} acknowledged commits of 3 keys`,
      caught:
        planted.failures[0] === undefined
          ? undefined
          : `syncs nothing and says it does: ${planted.failures[0].slice(0, 60)}`,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Life = { cuts: number; acknowledged: number; readonly failures: string[] }

async function live(
  folder: string,
  lying: boolean,
  most: number,
  draw: Draw,
  { until }: Pick<Budget, 'until'>,
): Promise<Life> {
  const image = makeImage(`${folder}.img`, `${folder}.mnt`, megabytes)
  const keys = `${folder}.keys`
  mkdirSync(keys)
  const failures: string[] = []
  let cuts = 0
  let server: PostgresServer | undefined
  try {
    server = await startPostgres({ ...small, ...(lying ? { fsync: 'off' } : {}) }, { under: image.mounted })
    // what makes a database is not synced, and is not what is tried here
    execFileSync('sync', ['-f', image.mounted])
    if (lying) await lie(server)
    const place = `${server.url}?schema=p#${join(keys, 'store.keys')}`
    const child = spawn(process.execPath, [storeWriter, place], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(child, 'exit')
    const said: string[] = []
    createInterface(child.stdout).on('line', (line) => said.push(line))
    try {
      while (cuts < most && hasTime({ until })) {
        const before = said.length
        for (let tries = 0; said.length < before + 20 && tries < 5_000; tries++) await wait(2)
        await wait(draw(40))
        const copy = `${folder}.cut`
        child.kill('SIGSTOP')
        for (let heard = -1; heard < said.length; await wait(15)) heard = said.length
        const frozen = familyOf(server.pid())
        for (const pid of frozen) process.kill(pid, 'SIGSTOP')
        image.copy(copy)
        cpSync(keys, `${copy}.keys`, { recursive: true })
        for (const pid of frozen) process.kill(pid, 'SIGCONT')
        child.kill('SIGCONT')
        failures.push(...(await faultsOf(copy, basename(server.folder), said.slice())))
        rmSync(copy)
        rmSync(`${copy}.keys`, { recursive: true })
        cuts++
      }
      return { cuts, acknowledged: said.length, failures }
    } finally {
      child.kill('SIGKILL')
      await gone
    }
  } finally {
    await server?.end('SIGKILL')
    await wait(200)
    image.unmount()
    rmSync(`${folder}.img`)
  }
}

/** A process and its children. */
function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children]
}

async function faultsOf(copy: string, name: string, said: readonly string[]): Promise<string[]> {
  const image = mountImage(copy, `${copy}.mnt`)
  let server: PostgresServer | undefined
  try {
    server = await startPostgres(small, { found: join(image.mounted, name, 'data') })
    const place = `${server.url}?schema=p#${join(`${copy}.keys`, 'store.keys')}`
    const { lost, half, findings } = await faultsAfter(place, said)
    return [
      ...(lost.length > 0 ? [`${lost.length} of ${said.length} acknowledged commits lost`] : []),
      ...half.map((client) => `in half: ${client}`),
      ...findings.map((finding) => `fsck: ${JSON.stringify(finding)}`),
    ]
  } catch (error) {
    return [error instanceof Error ? error.message : 'it does not open']
  } finally {
    await server?.end('SIGKILL')
    await server?.remove()
    image.unmount()
  }
}

/** Lets a server that syncs nothing say that it does, to everybody who connects from now on. */
async function lie({ url }: PostgresServer): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('create schema lying')
  await client.query(
    `create function lying.current_setting(text) returns text language sql as $$ select case when $1 = 'fsync' then 'on' else pg_catalog.current_setting($1) end $$`,
  )
  await client.query(`alter role dcann set search_path = lying, pg_catalog, public`)
  await client.query('checkpoint')
  await client.end()
}

function without(reason: string): Outcome {
  return {
    ...{ count: 0, of: 'power cuts of the database', floor, looked: 'nothing', failures: [], caught: undefined },
    without: reason,
  }
}
