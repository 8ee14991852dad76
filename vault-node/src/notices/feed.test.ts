import { memoryStore } from '@dcann/store/memory'
import { expect, test } from 'vitest'
import { createFeed } from './feed.ts'

const passport = 'EE4QF5MZY8R2V0D8J7HBNXK3WTG6'

/** A feed whose waiting callers go on when the test says so. */
function heldFeed(closing?: AbortSignal) {
  const held: (() => void)[] = []
  let milliseconds = 0
  const feed = createFeed({
    store: memoryStore(),
    monotonic: () => milliseconds,
    timer: (wait) =>
      new Promise((resolve) => {
        held.push(() => {
          milliseconds += wait
          resolve()
        })
      }),
    closing,
  })
  return { feed, goOn: () => held.splice(0).forEach((release) => release()), waiting: () => held.length }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1_000 && !condition(); turns++) await new Promise(setImmediate)
  expect(condition()).toBe(true)
}

test('createFeed keeps two callers of one passport waiting, and no third', async () => {
  const { feed, goOn, waiting } = heldFeed()
  const two = [feed(passport, undefined, 1), feed(passport, undefined, 1)]
  await until(() => waiting() === 2)
  await expect(feed(passport, undefined, 1)).rejects.toMatchObject({ code: 'rate-limited' })
  // one that does not wait is answered, and so is another passport
  expect(await feed(passport, undefined, 0)).toEqual({ notices: [] })
  const other = feed(`${passport.slice(0, -1)}7`, undefined, 1)
  for (let rounds = 0; rounds < 3; rounds++) {
    await until(() => waiting() > 0)
    goOn()
  }
  expect(await Promise.all([...two, other])).toEqual([{ notices: [] }, { notices: [] }, { notices: [] }])
  const again = feed(passport, undefined, 1)
  await until(() => waiting() === 1)
  for (let rounds = 0; rounds < 3; rounds++) {
    await until(() => waiting() > 0)
    goOn()
  }
  expect(await again).toEqual({ notices: [] })
})

test('createFeed lets whoever waits go when the node stops', async () => {
  const closing = new AbortController()
  const { feed, goOn, waiting } = heldFeed(closing.signal)
  const waits = feed(passport, undefined, 8)
  await until(() => waiting() === 1)
  closing.abort()
  goOn()
  expect(await waits).toEqual({ notices: [] })
  expect(waiting()).toBe(0)
})
