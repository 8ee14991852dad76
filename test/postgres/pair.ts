import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { type PostgresServer, startPostgres } from './server.ts'

/** A primary and its standby, which has every transaction before it is acknowledged. */
export type PostgresPair = {
  /** Both, for whoever asks for the one that is the primary. */
  readonly url: string
  readonly primary: PostgresServer
  readonly standby: PostgresServer
  /** Kills the primary and makes the standby one; resolves when it takes writes. */
  readonly failOver: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** Starts a pair; `synchronous` off is the fault that a check of it has to catch. */
export async function startPair(synchronous = true): Promise<PostgresPair> {
  const settings = { wal_level: 'replica', max_wal_senders: '4', hot_standby: 'on', max_connections: '200' }
  const primary = await startPostgres(settings)
  // stopped whole, its folder is a copy to begin a standby with
  await primary.end()
  const follows = `host=127.0.0.1 port=${primary.port} user=dcann`
  const standby = await startPostgres(settings, { copied: primary.data, follows })
  await primary.again()
  for (let tries = 0; (await sql(primary, 'select * from pg_stat_replication')).length === 0; tries++) {
    if (tries > 400) throw new Error('starting a standby: it does not follow')
    await wait(25)
  }
  if (synchronous) {
    await sql(primary, `alter system set synchronous_standby_names = '*'`)
    await sql(primary, 'select pg_reload_conf()')
    for (let tries = 0; ; tries++) {
      const [row] = await sql(primary, `select sync_state from pg_stat_replication`)
      if (row?.['sync_state'] === 'sync') break
      if (tries > 400) throw new Error('starting a standby: it is not synchronous')
      await wait(25)
    }
  }
  return {
    url: `postgres://dcann@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/postgres?target_session_attrs=read-write`,
    primary,
    standby,
    async failOver() {
      await primary.end('SIGKILL')
      // the one that takes over waits for no standby, having none
      await sql(standby, 'select pg_promote(true, 60)')
    },
    async remove() {
      await Promise.all([primary.remove(), standby.remove()])
    },
  }
}

async function sql({ url }: PostgresServer, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    // `as`: rows are what the statement says
    return (await client.query(text)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}
