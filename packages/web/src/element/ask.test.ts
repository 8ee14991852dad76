import { readAsk } from '@dcann/sdk/requester'
import { expect, test, vi } from 'vitest'

// a browser has it; only what needs none is tried here
vi.stubGlobal('HTMLElement', Object)
const { linkOf } = await import('./ask.ts')
const { firstOf, words, wordsFor } = await import('./words.ts')

const ask = {
  requester: 'EE/requester/insurer',
  offer: 'mT0'.padEnd(43, 'A'),
  return: 'https://gateway.example/return',
  wallet: 'https://wallet.example/',
}

test('linkOf: a wallet reads from it what the element says', () => {
  const link = linkOf(ask)
  expect(link?.whole).toBe(`https://wallet.example/${link?.ask}`)
  const { wallet: _, ...said } = ask
  expect(readAsk(link?.whole ?? '')).toEqual(said)
  expect(readAsk(link?.ask ?? '')).toEqual(said)
  expect(linkOf({ ...ask, wallet: 'http://127.0.0.1:4711' })?.whole).toContain('http://127.0.0.1:4711/ask#')
})

test.each([
  ['a script for a wallet', { wallet: 'javascript:alert(1)//' }],
  ['a wallet in the clear', { wallet: 'http://wallet.example' }],
  ['no wallet', { wallet: '' }],
])('linkOf: %s is not linked to, and the ask can still be pasted', (_, change) => {
  expect(linkOf({ ...ask, ...change })).toMatchObject({ whole: undefined, ask: expect.stringMatching(/^ask#[\w-]+$/) })
})

test.each([
  ['no requester', { requester: '' }],
  ['a requester with markup', { requester: 'EE/requester/<img>' }],
  ['no offer', { offer: 'x' }],
  ['a return that is a script', { return: 'javascript:alert(1)' }],
  ['a return in the clear', { return: 'http://gateway.example/return' }],
])('linkOf: %s is no ask', (_, change) => {
  expect(linkOf({ ...ask, ...change })).toBeUndefined()
})

test('words: every language says everything, in its own script', () => {
  for (const [tag, said] of Object.entries(words)) {
    expect(Object.keys(said)).toEqual(Object.keys(wordsFor('en')))
    if (tag === 'hi') for (const text of Object.values(said)) expect(text).toMatch(/[\u0900-\u097f]/)
  }
  expect(firstOf(['de-AT', 'ET-ee', 'en'])).toBe('et')
  expect(firstOf(['constructor', ''])).toBe('en')
})
