import { readdirSync } from 'node:fs'
import { Level } from 'level'
import { StoreError } from './errors.ts'

/** LevelDB, with keys as strings and values as bytes. */
export type Disk = Level<string, Uint8Array>

/** A moment of it. */
export type DiskSnapshot = ReturnType<Disk['snapshot']>

/** Where the head stands. No key begins with `!`, and it sorts before all of them. */
export const HEAD_KEY = '!head'
/** The first string that a key may begin with. */
export const FIRST_KEY = '+'

/**
 * Opens a LevelDB folder. `create` lets it begin anew in a folder that holds none; without it a folder that has lost its
 * index is refused, where LevelDB would wipe the rest. StoreError `corrupt` when LevelDB finds it damaged, `failed` when the
 * disk has no room to open it.
 */
export const openDisk = async (path: string, create: boolean): Promise<Disk> => {
  // Sealed values do not compress.
  const disk: Disk = new Level(path, { keyEncoding: 'utf8', valueEncoding: 'view', compression: false })
  try {
    await disk.open({ createIfMissing: create, cacheSize: 32 * 1024 * 1024, writeBufferSize: 8 * 1024 * 1024 })
    return disk
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    // a full disk has damaged nothing: what was acknowledged is in the log that could not be moved on
    if (/No space left|Disk quota|ENOSPC|EDQUOT/i.test(reason)) {
      throw new StoreError('failed', `open the folder '${path}': the disk is full; make room, then start again`, {
        cause,
      })
    }
    throw new StoreError('corrupt', `open the folder '${path}': LevelDB says '${reason}'; bring back a copy`, { cause })
  }
}

/** Whether a folder holds anything of a LevelDB that once opened; what an opening cut short leaves does not count. */
export const holdsDisk = (path: string): boolean => {
  try {
    return readdirSync(path).some((name) => name === 'CURRENT' || /\.(?:ldb|sst|log)$/.test(name))
  } catch {
    return false
  }
}
