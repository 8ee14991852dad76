import { describe, expect, test } from 'vitest'
import type { Tally } from './fuzz/loop.ts'
import { fuzzInThread } from './fuzz/run.ts'
import { plantedName, targetNames } from './fuzz/targets.ts'

const seed = 20261124
// bounded by executions, so that what is shown does not depend on how busy the machine is
const seconds = 100

describe('fuzz', () => {
  test('every parser returns or refuses in a declared way, whatever comes', { timeout: 216_000 }, async () => {
    const executions = 80
    const tallies = await fuzzInThread(targetNames, { seed, seconds, executions })
    const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0)
    const found = tallies.flatMap(({ findings }) => findings)
    console.log(
      `fuzz (seed ${seed}): ${found.length} findings in ${sum((each) => each.executions)} executions over ${tallies.length} targets (floors ${executions * 20} and 20), ${sum((each) => each.accepted)} taken, ${sum((each) => each.kept)} kept`,
    )
    expect(found).toEqual([])
    expect(tallies.map(({ target }) => target)).toEqual(targetNames)
    expect(tallies.filter(({ accepted, refused }) => accepted === 0 || refused === 0)).toEqual([])
    expect(tallies.length).toBeGreaterThanOrEqual(20)
    expect(sum((each) => each.executions)).toBeGreaterThanOrEqual(executions * 20)
  })

  test('coverage leads to a fault that lies two changes away, and chance does not', { timeout: 216_000 }, async () => {
    const options = { seed, seconds, executions: 16_000, findings: 1 }
    const [guided] = await fuzzInThread([plantedName], options)
    const [blind] = await fuzzInThread([plantedName], { ...options, keep: false })
    console.log(
      `fuzz, fault planted: with coverage found after ${guided?.executions} executions and ${guided?.kept} inputs kept; without, not in ${blind?.executions}`,
    )
    expect(guided?.findings.map(({ what }) => what)).toEqual([expect.stringMatching(/^TypeError/)])
    expect(blind?.executions).toBeGreaterThanOrEqual(16_000)
    expect(blind?.findings).toEqual([])
  })
})
