import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('take: one at a time for a key, in order, and an urgent one before all that wait', async () => {
  const turns = createTurns()
  const done: string[] = []
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const take = (name: string, urgent = false) =>
    turns.take(
      'a',
      async () => {
        if (name === 'first') await held
        done.push(name)
      },
      urgent,
    )
  const all = [take('first'), take('second'), take('third'), take('revoke', true)]
  letGo()
  await Promise.all(all)
  expect(done).toEqual(['first', 'revoke', 'second', 'third'])
})

test('take: keys do not wait for each other, and a failure passes the turn on', async () => {
  const turns = createTurns()
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const waiting = turns.take('a', async () => await held)
  expect(await turns.take('b', async () => 'b')).toBe('b')
  const failing = turns.take('a', async () => await Promise.reject(new Error('no')))
  const after = turns.take('a', async () => 'after')
  letGo()
  await waiting
  await expect(failing).rejects.toThrow('no')
  expect(await after).toBe('after')
})
