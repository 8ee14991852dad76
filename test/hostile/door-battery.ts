import { expect, test } from 'vitest'
import type { DoorCase } from './door-case.ts'
import { faultsOfCase, type RawAnswer, strike } from './strike.ts'

/** A node that is up, and how to see that it still is. */
export type Attacked<T> = {
  readonly port: number
  readonly target: T
  /** A request that it answers well however often it comes, and whether an answer is that. */
  readonly good: () => Buffer | Promise<Buffer>
  readonly isGood: (answer: RawAnswer) => boolean
  readonly isAlive: () => boolean
}

/**
 * Sends every case to a node and demands of each answer its status and code and a problem that gives nothing away, then a
 * good answer from the same process. Call it inside a `describe`; `attacked` is asked when the tests run.
 */
export function doorBattery<T>(cases: readonly DoorCase<T>[], attacked: () => Attacked<T>): void {
  let refused = 0

  test('answers a good request', async () => {
    const { port, good, isGood } = attacked()
    expect(await strike(port, await good())).toSatisfy(isGood)
  })

  test.each(cases.map((hostile) => [hostile.name, hostile] as const))('refuses %s', async (_, hostile) => {
    const { port, target, good, isGood, isAlive } = attacked()
    expect(await faultsOfCase(port, hostile, target)).toEqual([])
    expect(await strike(port, await good())).toSatisfy(isGood)
    expect(isAlive()).toBe(true)
    refused++
  })

  test('has refused every case, and named each once', () => {
    console.log(`  ${refused} of ${cases.length} hostile requests refused`)
    expect(refused).toBe(cases.length)
    expect(cases.length).toBeGreaterThan(100)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })
}
