import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '@dcann/store/memory'
import { fsckFolder, openStore } from '@dcann/store/open'
import { MAX_RANGE, type Store } from '@dcann/store/store'

/** What of a store outlasts the process that opened it. */
export type Durable = {
  readonly store: Store
  /** The same after the process was killed: what was acknowledged, and nothing that only its memory held. */
  readonly crashed: () => Promise<Durable>
  /** The same after a clean end. */
  readonly restarted: () => Promise<Durable>
  /** Closes it, and says what is not as it was written. */
  readonly end: () => Promise<readonly string[]>
}

/** In memory: what has been seen by readers is what a disk would have. */
export function inMemory(store: Store = memoryStore()): Durable {
  const copied = async (): Promise<Durable> => {
    const copy = memoryStore()
    for (let after: string | undefined, more = true; more;) {
      const found = await store.range({ prefix: '', limit: MAX_RANGE, ...(after === undefined ? {} : { after }) })
      if (found.length) await copy.commit({ writes: found.map(({ key, value }) => ({ key, value })) })
      after = found.at(-1)?.key
      more = found.length === MAX_RANGE
    }
    return inMemory(copy)
  }
  return { store, crashed: copied, restarted: copied, end: async () => [] }
}

/** On disk, in a folder that is copied as it lies while the store is open: what a killed process leaves. */
export async function onDisk(): Promise<Durable> {
  const folder = mkdtempSync(join(tmpdir(), 'dcann-chain-'))
  return await inFolder(folder, 0)
}

async function inFolder(folder: string, generation: number): Promise<Durable> {
  const at = (n: number): string => join(folder, String(n), 'store')
  const store = await openStore(at(generation), { buckets: 4 })
  return {
    store,
    async crashed() {
      cpSync(join(folder, String(generation)), join(folder, String(generation + 1)), {
        recursive: true,
        // the lock is the killed process's, and the system frees it
        filter: (path) => !/lock/i.test(path.slice(folder.length)),
      })
      await store.close()
      return await inFolder(folder, generation + 1)
    },
    async restarted() {
      await store.close()
      return await inFolder(folder, generation)
    },
    async end() {
      await store.close()
      const { findings } = await fsckFolder(at(generation))
      rmSync(folder, { recursive: true, force: true })
      return findings.map(({ code, message }) => `${code}: ${message}`)
    },
  }
}
