import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { commands } from './agreement-chain/commands.ts'
import { grant } from './agreement-chain/granting.ts'
import { inMemory, onDisk } from './agreement-chain/durable.ts'
import { inspectEnd } from './agreement-chain/inspect.ts'
import { emptyModel, type Model } from './agreement-chain/model.ts'
import { startSystem, type System } from './agreement-chain/system.ts'
import { dawn } from './network.ts'

/** Runs, and what is given again from a failure's report: `DCANN_MODEL_SEED`, `DCANN_MODEL_PATH`, `DCANN_MODEL_REPLAY`. */
const runs = Number(process.env['DCANN_MODEL_RUNS'] ?? 50)
const seed = process.env['DCANN_MODEL_SEED']
const path = process.env['DCANN_MODEL_PATH']
const replayPath = process.env['DCANN_MODEL_REPLAY']

beforeAll(async () => void (await checkVerifyStrict()))

test(
  'agreement chain: whatever is done to it in whatever order, across crashes, restarts, clock jumps and replays',
  { timeout: Math.max(300_000, runs * 10_000) },
  async () => {
    let run = 0
    let steps = 0
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(
        fc.commands(commands, { maxCommands: 40, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) }),
        async (sequence) => {
          // one in six on disk, where a crash is a copy of the folder as it lies
          const durable = run++ % 6 === 5 ? await onDisk() : inMemory()
          const model: Model = emptyModel({
            since: 0,
            categories: ['pd:TravelHistory', 'pd:Age', 'pd:Location', 'pd:MentalHealth'],
            status: 'active',
            epoch: 1,
            asOf: dawn,
          })
          const system: System = await startSystem(durable, () => model.skew)
          try {
            for (const take of [['places'], ['cities', 'places']] as const)
              await grant(model, system, {
                take,
                days: 60,
                over: 'a new offer',
                succeeds: undefined,
                sameHandle: false,
              })
            await fc.asyncModelRun(() => ({ model, real: system }), sequence)
            await inspectEnd(model, system)
          } finally {
            for (const [code, count] of model.seen) seen.set(code, (seen.get(code) ?? 0) + count)
            steps += [...model.seen.values()].reduce((sum, count) => sum + count, 0)
            expect(await system.durable.end()).toEqual([])
          }
        },
      ),
      {
        numRuns: runs,
        // that it fails is enough for whoever plants faults; a person wants the shortest way to it
        endOnFailure: process.env['DCANN_MODEL_SHRINK'] === '0',
        ...(seed === undefined ? {} : { seed: Number(seed) }),
        ...(path === undefined ? {} : { path }),
      },
    )
    const told = [...seen].toSorted(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`)
    console.log(`agreement chain: ${runs} runs, ${steps} answers, acts and refusals: ${told.join(', ')}`)
    // a run in which little happens shows little; draws give some 65 answers in 50 runs, and chance takes a third of them
    expect(seen.get('answered') ?? 0).toBeGreaterThan(runs / 2)
  },
)
