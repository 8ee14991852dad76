import { join } from 'node:path'
import {
  drawPlaces,
  flipEach,
  lookBy,
  lookUnsealed,
  makeSample,
  type Outcome as Flipped,
  placesOf,
  sealedPlaces,
} from '@dcann/store/damage'
import { type Battery, hasTime } from './battery.ts'

const floor = 4000
const slice = 250

/** Flips every byte of two small stores, one of them all in its log: LevelDB's files, key file, witness, lock and all. */
export const flips: Battery = async ({ count = Number.POSITIVE_INFINITY, until, seed, folder, say }) => {
  const sum: Record<Flipped, number> = { refused: 0, whole: 0, LOST: 0, WRONG: 0 }
  const failures: string[] = []
  let done = 0
  for (const closes of [0, 2]) {
    const sample = await makeSample(join(folder, `made-${closes}`), closes)
    const places = placesOf(sample.files)
    for (let from = 0; from < places.length && done < count && hasTime({ until }); from += slice) {
      const some = places.slice(from, from + slice)
      const tally = await flipEach(sample, some, join(folder, 'damaged'), lookBy())
      for (const outcome of ['refused', 'whole', 'LOST', 'WRONG'] as const) sum[outcome] += tally[outcome]
      failures.push(...tally.harm)
      done += some.length
      say(`${done} flips, ${failures.length} failures`)
    }
  }
  const sample = await makeSample(join(folder, 'made-planted'), 2)
  const places = drawPlaces(await sealedPlaces(sample, join(folder, 'damaged')), 60, seed)
  const unsealed = await flipEach(sample, places, join(folder, 'damaged'), lookUnsealed)
  const log = new Map([...sample.files].filter(([path]) => path.endsWith('.log')))
  const unlooking = lookBy({ check: 'quick', restored: true })
  const uncounted = await flipEach(sample, drawPlaces(placesOf(log), 60, seed), join(folder, 'damaged'), unlooking)
  const seen = unsealed.WRONG > 0 && uncounted.harm.length > 0
  return {
    count: done,
    of: 'flipped bytes',
    floor,
    looked: `${sum.refused} noticed, ${sum.whole} harmless`,
    failures,
    caught: seen
      ? `opens no seal: ${unsealed.WRONG} of 60 served wrong; counts nothing: ${uncounted.harm.length} of 60 lost or old`
      : undefined,
  }
}
