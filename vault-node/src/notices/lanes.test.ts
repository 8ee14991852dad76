import { describe, expect, test } from 'vitest'
import { createLanes, type LaneOutcome } from './lanes.ts'

/** Lanes whose work the test ends, on a clock that it moves. */
function opened() {
  const state = { now: 0, begun: [] as string[], errors: 0 }
  const ends = new Map<string, (outcome: LaneOutcome) => void>()
  const lanes = createLanes(
    (name) => {
      state.begun.push(name)
      return new Promise((resolve, reject) =>
        ends.set(name, (outcome) => (name === 'throws' ? reject(new Error('x')) : resolve(outcome))),
      )
    },
    { monotonic: () => state.now, retryLeast: 2, retryMost: 8, onError: () => state.errors++ },
  )
  const end = async (name: string, outcome: LaneOutcome): Promise<void> => {
    ends.get(name)?.(outcome)
    await new Promise(setImmediate)
  }
  return { state, lanes, end }
}

describe('run', () => {
  test('begins a lane once, and again when it is done', async () => {
    const { state, lanes, end } = opened()
    lanes.run('a')
    lanes.run('a')
    expect(state.begun).toEqual(['a'])
    await end('a', 'done')
    lanes.run('a')
    expect(state.begun).toEqual(['a', 'a'])
  })

  test('waits after a failure, twice as long after the next, up to a bound, and starts anew after a success', async () => {
    const { state, lanes, end } = opened()
    const waits: number[] = []
    lanes.run('a')
    for (let i = 0; i < 4; i++) {
      await end('a', 'failed')
      const since = state.now
      for (let tries = 0; tries < 100 && state.begun.length === i + 1; tries++) {
        state.now += 500
        lanes.run('a')
      }
      waits.push(state.now - since)
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 8_000])
    await end('a', 'done')
    lanes.run('a')
    expect(state.begun.length).toBe(6)
  })

  test('counts what throws as a failure, and says so', async () => {
    const { state, lanes, end } = opened()
    lanes.run('throws')
    await end('throws', 'done')
    expect(state.errors).toBe(1)
    lanes.run('throws')
    expect(state.begun).toEqual(['throws'])
  })

  test('leaves room for the others when many that have failed hang', async () => {
    const { state, lanes, end } = opened()
    const hanging = Array.from({ length: 100 }, (_, i) => `hangs-${i}`)
    for (let round = 0; round < 4; round++) {
      for (const name of hanging) lanes.run(name)
      for (const name of hanging) await end(name, 'failed')
    }
    expect(new Set(state.begun).size).toBe(100)
    state.now = 60_000
    const before = state.begun.length
    for (const name of hanging) lanes.run(name)
    expect(state.begun.length - before).toBe(8)
    lanes.run('well')
    expect(state.begun.at(-1)).toBe('well')
  })
})

test('settle: waits for what is under way, and no longer than it is told', async () => {
  const { lanes, end } = opened()
  await lanes.settle(60_000)
  lanes.run('hangs')
  await lanes.settle(1)
  expect(lanes.underWay()).toBe(1)
  const settled = lanes.settle(60_000)
  await end('hangs', 'done')
  await settled
  expect(lanes.underWay()).toBe(0)
})
