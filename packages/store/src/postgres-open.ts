import { existsSync } from 'node:fs'
import { isStoreError, StoreError } from './errors.ts'
import { inspect, isFatal, type Report } from './fsck.ts'
import { decodeHead, digestOf, encodeHead, noHead, type Head } from './head.ts'
import { createKeyFile, openKeyFile, type KeyFile } from './keys.ts'
import type { OpenOptions } from './open.ts'
import { fsckSchema } from './postgres-fsck.ts'
import { readAddress } from './postgres-address.ts'
import { openLink, type Link } from './postgres-link.ts'
import { markOnce, migrate, SCHEMA_NUMBER } from './postgres-schema.ts'
import { overtakeOthers, scanHeads } from './postgres-renew.ts'
import { statementsFor, type Statements } from './postgres-statements.ts'
import { postgresStore, type PostgresStore } from './postgres.ts'
import { createWitness, openWitness, type Witness } from './witness.ts'

/** How a schema is opened. */
export type PostgresOptions = Omit<OpenOptions, 'disk' | 'keyFile'> & {
  /** The key file. Every process of the store has the same one; it is made with the store. */
  readonly keyFile: string
  /** Which of the processes of the store this is, e.g. 'vault-1'. Two of one name: the later takes over and the other ends. */
  readonly writer?: string
  /** How long, in milliseconds, the database may be away before the store gives up. */
  readonly patience?: number
  /** Stands around each batch on its way to the database, for tests. */
  readonly around?: (batch: () => Promise<void>) => Promise<void>
}

/**
 * Opens a schema of a PostgreSQL database, `postgres://user@host/database?schema=name` (`dcann` when none is named), or
 * makes it. In order: the key file, the primary, the schema's migrations, the key file's mark, this writer's head and
 * witness, with `check: 'full'` every value, the new epoch. StoreError `key-missing`, `rolled-back`, `corrupt`, `failed`.
 */
export async function openPostgres(url: string, options: PostgresOptions): Promise<PostgresStore> {
  const { servers, schema: named } = readAddress(url)
  const schema = `"${named}"`
  const writer = options.writer ?? 'main'
  if (!/^[a-z0-9-]{1,60}$/.test(writer))
    throw new StoreError(
      'malformed-key',
      `open a store: its writer is '${writer}', 1 to 60 of a-z, 0-9, '-' are needed`,
    )
  const link = await openLink(servers, options.patience)
  const opened: (() => unknown)[] = [() => link.close()]
  const letGo = async (): Promise<void> => {
    for (const close of opened.toReversed()) await close()
  }
  try {
    const found = await migrate(link, schema)
    if (found > SCHEMA_NUMBER)
      throw new StoreError(
        'failed',
        `open the schema ${schema}: a newer version of this software wrote it (number ${found}, this one knows ${SCHEMA_NUMBER}); start that one`,
      )
    const keys = await openKeys(link, schema, options)
    opened.push(() => keys.close())
    const statements = statementsFor(schema)
    const begun = await begin(link, statements, keys, writer, options)
    opened.push(() => begun.witness.close())
    // after the row is taken: a renewal first writes down how many keys there are, and then overtakes every row
    await requireNewest(link, schema, keys, options)
    const fsck = (): Promise<Report> => fsckSchema(link, schema, keys, options.keyFile)
    const renewal = { link, statements, keys, schema, writer }
    if (options.check === 'full') requireWhole(schema, await fsck(), options)
    await tellStandby(link, options)
    return postgresStore({
      ...{ link, statements, keys, writer, fsck, letGo, ...begun },
      ownerOf: options.ownerOf ?? ((key) => key),
      onFailed: options.onFailed,
      around: options.around ?? ((batch) => batch()),
      overtake: () => overtakeOthers(renewal),
      scan: () => scanHeads(link, schema),
    })
  } catch (error) {
    await letGo()
    throw isStoreError(error) ? error : unopened(schema, error)
  }
}

/** Opening goes in steps that each stand by themselves, so whatever stopped it, it is good for another attempt. */
function unopened(schema: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('failed', `open the schema ${schema}: '${reason}'; start this process again`, { cause })
}

/** The key file that this schema's values are sealed under; made when the schema has none yet. */
async function openKeys(link: Link, schema: string, { keyFile, buckets }: PostgresOptions): Promise<KeyFile> {
  const before = await link.pool.query<{ mark: Uint8Array | null }>(`SELECT mark FROM ${schema}.store`)
  const isNew = !before.rows[0]?.mark
  if (!isNew && !existsSync(keyFile))
    throw new StoreError(
      'key-missing',
      `open the schema ${schema}: its key file '${keyFile}' is not there; bring it back, without it no value opens`,
    )
  if (isNew && !existsSync(keyFile)) createKeyFile(keyFile, buckets)
  const keys = openKeyFile(keyFile)
  const mark = keys.derive('mark').export()
  const stands = await markOnce(link.pool, schema, mark)
  if (stands !== undefined && mark.equals(stands)) return keys
  keys.close()
  throw new StoreError(
    'key-missing',
    `open the schema ${schema}: the key file '${keyFile}' belongs to another store; bring back this one's`,
  )
}

/** A copy of the key file from before a renewal opens nothing that was written since, and would seal what nobody else opens. */
async function requireNewest(link: Link, schema: string, keys: KeyFile, { keyFile }: PostgresOptions): Promise<void> {
  const { rows } = await link.pool.query<{ epochs: string }>(`SELECT epochs FROM ${schema}.renewals`)
  const epochs = Number(rows[0]?.epochs ?? 0)
  if (keys.epochs() >= epochs) return
  throw new StoreError(
    'key-missing',
    `open the schema ${schema}: the key file '${keyFile}' holds ${keys.epochs()} keys and a renewal has made ${epochs}, so it is an older copy; bring the one that was renewed`,
  )
}

/** Takes this writer over: one more epoch in its row, and then in its witness, before anything else is written. */
async function begin(
  link: Link,
  statements: Statements,
  keys: KeyFile,
  writer: string,
  options: PostgresOptions,
): Promise<{ readonly head: Head; readonly witness: Witness }> {
  const path = `${options.keyFile}.${writer}.head`
  const key = keys.derive('witness')
  const seen = existsSync(path) ? openWitness(path, key) : undefined
  try {
    for (;;) {
      const [row] = await link.ask<{ n: string; head: Uint8Array }>(statements.head, [writer])
      const before = row === undefined ? noHead() : checked(keys, writer, row.head, seen, options)
      const epoch = Math.max(before.epoch, seen?.look().newest?.epoch ?? 0) + 1
      const head: Head = { ...before, n: before.n + 1, epoch, prev: row ? digestOf(row.head) : before.prev }
      const bytes = encodeHead(keys.derive('head'), head)
      if (row === undefined && seen !== undefined && !options.restored)
        throw new StoreError(
          'rolled-back',
          `open as '${writer}': its witness is there but the database does not know it`,
        )
      const taken = row
        ? await link.pool.query({ ...statements.take, values: [writer, before.n, bytes] })
        : await link.pool.query({ ...statements.make, values: [writer, head.n, bytes] })
      if (taken.rowCount !== 1) continue // another opening of this name was faster
      const sighting = { n: head.n, epoch, digest: digestOf(bytes) }
      if (seen === undefined) createWitness(path, key, sighting)
      const witness = seen ?? openWitness(path, key)
      witness.begin(sighting)
      return { head, witness }
    }
  } catch (error) {
    seen?.close()
    throw error
  }
}

/** The head in the writer's row, held against the witness beside the key file. */
function checked(
  keys: KeyFile,
  writer: string,
  stored: Uint8Array,
  seen: Witness | undefined,
  options: PostgresOptions,
): Head {
  const headKey = keys.derive('head')
  // a machine that is new to this writer has no witness yet
  const found =
    seen === undefined ? { head: decodeHead(headKey, stored), findings: [] } : inspect(headKey, stored, seen)
  if (found.head === undefined)
    throw new StoreError('corrupt', `open as '${writer}': its head in the database is not what was written; run fsck`)
  for (const finding of found.findings) if (!isFatal(finding)) options.onFinding?.(finding)
  const fatal = options.restored ? undefined : found.findings.find(isFatal)
  if (fatal !== undefined)
    throw new StoreError(
      'rolled-back',
      `open as '${writer}': ${fatal.code}: ${fatal.message}; bring back a newer copy, or say that this one is restored`,
    )
  return found.head
}

function requireWhole(schema: string, { findings }: Report, options: PostgresOptions): void {
  for (const finding of findings) if (!isFatal(finding)) options.onFinding?.(finding)
  const [fatal] = findings.filter(isFatal)
  if (fatal === undefined) return
  throw new StoreError(
    'corrupt',
    `open the schema ${schema}: ${findings.length} findings, the first is ${fatal.code}: ${fatal.message}; run fsck, then bring back a copy`,
    fatal.key === undefined ? {} : { key: fatal.key },
  )
}

/** Says when nothing but this one server keeps what is acknowledged. */
async function tellStandby(link: Link, { onFinding }: PostgresOptions): Promise<void> {
  const { rows } = await link.pool.query<{ names: string }>(
    `SELECT current_setting('synchronous_standby_names') AS names`,
  )
  if (rows[0]?.names) return
  onFinding?.({
    code: 'no-standby',
    message:
      "look for a synchronous standby: 'synchronous_standby_names' is empty, so a revoke or a key that was acknowledged is lost with this server",
  })
}
