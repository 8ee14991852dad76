import { Worker } from 'node:worker_threads'
import type { LoopOptions, Tally } from './loop.ts'
import { inputBytes } from './mutate.ts'

/** What a worker is told. `watched` is shared: when the input under way began, its length, its bytes. */
export type Job = {
  readonly targets: readonly string[]
  readonly options: Omit<LoopOptions, 'onInput'>
  readonly watched: SharedArrayBuffer
}

/** Milliseconds after which an input under way is taken for one that never ends. */
const endlessMilliseconds = 30_000

/** Fuzzes targets in a thread of their own, so that an input which never ends or kills the thread is found as well. */
export async function fuzzInThread(targets: readonly string[], options: Job['options']): Promise<Tally[]> {
  const watched = new SharedArrayBuffer(16 + inputBytes)
  const clock = new BigInt64Array(watched, 0, 1)
  const job: Job = { targets, options, watched }
  const tallies: Tally[] = []
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: job })
  const fail = (what: string): void => {
    const target = targets[tallies.length]
    if (target === undefined) return end()
    const length = new Int32Array(watched, 8, 1)[0] ?? 0
    const input = Buffer.from(new Uint8Array(watched, 16, length)).toString('base64')
    const nothing = { executions: 0, seconds: 0, accepted: 0, refused: 0, seeds: 0, kept: 0, covered: 0 }
    tallies.push({ target, ...nothing, findings: [{ target, what, input }] })
    end()
  }
  worker.on('message', (tally: Tally) => tallies.push(tally))
  worker.once('error', (error) => fail(`the thread ended: ${error instanceof Error ? error.stack : String(error)}`))
  worker.once('exit', () => fail('the thread ended without a word'))
  const watch = setInterval(() => {
    const at = Number(clock[0])
    if (at > 0 && Date.now() - at > endlessMilliseconds) fail(`endless: nothing came in ${endlessMilliseconds} ms`)
  }, 1000)
  try {
    await over
    return tallies
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}
