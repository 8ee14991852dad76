import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { says as consoleSays } from '../console/says.ts'
import { says as explorerSays } from '../explorer/says.ts'
import { says as walletSays } from '../wallet/says.ts'
import type { MessageKey, Messages, Text } from './messages.ts'
import { type Catalogue, sayIn } from './say.ts'

const pages: Readonly<Record<string, Catalogue>> = {
  wallet: walletSays,
  explorer: explorerSays,
  console: consoleSays,
}

const merged = (catalogues: readonly Messages[]): Messages => Object.assign({}, ...catalogues)
const all = Object.values(pages)
const en = merged(all.map((says) => says.en))
const et = merged(await Promise.all(all.map(async ({ load }) => await load.et())))
const hi = merged(await Promise.all(all.map(async ({ load }) => await load.hi())))

const formsOf = (text: Text | undefined): readonly string[] =>
  text === undefined ? [''] : typeof text === 'string' ? [text] : [text.one, text.other]
const placesIn = (text: string): string[] => [...text.matchAll(/\{([a-z]+)\}/g)].map(([, name = '']) => name).sort()
// `as`: the keys of the catalogue are its keys
const keys = Object.keys(en) as MessageKey[]

for (const [language, messages] of Object.entries({ et, hi })) {
  test(`${language}: says everything that English says, and nothing else`, () => {
    expect(Object.keys(messages).sort()).toEqual([...keys].sort())
    expect(keys.length).toBeGreaterThan(500)
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

const sources = fileURLToPath(new URL('../', import.meta.url))

/** The text of every file that a page's own files lead to, the catalogue itself aside. */
function sourcesOf(path: string, met = new Map<string, string>()): ReadonlyMap<string, string> {
  if (met.has(path) || /language\/[a-z]+-[a-z]{2}\.ts$/.test(path)) return met
  const text = readFileSync(path, 'utf8')
  met.set(path, text)
  for (const [, to = ''] of text.matchAll(/(?:from|import\() ?'(\.[^']+\.tsx?)'/g))
    sourcesOf(join(dirname(path), to), met)
  return met
}

/** The keys that a source names: whole, or by how they begin where the rest is a value. */
function keysIn(text: string): readonly MessageKey[] {
  const starts = [...text.matchAll(/`([a-z][a-z-]*\.[a-z.-]*)\$\{/g)].map(([, start = '']) => start)
  return keys.filter((key) => text.includes(`'${key}'`) || starts.some((start) => key.startsWith(start)))
}

for (const [page, says] of Object.entries(pages)) {
  test(`${page}: loads what its files say, in every language`, async () => {
    const files = sourcesOf(join(sources, page, 'main.tsx'))
    expect(files.size).toBeGreaterThan(10)
    // what the catalogue lacks would be shown by its key
    const lacking = [...files].flatMap(([path, text]) =>
      keysIn(text).flatMap((key) => (key in says.en ? [] : [`${path.slice(sources.length)}: ${key}`])),
    )
    expect(lacking).toEqual([])
    for (const load of Object.values(says.load))
      expect(Object.keys(await load()).sort()).toEqual(Object.keys(says.en).sort())
  })
}

test('language: nothing in the catalogue is said by no page', () => {
  const texts = Object.keys(pages).flatMap((page) => [...sourcesOf(join(sources, page, 'main.tsx')).values()])
  const said = new Set(texts.flatMap(keysIn))
  expect(keys.filter((key) => !said.has(key))).toEqual([])
})

test('sayIn: fills in what is named, takes the form of the number, and lets nothing be filled in twice', () => {
  const say = sayIn('en', en)
  expect(say('count.entries', { n: 1 })).toBe('1 entry')
  expect(say('count.entries', { n: 1200 })).toBe('1,200 entries')
  expect(say('verdict.home', { node: '{country}' })).toBe('Lives at {country}')
})
