import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { printed, withPrinted } from '../scripts/vectors/printed.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')
const texts = globSync('packages/protocol/spec/*.md', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
const nounOf = (path: string): string => /([^/]+)\.md$/.exec(path)?.[1] ?? ''
const anchors = new Set(texts.flatMap((path) => anchorsOf(nounOf(path), read(path))))

/** What a text can be pointed at by: its name, and each heading in small letters with hyphens. */
function anchorsOf(noun: string, text: string): string[] {
  const headings = [...text.matchAll(/^#{2,} (.+)$/gm)].map(([, heading = '']) => heading)
  return [noun, ...headings.map((heading) => `${noun}#${heading.toLowerCase().replaceAll(' ', '-')}`)]
}

test('spec: every clause that a comment names has a heading', () => {
  const sources = globSync('{packages/*,registry,vault-node}/src/**/*.ts', { cwd: root })
  const named = sources.flatMap((path) =>
    [...read(path).matchAll(/\bspec: ([a-z-]+(?:#[a-z-]+)?)/g)].map(([, clause = '']) => ({ path, clause })),
  )
  expect(named.length).toBeGreaterThan(50)
  expect(named.filter(({ clause }) => !anchors.has(clause))).toEqual([])
})

test('spec: every link leads somewhere', () => {
  const links = texts.flatMap((path) =>
    [...read(path).matchAll(/\]\(([a-z-]+)?\.?(?:md)?(#[a-z-]+)?\)/g)].map(([link, noun, heading = '']) => ({
      path,
      link,
      clause: `${noun ?? nounOf(path)}${heading}`,
    })),
  )
  expect(links.length).toBeGreaterThan(50)
  expect(links.filter(({ clause }) => !anchors.has(clause))).toEqual([])
})

test.each(
  // `as`: the keys of an object of our own
  Object.keys(printed) as (keyof typeof printed)[],
)('spec: what %s repeats from the code is what the code has', (name) => {
  const text = read(`packages/protocol/spec/${name}.md`)
  expect(withPrinted(name, text)).toBe(text)
})
