import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CommandError } from './failure.ts'
import { isCode } from './folder.ts'

const patienceMilliseconds = 10_000

/**
 * Does something while no other command changes the wallet. A lock left behind by a process that is gone is taken over.
 * Throws `wallet-busy` when another command holds it for long.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, 'wallet.lock')
  const mine = `${process.pid} ${randomBytes(8).toString('hex')}\n`
  const until = performance.now() + patienceMilliseconds
  while (!(await take(path, mine))) {
    if (performance.now() > until) throw busy(path)
    await wait(50)
  }
  const release = (): void => {
    if (contentOf(path) === mine) rmSync(path, { force: true })
  }
  const interrupted = (): never => process.exit(130)
  process.once('exit', release).once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    return await work()
  } finally {
    release()
    process.off('exit', release).off('SIGINT', interrupted).off('SIGTERM', interrupted)
  }
}

/** A link makes name and content appear as one, so no lock is ever empty. */
async function take(path: string, mine: string): Promise<boolean> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(beside, mine, { mode: 0o600, flag: 'wx' })
    await link(beside, path)
    return true
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await rm(beside, { force: true })
  }
  const held = await readFile(path, 'utf8').catch(() => '')
  if (held !== '' && !isAlive(Number(held.split(' ')[0]))) await clear(path, held)
  return false
}

/** Takes a dead lock out of the way; puts it back when another command was quicker and it is a live one by now. */
async function clear(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await rename(path, aside)
    if ((await readFile(aside, 'utf8')) !== dead) await link(aside, path).catch(() => {})
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  } finally {
    await rm(aside, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !isCode(error, 'ESRCH')
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function busy(path: string): CommandError {
  return new CommandError(
    'wallet-busy',
    `opening the wallet: another dcann is changing it; let it end, or delete ${path} when there is none`,
  )
}
