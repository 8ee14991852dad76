import { times } from '@dcann/protocol/limits'
import { describe, expect, test } from 'vitest'
import { uniformNotFound } from './uniform.ts'

/** A clock that only the timer moves, and the timer may wake early. */
function handMade(start: number, early = 0) {
  const state = { at: start, waits: 0 }
  return {
    state,
    monotonic: () => state.at,
    timer: async (milliseconds: number) => {
      state.at += milliseconds - (state.waits++ === 0 ? early : 0)
    },
  }
}

const slot = times.uniformSlotMilliseconds

describe('uniformNotFound', () => {
  test.each([
    [0, slot],
    [0.1, slot],
    [slot - 0.5, slot],
    [slot, slot],
    [slot + 0.1, 2 * slot],
    [7 * slot - 1, 7 * slot],
  ])('decided after %d ms leaves in the slot that ends at %d ms', async (elapsed, release) => {
    const ports = handMade(1000 + elapsed)
    await uniformNotFound(1000, ports)
    expect(ports.state.at).toBeGreaterThanOrEqual(1000 + release)
    expect(ports.state.at).toBeLessThan(1000 + release + 1)
  })

  test('waits again when the timer wakes early', async () => {
    const ports = handMade(0, 0.7)
    await uniformNotFound(0, ports)
    expect(ports.state.at).toBeGreaterThanOrEqual(slot)
    expect(ports.state.waits).toBe(2)
  })

  test('has the same bytes each time', async () => {
    const [a, b] = await Promise.all([uniformNotFound(0, handMade(0)), uniformNotFound(5, handMade(900))])
    expect([...a.headers]).toEqual([...b.headers])
    expect([a.status, await a.text()]).toEqual([b.status, await b.text()])
    expect(a.status).toBe(404)
  })
})
