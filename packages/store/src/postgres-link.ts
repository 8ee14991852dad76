import { setTimeout as wait } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { StoreError } from './errors.ts'
import type { Statement } from './postgres-statements.ts'

/** Connections to the primary of a database, whichever of its servers that is. */
export type Link = {
  /** Those to the server that was the primary when last looked at. */
  readonly pool: Pool
  /** How often a statement was tried again since opening, because a connection broke or somebody else was faster. */
  readonly retries: () => number
  /**
   * Asks something that changes nothing, as often as connections break, for at most `patience`. Rejects with what the
   * database says, or with StoreError `failed` when patience is over.
   */
  ask<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  /** A connection for several statements, as soon as there is one; StoreError `failed` when patience is over. */
  connect(): Promise<PoolClient>
  /** Does something once. Rejects with `Broken` when the connection broke and nobody knows whether it was done. */
  once(statement: Statement, values: readonly unknown[]): Promise<number>
  close(): Promise<void>
}

/** The connection ended before the answer came, or the answer came with a warning that it may not be safe yet. */
export class Broken extends Error {}

/** How long, in milliseconds, a database may be away before the store gives up. */
export const PATIENCE_MS = 15_000
const MOST_CONNECTIONS = 8

/**
 * Opens connections to a database, each of them to a primary that syncs what it acknowledges. `pg` is loaded here, so that
 * who keeps a store in a folder does not need it.
 */
export async function openLink(servers: readonly string[], patience: number = PATIENCE_MS): Promise<Link> {
  const { Pool } = await import('pg').catch((cause: unknown) => {
    const message = "open a store in PostgreSQL: the package 'pg' is not installed; npm install pg@8.23.1"
    throw new StoreError('failed', message, { cause })
  })
  const pools = servers.map((server) => {
    const pool = new Pool({ ...settings, connectionString: server })
    // a connection that ends is replaced by the next that is needed; whoever was using it hears of it from its statement
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  })
  let retries = 0
  const current = (): Pool => pools[0] ?? noServer()
  /** After this error it is tried again, on another server where this one is away or no longer the primary. */
  const turn = (pool: Pool, error: unknown): void => {
    retries++
    if (pool === pools[0] && (isBroken(error) || codeOf(error) === '25006')) pools.push(...pools.splice(0, 1))
  }

  const ask = async <Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> => {
    const until = performance.now() + patience
    for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
      const pool = current()
      try {
        return (await pool.query<Row>({ ...statement, values: [...values] })).rows
      } catch (error) {
        if (!isPassing(error)) throw error
        if (performance.now() > until) throw gone(error)
        turn(pool, error)
        await wait(pause)
      }
    }
  }

  /** A connection, as soon as there is one. Until something is sent on it, trying again is harmless. */
  const connect = async (): Promise<PoolClient> => {
    const until = performance.now() + patience
    for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
      const pool = current()
      try {
        return await pool.connect()
      } catch (error) {
        if (!isPassing(error)) throw error
        if (performance.now() > until) throw gone(error)
        turn(pool, error)
        await wait(pause)
      }
    }
  }
  return {
    get pool() {
      return current()
    },
    retries: () => retries,
    ask,
    connect,
    async once(statement, values) {
      const client = await connect()
      let warned: string | undefined
      const onNotice = ({ code, message }: { code?: string | undefined; message?: string | undefined }): void => {
        if (code === '01000') warned = message ?? 'a warning'
      }
      client.on('notice', onNotice)
      try {
        const { rowCount } = await client.query({ ...statement, values: [...values] })
        if (warned !== undefined) throw new Broken(warned)
        client.off('notice', onNotice)
        client.release()
        return rowCount ?? 0
      } catch (error) {
        const broken = error instanceof Broken || isBroken(error)
        client.off('notice', onNotice)
        client.release(broken)
        retries++
        throw broken && !(error instanceof Broken) ? new Broken('the connection broke', { cause: error }) : error
      }
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.end()))
    },
  }
}

function noServer(): never {
  throw new StoreError('failed', 'open a store in PostgreSQL: its address names no server')
}

/** Of every connection. */
const settings = {
  max: MOST_CONNECTIONS,
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  application_name: 'dcann',
  // a statement is never cancelled by the server: one cancelled while it waits for a standby stands all the same
  options: '-c statement_timeout=0 -c default_transaction_isolation=read\\ committed -c timezone=UTC',
  verify: (client: PoolClient, done: (error?: Error) => void): void => void callbackOf(requirePrimary(client), done),
}

/** A standby shows what was, and a server that does not sync acknowledges what a power cut takes back. */
async function requirePrimary(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ standby: boolean; fsync: string; sync: string }>(
    `SELECT pg_is_in_recovery() AS standby, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync`,
  )
  const found = rows[0]
  if (found?.standby !== false) throw Object.assign(new Error('this server is a standby'), { code: '57P03' })
  if (found.fsync !== 'on')
    throw new StoreError(
      'failed',
      "open a store in PostgreSQL: its 'fsync' is off, so it acknowledges what is not kept",
    )
  // weaker than what the operator may have set it to on purpose is not enough; stronger is left alone
  if (found.sync !== 'remote_apply') await client.query('SET synchronous_commit TO on')
}

/** For a driver that wants to be called back. */
async function callbackOf(act: Promise<void>, done: (error?: Error) => void): Promise<void> {
  const error = await act.then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
  )
  done(error)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The database is away, starting, stopping, full of connections, or no longer the primary. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return isBroken(error) || code === '53300' || code === '40001' || code === '40P01' || code === '25006'
}

function isBroken(error: unknown): boolean {
  if (error instanceof StoreError) return false
  const code = codeOf(error)
  if (code === undefined) return error instanceof Error && /terminat|timeout|Connection/i.test(error.message)
  return /^(?:08|57P)/.test(code) || /^E[A-Z]+$/.test(code)
}

/** The parts of one batch met something else than they expected. */
export function isElsewise(error: unknown): boolean {
  return codeOf(error) === '22012'
}

/** Two batches waited for each other crosswise, or an engine could not put them in an order: nothing was done. */
export function isUndone(error: unknown): boolean {
  return codeOf(error) === '40P01' || codeOf(error) === '40001'
}

function gone(cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('failed', `reach the database: no primary answered in time ('${reason}'); stop this process`, {
    cause,
  })
}
