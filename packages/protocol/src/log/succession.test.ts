import { expect, test } from 'vitest'
import { testSigner } from '../key.ts'
import { requireSuccession, speakerAt } from './succession.ts'

const [first, second] = ['a', 'b'].map((origin) => ({ origin, key: testSigner(origin).key }))
const root = 'A'.repeat(43)

test('speakerAt finds nobody before the first, and the last whose first head is not after', () => {
  const speakers = [
    { ...first!, from: 2 },
    { ...second!, from: 5 },
  ]
  expect([1, 2, 4, 5, 90].map((size) => speakerAt(speakers, size)?.origin)).toEqual([undefined, 'a', 'a', 'b', 'b'])
})

test('requireSuccession lets a log end no earlier than the one before it did', () => {
  const held = { log: first!, frozen: { size: 7, root } }
  expect(() => requireSuccession(held, { log: second!, frozen: { size: 7, root } }, 'country/EE')).not.toThrow()
  expect(() => requireSuccession(held, { log: second!, frozen: { size: 6, root } }, 'country/EE')).toThrow('frozen')
  expect(() => requireSuccession(held, { log: { ...first!, origin: 'b' } }, 'country/EE')).toThrow('origin')
  expect(() => requireSuccession(undefined, { log: first! }, 'country/EE')).not.toThrow()
})
