import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a file that only its owner may read, whole or not at all, on disk when this returns. An existing file of that
 * name is replaced.
 */
export const writeDurably = (path: string, bytes: Uint8Array): void => {
  const draft = `${path}.new`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeAll(file, bytes, 0)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  syncFolder(dirname(path))
}

/** Writes all bytes at that place of an open file. */
export const writeAll = (file: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, position + done)
}

/** Brings new and renamed names of a folder to disk. Windows has no such call, and does so by itself. */
export const syncFolder = (path: string): void => {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
