import { join } from 'node:path'
import { openPostgres } from '@dcann/store/postgres-open'
import type { PostgresStore } from '@dcann/store/postgres'
import { type PostgresPair, startPair } from '../postgres/pair.ts'

export type FailedOver = { acknowledged: number; readonly lost: string[] }

const clients = 16

/**
 * Lets clients write ends of matters (the last state of a key, as a revoke is) to a pair of servers, kills the primary under
 * them, makes the standby the primary, lets them go on there, and looks for every end that was acknowledged before or after.
 * A store that finds its own acknowledged batches missing ends by itself; what it acknowledged is counted as lost then.
 */
export async function failOverOnce(
  folder: string,
  name: string,
  acks: number,
  synchronous = true,
): Promise<FailedOver> {
  const pair = await startPair(synchronous)
  const store = await openPostgres(`${pair.url}&schema=f`, {
    ...{ keyFile: join(folder, `${name}.keys`), buckets: 4, patience: 30_000 },
  })
  const ended: string[] = []
  try {
    const over = new AbortController()
    const working = Array.from({ length: clients }, (_, client) => endMatters(store, client, ended, over.signal))
    const settled = Promise.allSettled(working)
    await until(() => ended.length >= acks)
    if (!synchronous) await hold(pair)
    const before = ended.length
    if (!synchronous) await until(() => ended.length >= before + 50)
    await pair.failOver()
    const after = ended.length
    await Promise.race([until(() => ended.length >= after + 50), store.failed, settled])
    over.abort()
    await settled
    await store.close().catch(() => {})
    return { acknowledged: ended.length, lost: await missing(pair, folder, name, ended) }
  } finally {
    await store.close().catch(() => {})
    await pair.remove()
  }
}

async function endMatters(store: PostgresStore, client: number, ended: string[], signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const key = `ended/${client}/${i}`
    await store.commit({ writes: [{ key, value: new TextEncoder().encode('revoked'), expect: 'absent' }] })
    ended.push(key)
  }
}

/** Keeps the standby from hearing any more, which nobody waits for when it is not synchronous. */
async function hold({ standby }: PostgresPair): Promise<void> {
  await standby.end()
  await standby.again()
  const { Client } = await import('pg')
  const client = new Client({ connectionString: standby.url })
  await client.connect()
  await client.query(`alter system set primary_conninfo = ''`)
  await client.query('select pg_reload_conf()')
  await client.end()
}

async function missing(pair: PostgresPair, folder: string, name: string, ended: readonly string[]): Promise<string[]> {
  const url = `${pair.standby.url}?schema=f`
  const store = await openPostgres(url, { keyFile: join(folder, `${name}.keys`), writer: 'looks', restored: true })
  const lost: string[] = []
  for (let at = 0; at < ended.length; at += 1000) {
    const keys = ended.slice(at, at + 1000)
    const snapshot = await store.read(keys)
    lost.push(...keys.filter((key) => snapshot.get(key) === undefined))
  }
  await store.close()
  return lost
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (performance.now() > end) throw new Error('failing over: nothing goes on for a minute')
}
