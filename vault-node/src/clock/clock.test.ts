import { memoryStore } from '@dcann/store/memory'
import { expect, test } from 'vitest'
import { openClock, rememberTime } from './clock.ts'

test('decide: time never falls, across a restart too', async () => {
  const store = memoryStore()
  const clock = await openClock(store, () => 0)
  clock.hear(900, 0)
  expect(clock.decide(1_000)).toBe(1_000)
  expect(clock.decide(900)).toBe(1_000)
  await rememberTime(store, clock, 1_000)
  const again = await openClock(store, () => 0)
  expect(again.decide(500)).toBe(1_000)
  expect(again.decide(1_001)).toBe(1_001)
})

test('decide: a reading far past what registries have signed is refused, and not remembered', async () => {
  const store = memoryStore()
  let monotonic = 0
  const clock = await openClock(store, () => monotonic)
  clock.hear(1_000, 0)
  expect(clock.decide(1_300)).toBe(1_300)
  expect(() => clock.decide(1_301)).toThrow(expect.objectContaining({ code: 'unavailable' }))
  monotonic = 60_000
  expect(clock.decide(1_360)).toBe(1_360)
  expect(() => clock.decide(1_000 + 31_536_000)).toThrow(expect.objectContaining({ code: 'unavailable' }))
  expect(clock.decide(1_361 - 1)).toBe(1_360)
})

test('decide: until a registry has said anything, a reading counts and is not remembered', async () => {
  const store = memoryStore()
  const clock = await openClock(store, () => 0)
  const ahead = 1_000 + 31_536_000
  expect(clock.decide(ahead)).toBe(ahead)
  expect(clock.decide(1_000)).toBe(ahead)
  // what an answer carries along in its commit
  expect(clock.remember(ahead)).toEqual([])
  await rememberTime(store, clock, ahead)
  expect((await openClock(store, () => 0)).decide(1_000)).toBe(1_000)
  // the first word of one shows that it was wrong
  clock.hear(1_000, 0)
  expect(clock.decide(1_001)).toBe(1_001)
})

test('decide: what was decided before a registry said anything stands where it agrees', async () => {
  const clock = await openClock(memoryStore(), () => 0)
  expect(clock.decide(1_200)).toBe(1_200)
  clock.hear(1_000, 0)
  expect(clock.decide(1_001)).toBe(1_200)
})

test('bounded: a clock that is ahead refuses nothing that only lessens, and raises nothing', async () => {
  let monotonic = 0
  const clock = await openClock(memoryStore(), () => monotonic)
  clock.hear(1_000, 0)
  monotonic = 50_500
  expect(clock.bounded(1_000 + 31_536_000)).toBe(1_050)
  expect([clock.bounded(1_200), clock.bounded(1_100), clock.decide(1_000)]).toEqual([1_200, 1_200, 1_200])
})

test('rememberTime: writes what a decision described and a conflict kept out of the store', async () => {
  const store = memoryStore()
  const clock = await openClock(store, () => 0)
  clock.hear(900, 0)
  // described, and never committed
  expect(clock.remember(clock.decide(1_000))).toHaveLength(1)
  await rememberTime(store, clock, 1_000)
  expect((await openClock(store, () => 0)).decide(500)).toBe(1_000)
})

test('remember: writes only what is newer than what was written', async () => {
  const clock = await openClock(memoryStore(), () => 0)
  clock.hear(5, 0)
  clock.decide(5)
  expect(clock.remember(5)).toHaveLength(1)
  expect(clock.remember(5)).toEqual([])
  expect(clock.remember(4)).toEqual([])
})
