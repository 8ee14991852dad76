import { join } from 'node:path'
import { makeCast } from '../cast.ts'
import { castNow } from '../registry-in-process.ts'
import { type Battery, hasTime } from './battery.ts'
import { drawFlips, makeFlipped, readsOn, unsealedWith, wronglySaid } from './registry-flips.ts'
import { endAtEachStep, sequencerWork } from './sequencer-steps.ts'

const floor = 500

/** Ends a registry between any two of its writes, over works of all kinds of acts in batches drawn anew for each. */
export const sequencerSteps: Battery = async ({ count = floor, until, seed, say }) => {
  const cast = await makeCast('steps', castNow)
  const failures: string[] = []
  const sum = { steps: 0, heads: 0, records: 0 }
  for (let n = 0; sum.steps < count && hasTime({ until }); n++) {
    const tried = await endAtEachStep(await sequencerWork(cast, seed + n, 5 + (n % 4)), () => hasTime({ until }))
    sum.steps += tried.steps
    sum.heads += tried.heads
    sum.records += tried.records
    failures.push(...tried.failures)
    say(`${sum.steps} endings, ${failures.length} failures`)
  }
  let tries = 0
  const work = await sequencerWork(cast, seed, 5)
  const planted = await endAtEachStep(work, () => ++tries <= 10, { forget: true, from: 40 })
  return {
    count: sum.steps,
    of: 'endings between two writes',
    floor,
    looked: `${sum.heads} heads shown, ${sum.records} acknowledged records`,
    failures,
    caught:
      planted.failures.length > 0
        ? `comes back with yesterday and forgets what it showed: ${planted.failures.length} found`
        : undefined,
  }
}

const flipsFloor = 100_000

/** Flips every byte of every entry, tile, record and map node of a small registry, as they lie on its disk. */
export const registryFlips: Battery = async ({ count = Number.POSITIVE_INFINITY, until, seed, folder, say }) => {
  const cast = await makeCast('flips', castNow)
  const made = await makeFlipped(cast, join(folder, 'store'), 260)
  const failures: string[] = []
  let flips = 0
  for (const { key, length } of made.values) {
    for (let at = 0; at < length && flips < count && hasTime({ until }); at++, flips++) {
      made.flip({ key, at, bit: at % 8 })
      if (readsOn(made.store, key)) failures.push(`byte ${at} of ${key} is read on`)
    }
  }
  say(`${flips} flips, ${failures.length} failures`)
  const asked = drawFlips(made, 200, seed)
  for (const flip of asked) {
    made.flip(flip)
    failures.push(...(await wronglySaid(made, made.store)))
  }
  made.flip(undefined)
  let wrong = 0
  for (const flip of drawFlips(made, 60, seed))
    wrong += (await wronglySaid(made, await unsealedWith(made, flip))).length
  await made.close()
  return {
    count: flips,
    of: 'flipped bytes of a registry',
    floor: flipsFloor,
    looked: `${made.values.length} values; ${asked.length} registries asked for ${made.honest.size} things each`,
    failures,
    caught: wrong > 0 ? `keeps values without seals: ${wrong} wrong answers` : undefined,
  }
}
