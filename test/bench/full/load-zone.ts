// Fills a registry's store with passports, as a process of its own: forked by zone.ts, one span of births a run.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { readProposal } from '@dcann/protocol/admission'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { openKeeper } from '@dcann/registry/log/open-keeper'
import { ownerOf } from '@dcann/registry/records/shelf'
import { openRegistry } from '@dcann/registry/registry'
import { openPlace } from '@dcann/store/engines'
import type { Born } from './births.ts'
import { type Asked, growingCast } from './growing-cast.ts'

/** Which births, into which store. */
export type Filling = Asked & { readonly folder: string; readonly from: number; readonly to: number }

/** What it took: each figure of one birth in microseconds of the admitting thread, and of the batches it came in. */
export type Filled = {
  readonly births: number
  readonly wallMilliseconds: number
  /** CPU of the admitting thread for one birth, over the whole span, its first and its last part. */
  readonly cpu: readonly [whole: number, first: number, last: number]
  /** Commits of the store: each is one batch with its checkpoint. */
  readonly batches: number
  /** Some of the identifiers, evenly drawn. */
  readonly identifiers: readonly string[]
}

/** Births that wait for the writer at once: it takes them in full batches, and no queue grows. */
const inHand = 400
const spanOf = 500
const ahead = 3
const namesKept = 4_000

/**
 * Admits births through the registry's own writer: every signature and key is proved, every batch sequenced, checked,
 * signed, synced and kept apart, as when they come over HTTP, which alone is left out.
 */
async function fill({ folder, from, to, ...asked }: Filling): Promise<Filled> {
  await checkVerifyStrict()
  const cast = await growingCast(asked)
  const store = await openPlace(folder, { ownerOf, check: 'quick' })
  const registry = await openRegistry({
    store,
    zones: new Map([
      ['root', cast.roles.log],
      ['IN', cast.countries.IN.log],
      ['EE', cast.countries.EE.log],
    ]),
    root: [cast.root.signed],
    records: cast.records,
    now: asked.at,
    keeper: await openKeeper({ place: folder, restored: false }, store),
  })
  const births = new Worker(new URL('births.ts', import.meta.url), { workerData: asked })
  const identifiers: string[] = []
  const waiting = new Set<Promise<unknown>>()
  const ends: number[] = []
  const count = to - from
  const part = Math.ceil(count / 5)
  const keepEach = Math.ceil(count / namesKept)
  let asking = from
  const askNext = (): void => {
    if (asking >= to) return
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    births.postMessage({ from: asking, count: Math.min(spanOf, to - asking) })
    asking += spanOf
  }
  const startCpu = cpu()
  const started = performance.now()
  const batchesBefore = store.syncs()
  for (let i = 0; i < ahead; i++) askNext()
  for (let done = 0; done < count;) {
    // the worker answers with what makeSpan gives
    const [born] = (await once(births, 'message')) as [readonly Born[]]
    askNext()
    for (const { identifier, signed } of born) {
      if (done % keepEach === 0) identifiers.push(identifier)
      done++
      while (waiting.size >= inHand) await Promise.race(waiting)
      const one = registry.writer.submit(readProposal(signed), asked.at).finally(() => waiting.delete(one))
      waiting.add(one)
      if (done % part === 0) ends.push(cpu() - startCpu)
    }
  }
  await Promise.all(waiting)
  const whole = cpu() - startCpu
  const wallMilliseconds = performance.now() - started
  await births.terminate()
  const batches = store.syncs() - batchesBefore
  await store.close()
  const [first = whole] = ends
  const beforeLast = ends.at(-2) ?? 0
  const lastPart = (ends.at(-1) ?? whole) - beforeLast
  return { births: count, wallMilliseconds, cpu: [whole / count, first / part, lastPart / part], batches, identifiers }
}

/** CPU of this thread alone: the births are made on another. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

process.once('message', (filling: Filling) => {
  void fill(filling).then((filled) => process.send?.(filled, () => process.exit(0)))
})
process.send?.('ready')
