import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('..', import.meta.url))

/** A block of a text: what the mark behind `sh` says is done with it, and its commands. */
export type Block = { readonly mark: string; readonly commands: string }

/** The blocks of a text that have a mark, in order: ```` ```sh run ````. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```sh (\w+)\n([\s\S]*?)^```$/gm)].map(([, mark = '', commands = '']) => ({
    mark,
    commands,
  }))
}

/** The marked blocks of a file of the repository. */
export function blocksIn(path: string): Block[] {
  return blocksOf(readFileSync(join(repository, path), 'utf8'))
}

export type Said = { readonly code: number | null; readonly out: string; readonly err: string }

/** A person's shell: variables, folder and home stay from one block to the next. */
export type Shell = {
  readonly run: (commands: string) => Promise<Said>
  /** Starts what a text has in a terminal of its own, and waits until the port of its settings answers. */
  readonly serve: (commands: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens a shell whose home is `home`, and which begins in the folder of the repository, as the texts do. */
export function openShell(home: string, replace: (commands: string) => string = (commands) => commands): Shell {
  const kept = join(home, '.kept')
  writeFileSync(`${kept}.env`, '')
  writeFileSync(`${kept}.cwd`, repository)
  const running: ChildProcess[] = []
  const start = (commands: string): ChildProcess =>
    spawn('/bin/sh', ['-c', commands], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { HOME: home, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, kept },
    })
  const before = 'set -ae; . "$kept.env"; cd "$(cat "$kept.cwd")"'
  const after = 'export -p > "$kept.env"; pwd > "$kept.cwd"'
  return {
    run: async (commands) => await ended(start(`${before}\n${replace(commands)}\n${after}`)),
    serve: async (commands) => {
      const child = start(`${before}\nexec ${replace(commands).trim()}`)
      running.push(child)
      const over = ended(child)
      const folder = readFileSync(`${kept}.cwd`, 'utf8').trim()
      const settings: unknown = JSON.parse(
        readFileSync(join(folder, /--config (\S+)/.exec(commands)?.[1] ?? ''), 'utf8'),
      )
      const port = typeof settings === 'object' && settings !== null && 'port' in settings ? settings.port : undefined
      await Promise.race([
        untilReady(`http://127.0.0.1:${String(port)}/readyz`),
        over.then(({ err }) => Promise.reject(new Error(`it ended at once: ${err}`))),
      ])
    },
    close: async () => {
      for (const child of running.splice(0)) {
        const gone = child.exitCode === null && child.signalCode === null ? ended(child) : undefined
        child.kill('SIGTERM')
        await gone
      }
    },
  }
}

async function ended(child: ChildProcess): Promise<Said> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return await new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    await wait(50)
  }
  throw new Error(`${url} does not answer`)
}
