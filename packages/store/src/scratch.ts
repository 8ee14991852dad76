import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty folder for a test, in memory where the system has that, and how to be rid of it. */
export const scratch = (): { readonly folder: string; remove(this: void): void } => {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dcann-store-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
