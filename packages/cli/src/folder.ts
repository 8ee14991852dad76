import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from './failure.ts'

/** Where state is kept: what was given, else `DCANN_HOME`, else `.dcann` below the user's own folder. */
export function folderOf(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(given ?? (env['DCANN_HOME'] || join(homedir(), '.dcann')))
}

/** Makes the folder for its owner alone; refuses one that others may enter, since a seed may lie in it. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await refuseExposed(folder, 'chmod 700')
}

/** Refuses a file or folder that others than its owner may read. */
export async function refuseExposed(path: string, remedy: string): Promise<void> {
  const { mode } = await stat(path)
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  throw new CommandError('home-exposed', `opening ${path}: others may read it; run: ${remedy} ${path}`)
}

/** The text of a file; `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw unreadable(path, cause)
  }
}

/** The text of a file that the user named. */
export async function readNamed(path: string, what: string): Promise<string> {
  const text = await readIfThere(resolve(path))
  if (text === undefined) throw new CommandError('file-unreadable', `reading ${what}: there is no file ${path}`)
  return text
}

/** Writes a file whole or not at all, for its owner alone, and durably: beside it, synced, then in its place. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(beside, 'wx', mode)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true })
    throw new CommandError('file-unreadable', `writing ${path}: ${reason(cause)}`)
  }
  await syncFolder(dirname(path))
}

/** So that the new name is durable as well; Windows knows no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const opened = await open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

/** Whether an error is the system's of this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function unreadable(path: string, cause: unknown): CommandError {
  return new CommandError('file-unreadable', `reading ${path}: ${reason(cause)}`)
}

function reason(cause: unknown): string {
  if (isCode(cause, 'EACCES') || isCode(cause, 'EPERM')) return 'this user may not'
  if (isCode(cause, 'EISDIR')) return 'it is a folder, expected a file'
  if (isCode(cause, 'ENOSPC')) return 'the disk is full'
  if (isCode(cause, 'ENOENT')) return 'its folder is not there'
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'the system refuses'
}
