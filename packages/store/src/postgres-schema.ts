import type { Pool, PoolClient } from 'pg'
import type { Link } from './postgres-link.ts'
import { MAX_LEASE_MS } from './store.ts'

/**
 * What a store is in a database: one schema, with
 * - `entries`: each key's sealed value, its version in the clear so that a statement can expect it;
 * - `writers`: one row a process, with the head over what that process has written. Heads of all add up, so nobody waits
 *   for anybody else's row;
 * - `leases`: who may hand out bytes, and for how long from then on. No time of day: see `postgres-leases.ts`;
 * - `store`: one row: the schema's number, and a mark that tells the right key file;
 * - `renewals`: one row: how many keys that file has had at the last renewal, which tells an older copy of it.
 *
 * Keys compare by their bytes (`COLLATE "C"`). Nothing here that engines which speak this protocol lack: no advisory
 * lock, no sequence, no notification.
 */
const migrations: readonly ((schema: string) => string)[] = [
  (schema) => `
    CREATE TABLE ${schema}.entries (
      key text COLLATE "C" PRIMARY KEY,
      version bigint NOT NULL,
      value bytea NOT NULL
    );
    CREATE TABLE ${schema}.writers (writer text COLLATE "C" PRIMARY KEY, n bigint NOT NULL, head bytea NOT NULL);
    CREATE TABLE ${schema}.leases (
      scope text COLLATE "C", id text COLLATE "C", since timestamptz NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (scope, id)
    );
  `,
  // a process of the version before, which ends leases by the clock of the database, fails at its next statement
  (schema) => `
    DROP TABLE ${schema}.leases;
    CREATE TABLE ${schema}.leases (
      scope text COLLATE "C", id text COLLATE "C", by text COLLATE "C" NOT NULL, n bigint NOT NULL, ms int NOT NULL,
      recalled boolean NOT NULL, PRIMARY KEY (scope, id)
    );
  `,
  // a table of its own: to change the one that those who start wait at would be to wait for them
  (schema) => `
    CREATE TABLE ${schema}.renewals (one boolean PRIMARY KEY CHECK (one), epochs bigint NOT NULL);
    INSERT INTO ${schema}.renewals VALUES (true, 0);
  `,
]

/** The number of the schema that this version of the code writes. */
export const SCHEMA_NUMBER: number = migrations.length

/**
 * Brings the schema to this version, one numbered step after another, each in the transaction that writes its number.
 * Processes that start together take turns at the one row of `store`. Resolves to the number found; nothing is done when it
 * is higher than this code knows.
 */
export async function migrate({ connect }: Pick<Link, 'connect'>, schema: string): Promise<number> {
  const client = await connect()
  try {
    await makeOnce(client, `CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await makeOnce(
      client,
      `CREATE TABLE IF NOT EXISTS ${schema}.store (one boolean PRIMARY KEY CHECK (one), number int NOT NULL, mark bytea)`,
    )
    await client.query(`INSERT INTO ${schema}.store VALUES (true, 0, NULL) ON CONFLICT DO NOTHING`)
    return await inTransaction(client, async () => {
      const { rows } = await client.query<{ number: number }>(`SELECT number FROM ${schema}.store FOR UPDATE`)
      const found = rows[0]?.number ?? 0
      for (const step of migrations.slice(found)) await client.query(step(schema))
      // what a process of the version before may still send ends with its lease, which nobody sees any more
      if (found === 1) await client.query(`SELECT pg_sleep(${MAX_LEASE_MS / 1000})`)
      if (found < SCHEMA_NUMBER) await client.query(`UPDATE ${schema}.store SET number = $1`, [SCHEMA_NUMBER])
      return found
    })
  } finally {
    client.release()
  }
}

/** Two that make one thing at once: `IF NOT EXISTS` lets the later fail, and by then it is there. */
async function makeOnce(client: PoolClient, making: string): Promise<void> {
  const isThere = (error: unknown): boolean =>
    error instanceof Error && 'code' in error && ['23505', '42710', '42P06', '42P07'].includes(String(error.code))
  for (let tries = 1; ; tries++) {
    try {
      await client.query(making)
      return
    } catch (error) {
      if (!isThere(error) || tries === 5) throw error
    }
  }
}

/** Writes the mark of the key file when there is none yet. Resolves to the mark that stands. */
export async function markOnce(pool: Pool, schema: string, mark: Uint8Array): Promise<Uint8Array | undefined> {
  await pool.query(`UPDATE ${schema}.store SET mark = $1 WHERE mark IS NULL`, [mark])
  const { rows } = await pool.query<{ mark: Uint8Array }>(`SELECT mark FROM ${schema}.store`)
  return rows[0]?.mark
}

async function inTransaction<T>(client: PoolClient, act: () => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  try {
    const done = await act()
    await client.query('COMMIT')
    return done
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}
