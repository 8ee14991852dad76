import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { call } from './call.ts'

/** How a process of the federation is started: again in the same way after it was killed. */
export type PartPlan = {
  readonly name: string
  readonly main: string
  readonly args: readonly string[]
  readonly url: string
  /** Where its store stands. */
  readonly folder: string
  /** Where what it prints goes. */
  readonly log: string
  /** How long it may take until it can answer; 30 unless said. */
  readonly patienceSeconds?: number
}

/** A process of the federation. */
export type Part = PartPlan & {
  readonly pid: () => number
  /** Ends it by a signal and waits until it is gone. */
  readonly end: (signal?: NodeJS.Signals) => Promise<void>
  /** Starts it again, and waits until it can answer. */
  readonly again: () => Promise<void>
  /** Resolves when it ends by itself, with what it said last. */
  readonly died: Promise<string>
}

/** Starts a process on this very Node and waits until it says it is ready. Rejects with what it printed when it ends before. */
export async function startPart(plan: PartPlan): Promise<Part> {
  const { part, ready } = beginPart(plan)
  await ready
  return part
}

/** Starts a process, which `ready` waits for as `startPart` does. */
export function beginPart(plan: PartPlan): { readonly part: Part; readonly ready: Promise<void> } {
  mkdirSync(dirname(plan.log), { recursive: true })
  const { promise: died, resolve: tellDied } = Promise.withResolvers<string>()
  let expected = false
  let child: ChildProcess
  const begin = async (): Promise<void> => {
    expected = false
    const said: string[] = []
    const log = createWriteStream(plan.log, { flags: 'a' })
    const started = spawn(process.execPath, [plan.main, ...plan.args], {
      // the channel carries nothing: a part ends when it breaks, so that none outlives whoever started it
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        log.write(bytes)
        said.push(bytes.toString())
        if (said.length > 50) said.shift()
      })
    }
    started.once('exit', (code, signal) => {
      log.end()
      if (!expected)
        tellDied(
          `${plan.name} ended (${signal ?? `status ${code}`}): ${said.join('').trim().split('\n').slice(-3).join(' ')}`,
        )
    })
    await untilReady(
      plan,
      () => started.exitCode ?? started.signalCode,
      () => said.join(''),
    )
  }
  const ready = begin()
  const part: Part = {
    ...plan,
    died,
    pid: () => child.pid ?? 0,
    async end(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      expected = true
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await gone
    },
    again: begin,
  }
  return { part, ready }
}

async function untilReady(
  { name, url, patienceSeconds = 30 }: PartPlan,
  ended: () => number | string | null,
  said: () => string,
): Promise<void> {
  for (let tries = 0; tries < patienceSeconds * 40; tries++) {
    if (ended() !== null) throw new Error(`starting ${name}: it ended at once (${ended()}): ${said().trim()}`)
    // asked again and again before it listens, six of them cost more than their starting does
    const ready = said().includes('"listening"') && (await isReady(url))
    if (ready) return
    await wait(25)
  }
  throw new Error(`starting ${name}: it did not get ready within ${patienceSeconds} s: ${said().trim()}`)
}

async function isReady(url: string): Promise<boolean> {
  return await call(`${url}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  )
}

/** Ports that are free at this moment, on loopback. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** The first `count` ports from `first` on if all are free, else free ones. */
export async function preferPorts(first: number, count: number): Promise<number[]> {
  const wanted = Array.from({ length: count }, (_, i) => first + i)
  const free = await Promise.all(wanted.map(isFree))
  return free.every(Boolean) ? wanted : await freePorts(count)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return free
}
