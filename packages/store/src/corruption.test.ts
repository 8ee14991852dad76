import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  drawPlaces,
  flipEach,
  lookBy,
  lookUnsealed,
  makeSample,
  type Outcome,
  placesOf,
  restore,
  sealedPlaces,
} from './damage.ts'
import { scratch } from './scratch.ts'

/** `npm run faults -- --only flips` flips every byte; here a seeded choice of them. */
const FLIPS = 2000
const FLOOR = 700
const CONTROLS = 60
const seed = 20261123

let folder: string
let remove: () => void
beforeEach(() => ({ folder, remove } = scratch()))
afterEach(() => remove())

describe('openStore with a flipped byte', () => {
  it(
    `openStore serves nothing wrong and loses nothing in silence, ${FLIPS} bytes flipped`,
    { timeout: 240_000 },
    async () => {
      let [refused, whole] = [0, 0]
      for (const closes of [0, 2]) {
        const sample = await makeSample(join(folder, `made-${closes}`), closes)
        const places = drawPlaces(placesOf(sample.files), FLIPS / 2, seed + closes)
        const tally = await flipEach(sample, places, join(folder, 'damaged'), lookBy())
        expect(tally.harm).toEqual([])
        refused += tally.refused
        whole += tally.whole
      }
      console.log(
        `store flips (seed ${seed}): 0 of ${FLIPS} served wrong or lost in silence; ${refused} noticed (floor ${FLOOR}), ${whole} harmless`,
      )
      expect(refused + whole).toBe(FLIPS)
      expect(refused).toBeGreaterThan(FLOOR)
      expect(whole).toBeGreaterThan(0)
    },
  )

  it('openStore flipped: the same loop catches an engine that does not count what it holds', async () => {
    const sample = await makeSample(join(folder, 'made'), 1)
    const log = new Map([...sample.files].filter(([path]) => path.endsWith('.log')))
    const places = drawPlaces(placesOf(log), CONTROLS, seed)
    const unlooking = lookBy({ check: 'quick', restored: true })
    const { LOST, WRONG } = await flipEach(sample, places, join(folder, 'damaged'), unlooking)
    console.log(`store flips, fault planted: ${LOST} of ${CONTROLS} lost in silence, ${WRONG} served as they once were`)
    expect(LOST + WRONG).toBeGreaterThan(CONTROLS / 2)
    expect((await flipEach(sample, places, join(folder, 'damaged'), lookBy())).harm).toEqual([])
  })

  it('openStore flipped: the same loop catches an engine that does not look at the seals', async () => {
    const sample = await makeSample(join(folder, 'made'), 2)
    const places = drawPlaces(await sealedPlaces(sample, join(folder, 'damaged')), CONTROLS, seed)
    const { WRONG } = await flipEach(sample, places, join(folder, 'damaged'), lookUnsealed)
    console.log(`store flips, fault planted: ${WRONG} of ${CONTROLS} served wrong`)
    expect(WRONG).toBeGreaterThan(CONTROLS / 2)
    expect((await flipEach(sample, places, join(folder, 'damaged'), lookBy())).harm).toEqual([])
  })

  it('openStore notices a log cut short at any length', { timeout: 60_000 }, async () => {
    const sample = await makeSample(join(folder, 'made'), 1)
    const [path, log] = [...sample.files].find(([name, bytes]) => name.endsWith('.log') && bytes.length > 0)!
    const counts: Record<Outcome, number> = { refused: 0, whole: 0, LOST: 0, WRONG: 0 }
    for (let length = 0; length < log.length; length += 61) {
      restore(join(folder, 'damaged'), sample.files)
      writeFileSync(join(folder, 'damaged', path), log.subarray(0, length))
      counts[await lookBy({ check: 'quick' })(join(folder, 'damaged'), sample.held)]++
    }
    expect([counts.whole, counts.LOST, counts.WRONG]).toEqual([0, 0, 0])
    expect(counts.refused).toBeGreaterThan(20)
  })

  it('openStore notices any file of the folder gone', { timeout: 60_000 }, async () => {
    const sample = await makeSample(join(folder, 'made'), 2)
    for (const gone of sample.files.keys()) {
      restore(join(folder, 'damaged'), new Map([...sample.files].filter(([path]) => path !== gone)))
      const harmless = /(?:LOG|LOG\.old|LOCK|\.lock|\.owner)$/.test(gone) || sample.files.get(gone)!.length === 0
      expect([gone, await lookBy()(join(folder, 'damaged'), sample.held)]).toEqual([
        gone,
        harmless ? 'whole' : 'refused',
      ])
    }
  })
})
