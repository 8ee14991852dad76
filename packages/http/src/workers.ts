import cluster, { type Worker } from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import { errorFields, type Logger } from './log.ts'

/** How a program is run as several processes behind one port. */
export type WorkersPlan = {
  /** How many serve at any time. */
  readonly count: number
  /** The program, and its arguments. */
  readonly program: string
  readonly args: readonly string[]
  /** What tells a worker its name: a slot is used by one worker at a time, and there is one more slot than workers. */
  readonly envOf: (slot: number) => Readonly<Record<string, string>>
  readonly logger: Logger
  /** Milliseconds in which a worker has to listen, or to be gone once it was told to leave. */
  readonly patience?: number
}

/** Workers at work. */
export type Workers = {
  /** Puts a fresh worker in the place of each, one after another; none leaves before its successor listens. */
  readonly roll: () => Promise<void>
  /** Tells all to stop and waits for them. */
  readonly stop: () => Promise<void>
  /** What each worker's metrics say, each line marked with its slot. */
  readonly metrics: () => Promise<string>
  readonly pids: () => readonly number[]
}

/** What a worker and whoever watches over it say to each other. */
type Word = { readonly dcann: 'leave' | 'metrics' } | { readonly dcann: 'said'; readonly text: string }

const restartLeast = 100
const restartMost = 10_000
const longLived = 30_000

/**
 * Starts `count` workers and keeps as many, and renews them on SIGHUP: one that ends by itself is started again, after a pause that doubles while they
 * end young. Connections are taken here and handed to workers in turn, so none is lost with a worker that is leaving.
 * Rejects, with all of them ended, when the first ones do not come up.
 */
export async function startWorkers(plan: WorkersPlan): Promise<Workers> {
  const { count, logger, patience = 30_000 } = plan
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ exec: plan.program, args: [...plan.args] })
  const working = new Map<number, Worker>()
  const leaving = new Set<Worker>()
  let stopping = false
  let pause = restartLeast

  const start = async (): Promise<Worker> => {
    const slot = Array.from({ length: count + 1 }, (_, i) => i + 1).find((each) => !working.has(each)) ?? count + 1
    const worker = cluster.fork(plan.envOf(slot))
    working.set(slot, worker)
    // it has ended meanwhile, which `exit` tells
    worker.on('error', () => {})
    const begun = performance.now()
    const listening = new Promise<void>((resolve, reject) => {
      worker.once('listening', () => resolve())
      worker.once('exit', (code, signal) => {
        if (working.get(slot) === worker) working.delete(slot)
        const expected = stopping || leaving.delete(worker)
        reject(new Error(`starting worker ${slot}: it ended (${signal ?? `status ${code}`})`))
        if (expected) return
        logger.error('worker ended', { part: `worker ${slot}`, signal: signal ?? `status ${code}` })
        pause = performance.now() - begun > longLived ? restartLeast : Math.min(pause * 2, restartMost)
        if (up) setTimeout(() => void replace(), pause)
      })
      setTimeout(() => reject(new Error(`starting worker ${slot}: it does not listen`)), patience).unref()
    })
    listening.catch(() => {})
    await listening
    return worker
  }
  const replace = async (): Promise<void> => {
    if (stopping || working.size - leaving.size >= count) return
    await start().catch((error: unknown) => logger.error('worker failed', errorFields(error)))
  }
  const end = async (worker: Worker, word: 'leave' | 'SIGTERM'): Promise<void> => {
    if (worker.isDead()) return
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    leaving.add(worker)
    if (word === 'leave') worker.send({ dcann: 'leave' } satisfies Word)
    else worker.process.kill(word)
    const late = setTimeout(() => worker.process.kill('SIGKILL'), patience)
    await gone
    clearTimeout(late)
  }
  const stop = async (): Promise<void> => {
    stopping = true
    await Promise.all([...working.values()].map((worker) => end(worker, 'SIGTERM')))
  }

  const rollOnce = async (): Promise<void> => {
    for (const old of [...working.values()]) {
      if (stopping) return
      await start()
      await end(old, 'leave')
    }
    logger.info('workers renewed', { count })
  }
  let rolling = Promise.resolve()
  const roll = (): Promise<void> => (rolling = rolling.catch(() => {}).then(rollOnce))
  // from the first moment on: left to its default it would end all of them
  process.on('SIGHUP', () => void roll().catch((error: unknown) => logger.error('renewing failed', errorFields(error))))
  let up = false
  const begun = Promise.withResolvers<void>()
  rolling = begun.promise
  try {
    // one first: what is made at the first start is made once
    await start()
    await Promise.all(Array.from({ length: count - 1 }, start))
    up = true
    begun.resolve()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    roll,
    stop,
    pids: () => [...working.values()].flatMap(({ process: { pid } }) => pid ?? []),
    async metrics() {
      const texts = await Promise.all(
        [...working].map(async ([slot, worker]) => marked(await askMetrics(worker), slot)),
      )
      return grouped(texts.flat())
    },
  }
}

/** Stays until it is told to end, and ends the workers then. */
export async function watchWorkers(workers: Pick<Workers, 'stop'>): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve())
    if (!process.channel) return
    process.once('disconnect', () => resolve())
    process.channel.unref()
  })
  await workers.stop()
}

/** In a worker: answers for its metrics, and resolves when it is told to leave room for its successor. */
export function untilAskedToLeave(render: () => string): Promise<void> {
  return new Promise((resolve) => {
    if (!cluster.isWorker) return
    // a terminal's hang-up, and a SIGHUP to the whole group, are for whoever watches over it
    process.on('SIGHUP', () => {})
    process.on('message', (word: unknown) => {
      if (isWord(word) && word.dcann === 'leave') resolve()
      if (isWord(word) && word.dcann === 'metrics') process.send?.({ dcann: 'said', text: render() } satisfies Word)
    })
  })
}

function isWord(value: unknown): value is Word {
  return typeof value === 'object' && value !== null && 'dcann' in value
}

async function askMetrics(worker: Worker): Promise<string> {
  const said = new Promise<string>((resolve) => {
    const hear = (word: unknown): void => {
      if (!isWord(word) || word.dcann !== 'said') return
      worker.off('message', hear)
      resolve(word.text)
    }
    worker.on('message', hear)
    worker.once('exit', () => resolve(''))
    worker.send({ dcann: 'metrics' } satisfies Word)
  })
  return await Promise.race([said, wait(1_000, '', { ref: false })])
}

/** Every sample with the worker it is of. */
function marked(text: string, slot: number): string[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) =>
      line.startsWith('#')
        ? line
        : line.replace(
            /^(\w+)(?:\{(.*)\})? /,
            (_, name: string, labels?: string) => `${name}{worker="${slot}"${labels ? `,${labels}` : ''}} `,
          ),
    )
}

/** Prometheus wants all samples of one metric together, under one description. */
function grouped(lines: readonly string[]): string {
  const described = new Map<string, string[]>()
  let current: string[] = []
  for (const line of lines) {
    const [, kind, name = ''] = /^# (HELP|TYPE) (\w+)/.exec(line) ?? []
    if (kind === undefined) current.push(line)
    else {
      current = described.get(name) ?? []
      described.set(name, current)
      if (!current.includes(line)) current.push(line)
    }
  }
  return `${[...described.values()].flat().join('\n')}\n`
}
