import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from './errors.ts'

/** Ownership of a folder, until released or until this process is gone. */
export type Lock = {
  /** The folder's path without symbolic links, by which it is owned. */
  readonly path: string
  release(): void
}

/**
 * What this process owns, by path. On the global object, so that two copies of this module agree; a process that tried
 * the file twice would, by the rules of POSIX, lose the first lock on closing the second descriptor.
 */
const OWNED = Symbol.for('dcann.store.owned')
const owned = (): Set<string> => {
  const place = globalThis as { [OWNED]?: Set<string> } // the global object takes any property; this one is ours by name
  return (place[OWNED] ??= new Set())
}

/**
 * Takes the folder for this process before anything in it is touched. StoreError `locked` when it is taken, naming who
 * has it. The lock is the operating system's, on `<folder>.lock` beside the folder, so it ends with the process however
 * that ends, and holds while the process is stopped. Nothing in the holder may open that file, a backup neither.
 *
 * LevelDB's own lock does not do: it is lost when the holder tries a second open.
 */
export const takeLock = (folder: string): Lock => {
  mkdirSync(dirname(resolve(folder)), { recursive: true })
  const path = realPath(folder)
  if (owned().has(path))
    throw new StoreError(
      'locked',
      `open the store '${folder}': this process (${process.pid}) has it open; use that one or close it first`,
    )
  const file = new DatabaseSync(`${path}.lock`)
  try {
    // Nothing is ever written in it: the lock alone is wanted, and no journal beside it.
    file.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (cause) {
    file.close()
    const busy = cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY
    const why = busy
      ? `${ownerOf(path)} has it open; stop that process first`
      : `'${path}.lock' cannot be locked: ${String(cause)}; remove that file when no process has the store open`
    throw new StoreError('locked', `open the store '${folder}': ${why}`, { cause })
  }
  owned().add(path)
  writeFileSync(`${path}.owner`, `process ${process.pid} on ${hostname()}`)
  let held = true
  return {
    path,
    release() {
      if (!held) return
      held = false
      rmSync(`${path}.owner`, { force: true })
      owned().delete(path)
      file.close()
    },
  }
}

const SQLITE_BUSY = 5

/** What the holder wrote of itself; only to be shown, never to be decided on. */
const ownerOf = (path: string): string => {
  try {
    return readFileSync(`${path}.owner`, 'utf8').slice(0, 200)
  } catch {
    return 'another process'
  }
}

/** The path without links; of a folder that is not there yet, its parent's with its name. */
const realPath = (folder: string): string => {
  try {
    return realpathSync(folder)
  } catch {
    return join(realpathSync(dirname(resolve(folder))), basename(folder))
  }
}
