import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '@dcann/store/memory'
import { openPostgres } from '@dcann/store/postgres-open'
import type { Store } from '@dcann/store/store'

/**
 * The database that tests keep their stores in, where `npm run test:postgres` names one. This is the one place that asks:
 * whoever starts nodes takes schemas of it, and whoever needs a store in its own process takes one here.
 */
export const testDatabase: string | undefined = process.env['DCANN_TEST_DATABASE'] || undefined

let made = 0

/** The beginning of schemas' names that nobody else has. */
export function freshSchema(): string {
  return `t${process.pid}_${made++}_${Math.floor(performance.now())}`
}

/** A store of this test's own: in memory, or in the database. */
export async function testStore(): Promise<Store> {
  if (testDatabase === undefined) return memoryStore()
  const folder = mkdtempSync(join(tmpdir(), 'dcann-test-store-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const url = `${testDatabase}?schema=${freshSchema()}`
  return await openPostgres(url, { keyFile: join(folder, 'keys'), buckets: 4, patience: 60_000 })
}
