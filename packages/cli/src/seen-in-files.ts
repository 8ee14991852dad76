import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Seen } from '@dcann/sdk/world'
import { isCode, writeWhole } from './folder.ts'

/** What was seen before, one file each, named by a digest so that no file name says whom was asked about. */
export function seenInFiles(folder: string): Seen {
  const fileOf = (key: string): string => join(folder, createHash('sha256').update(key).digest('hex'))
  return {
    read: async (key) => {
      try {
        return new Uint8Array(await readFile(fileOf(key)))
      } catch (error) {
        if (isCode(error, 'ENOENT')) return undefined
        throw error
      }
    },
    write: async (key, bytes) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeWhole(fileOf(key), bytes)
    },
  }
}
