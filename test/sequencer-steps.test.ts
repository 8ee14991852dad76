import { expect, test } from 'vitest'
import { makeCast } from './cast.ts'
import { endAtEachStep, sequencerWork } from './faults/sequencer-steps.ts'
import { castNow } from './registry-in-process.ts'

const work = await sequencerWork(await makeCast('steps', castNow), 1, 3)

test('the sequencer, ended between any two of its writes: every head shown is extended, nothing acknowledged is missing', async () => {
  const { steps, heads, records, failures } = await endAtEachStep(work, () => true)
  console.log(`0 of ${steps} endings lost anything of ${heads} heads shown and ${records} records acknowledged`)
  expect(failures).toEqual([])
  expect(steps).toBeGreaterThan(40)
  expect(heads).toBeGreaterThan(400)
  expect(records).toBeGreaterThan(100)
}, 120_000)

test('and the same look finds a registry that comes back with yesterday and has forgotten what it showed', async () => {
  let tries = 0
  const { failures } = await endAtEachStep(work, () => ++tries <= 3, { forget: true, from: 40 })
  expect(failures.length).toBeGreaterThan(3)
}, 120_000)
