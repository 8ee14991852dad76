import { expect, test } from 'vitest'
import { createClaim, SILENCE_MS } from './claim.ts'
import { memoryStore } from './memory.ts'

const clock = () => {
  let now = 0
  return { read: () => now, pass: (ms: number) => (now += ms) }
}

test('createClaim gives it to one, and to another once that one has been silent for long', async () => {
  const store = memoryStore()
  const time = clock()
  const [one, two] = ['one', 'two'].map((by) => createClaim(store, 'log', by, () => `http://${by}`, time.read))
  expect([await one!.beat(), await two!.beat()]).toEqual([true, false])
  expect(two!.holder()).toBe('http://one')
  const fence = one!.fence()
  for (let i = 0; i < 20; i++) {
    time.pass(SILENCE_MS / 2)
    expect([await one!.beat(), await two!.beat()]).toEqual([true, false])
  }
  // that one stands still
  time.pass(SILENCE_MS)
  expect(await two!.beat()).toBe(true)
  // it still believes, and what it commits under its fence does not stand
  expect(one!.isHeld()).toBe(true)
  await expect(store.commit({ writes: [fence] })).rejects.toMatchObject({ code: 'conflict' })
  expect(await one!.beat()).toBe(false)
  expect(() => one!.fence()).toThrow('another process has it now')
  await store.commit({ writes: [two!.fence()] })
})

test('createClaim that is let go passes at once, and one that contends at the same moment loses quietly', async () => {
  const store = memoryStore()
  const contenders = Array.from({ length: 8 }, (_, i) =>
    createClaim(
      store,
      'log',
      `p${i}`,
      () => `u${i}`,
      () => 0,
    ),
  )
  const first = await Promise.all(contenders.map((one) => one.beat()))
  expect(first.filter(Boolean)).toHaveLength(1)
  await contenders[first.indexOf(true)]!.letGo()
  const then = await Promise.all(contenders.map((one) => one.beat()))
  expect(then.filter(Boolean)).toHaveLength(1)
})
