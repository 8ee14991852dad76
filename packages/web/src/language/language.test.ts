import { expect, test } from 'vitest'
import { en } from './en.ts'
import { et } from './et.ts'
import { hi } from './hi.ts'
import type { MessageKey, Text } from './messages.ts'
import { sayIn } from './say.ts'

const formsOf = (text: Text): readonly string[] => (typeof text === 'string' ? [text] : [text.one, text.other])
const placesIn = (text: string): string[] => [...text.matchAll(/\{([a-z]+)\}/g)].map(([, name = '']) => name).sort()
// `as`: the keys of the catalogue are its keys
const keys = Object.keys(en) as MessageKey[]

for (const [language, messages] of Object.entries({ et, hi })) {
  test(`${language}: says everything that English says, and nothing else`, () => {
    expect(Object.keys(messages).sort()).toEqual([...keys].sort())
    expect(keys.length).toBeGreaterThan(100)
  })

  test(`${language}: has the same places for names and numbers, in every form`, () => {
    const wrong = keys.filter((key) => {
      const [first = ''] = formsOf(en[key])
      return formsOf(messages[key]).some((form) => placesIn(form).join() !== placesIn(first).join())
    })
    expect(wrong).toEqual([])
  })

  test(`${language}: leaves nothing in English, empty, or of other letters than its own`, () => {
    const same = keys.filter((key) => JSON.stringify(messages[key]) === JSON.stringify(en[key]))
    // names and codes are the same everywhere
    expect(
      same.filter((key) =>
        /[a-z]{4}/.test(
          formsOf(en[key])
            .join(' ')
            .replaceAll(/\{[a-z]+\}/g, ''),
        ),
      ),
    ).toEqual([])
    expect(keys.filter((key) => formsOf(messages[key]).some((form) => form.trim() === ''))).toEqual([])
  })
}

test('hi: is written in its own script', () => {
  const latin = keys.filter((key) => formsOf(hi[key]).some((form) => !/[\u0900-\u097f]/.test(form)))
  expect(latin).toEqual([])
})

test('sayIn: fills in what is named, takes the form of the number, and lets nothing be filled in twice', () => {
  const say = sayIn('en', en)
  expect(say('country.entries', { n: 1 })).toBe('1 entry')
  expect(say('country.entries', { n: 1200 })).toBe('1,200 entries')
  expect(say('verdict.home', { node: '{country}' })).toBe('Lives at {country}')
})
