import { readAddress } from './postgres-address.ts'
import { Broken, isElsewise, isUndone, openLink } from './postgres-link.ts'
import type { Statement } from './postgres-statements.ts'

/**
 * Small texts under names, compared and swapped: what must not go the way of the store beside which they are kept. They
 * stand in a schema of their own, or in another database.
 */
export type Cells = {
  readonly read: () => Promise<ReadonlyMap<string, string>>
  /**
   * Puts `next` where each name still holds `before` (`undefined`: nothing), all or none, durable when it resolves. Resolves
   * to whether it did. StoreError `failed` when the database stays away.
   */
  readonly swap: (
    changes: readonly { readonly name: string; readonly before: string | undefined; readonly next: string }[],
  ) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** Opens the cells in a database, `postgres://user@host/database?schema=name`, and makes them when there are none. */
export async function openCells(url: string): Promise<Cells> {
  const { servers, schema: named } = readAddress(url)
  const schema = `"${named}"`
  const link = await openLink(servers)
  const all: Statement = { name: 'dcann-cells', text: `SELECT name, value FROM ${schema}.cells` }
  const swapping: Statement = {
    name: 'dcann-swap',
    text: `WITH w AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS w(name, before, next)
      ), added AS (
        INSERT INTO ${schema}.cells (name, value) SELECT name, next FROM w WHERE before IS NULL
        ON CONFLICT (name) DO NOTHING RETURNING 1
      ), swapped AS (
        UPDATE ${schema}.cells c SET value = w.next FROM w WHERE c.name = w.name AND c.value = w.before RETURNING 1
      )
      SELECT 1 / ((SELECT count(*) FROM added) + (SELECT count(*) FROM swapped) = cardinality($1::text[]))::int AS done`,
  }
  const read = async (): Promise<ReadonlyMap<string, string>> =>
    new Map((await link.ask<{ name: string; value: string }>(all, [])).map(({ name, value }) => [name, value]))
  try {
    await makeCells(link, schema)
  } catch (error) {
    await link.close()
    throw error
  }
  return {
    read,
    async swap(changes) {
      if (changes.length === 0) return true
      for (;;) {
        try {
          await link.once(swapping, [
            changes.map(({ name }) => name),
            changes.map(({ before }) => before ?? null),
            changes.map(({ next }) => next),
          ])
          return true
        } catch (error) {
          if (isElsewise(error)) {
            // done before the connection broke, perhaps
            const held = await read()
            return changes.every(({ name, next }) => held.get(name) === next)
          }
          if (!isUndone(error) && !(error instanceof Broken)) throw error
        }
      }
    },
    close: () => link.close(),
  }
}

async function makeCells(link: Awaited<ReturnType<typeof openLink>>, schema: string): Promise<void> {
  const client = await link.connect()
  try {
    for (let tries = 1; ; tries++) {
      try {
        await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
        await client.query(
          `CREATE TABLE IF NOT EXISTS ${schema}.cells (name text COLLATE "C" PRIMARY KEY, value text NOT NULL)`,
        )
        return
      } catch (error) {
        // two that make it at once: by the next attempt it is there
        const isThere = error instanceof Error && 'code' in error && String(error.code).match(/^(23505|42P0[67])$/)
        if (!isThere || tries === 5) throw error
      }
    }
  } finally {
    client.release()
  }
}
