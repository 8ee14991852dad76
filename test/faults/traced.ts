import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Part } from '../../scripts/federation/part.ts'

/** What is done to one system call: the process is killed instead of making it, or it fails. */
export const faults = ['KILL', 'EIO', 'ENOSPC'] as const
export type Fault = (typeof faults)[number]

/** The calls by which a store writes and syncs. */
export const systemCalls = ['write', 'pwrite64', 'fdatasync', 'fsync'] as const

/** The `when`th call of this kind to a file of the store, counted in each thread. */
export type Injection = { readonly call: (typeof systemCalls)[number]; readonly when: number; readonly fault: Fault }

/** Whether system calls of another process can be made to fail here; if not, why. */
export function cannotTrace(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-f', '-e', 'trace=write', 'true'], { encoding: 'utf8' })
  if (error) return 'no strace on this machine; `apt-get install strace` brings it'
  return status === 0 ? undefined : `strace may not trace here: ${stderr.trim().split('\n')[0]}`
}

/** The files to which a node's store writes now, and those that it would begin next. */
function filesOf(folder: string): string[] {
  const here = realpathSync(folder)
  const inside = readdirSync(here).filter((name) => /\.log$|^MANIFEST|^CURRENT/.test(name))
  const beside = ['.head', '.keys', '.head.new', '.keys.new'].map((end) => `${here}${end}`)
  const highest = Math.max(0, ...inside.map((name) => Number.parseInt(name.replace('MANIFEST-', ''), 10) || 0))
  const soon = [1, 2, 3].map((more) => join(here, `${String(highest + more).padStart(6, '0')}.log`))
  return [...inside.map((name) => join(here, name)), ...beside.filter((path) => existsSync(dirname(path))), ...soon]
}

/**
 * Does something while one system call of the node's store is going to fail, and says whether it was made at all. The node
 * needs a single thread for its file system work, or the count means nothing: `UV_THREADPOOL_SIZE=1`.
 */
export async function whileFailing<T>(
  part: Part,
  { call, when, fault }: Injection,
  act: () => Promise<T>,
  log: string,
): Promise<{ readonly done: T; readonly hit: boolean }> {
  const how = fault === 'KILL' ? 'signal=KILL' : `error=${fault}`
  const paths = filesOf(part.folder).flatMap((path) => ['-P', path])
  const inject = `inject=${call}:${how}:when=${when}`
  const args = ['-f', '-p', String(part.pid()), '-o', log, ...paths, '-e', `trace=${call}`, '-e', inject]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = once(tracer, 'exit')
  await new Promise<void>((resolve, reject) => {
    let said = ''
    tracer.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (/attached/.test(said)) resolve()
    })
    tracer.once('exit', () => reject(new Error(`tracing: ${said.trim()}`)))
  })
  const done = await act()
  tracer.kill('SIGINT')
  // a tracer may wait for ever for the last thread of what was killed under it
  const late = setTimeout(() => tracer.kill('SIGKILL'), 2000)
  await gone
  clearTimeout(late)
  return { done, hit: /\(INJECTED\)|killed by SIGKILL/.test(readFileSync(log, 'utf8')) }
}
