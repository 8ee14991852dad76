import { expect, test } from 'vitest'
import { copyStore, digestOf } from './copy.ts'
import { memoryStore } from './memory.ts'
import type { LocalStore, Store } from './store.ts'

async function filled(count: number): Promise<LocalStore> {
  const store = memoryStore()
  for (let i = 0; i < count; i += 500)
    await store.commit({
      writes: Array.from({ length: Math.min(500, count - i) }, (_, j) => ({
        key: `k/${String(i + j).padStart(6, '0')}`,
        value: new Uint8Array([i % 251, j % 251]),
      })),
    })
  return store
}

test('copyStore copies all, and both stores say the same', async () => {
  const from = await filled(2500)
  const to = memoryStore()
  const done = await copyStore(from, to)
  expect(done).toMatchObject({ values: 2500, resumed: 0 })
  expect(await digestOf(to)).toEqual({ values: 2500, digest: done.digest })
})

test('copyStore cut short goes on where it ended', async () => {
  const from = await filled(2500)
  const to = memoryStore()
  let commits = 0
  const breaking: Store = {
    ...to,
    async commit(commit) {
      if (++commits === 2) throw new Error('cut')
      return await to.commit(commit)
    },
  }
  await expect(copyStore(from, breaking)).rejects.toThrow('cut')
  expect(await copyStore(from, to)).toMatchObject({ values: 2500, resumed: 1024 })
  expect(await copyStore(from, to)).toMatchObject({ values: 2500, resumed: 2500 })
})

test('copyStore overwrites nothing and says so when the other store holds something else', async () => {
  const from = await filled(10)
  const value = new Uint8Array([9])
  for (const key of ['a', 'k/000003', 'z']) {
    const to = memoryStore()
    await to.commit({ writes: [{ key, value }] })
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: 'conflict' })
    expect(to.read([key]).get(key)?.value).toEqual(value)
  }
})

test('digestOf tells where one key or value ends and the next begins', async () => {
  const digests = await Promise.all(
    [
      [['a', 'bc']],
      [['ab', 'c']],
      [
        ['a', 'b'],
        ['c', ''],
      ],
    ].map(async (pairs) => {
      const store = memoryStore()
      await store.commit({
        writes: pairs.map(([key = '', text = '']) => ({ key, value: new TextEncoder().encode(text) })),
      })
      return (await digestOf(store)).digest
    }),
  )
  expect(new Set(digests).size).toBe(3)
})
