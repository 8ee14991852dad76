import { existsSync, globSync, readFileSync } from 'node:fs'
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

test('SECURITY.md: every clause and every test that a threat names is there', () => {
  const rows = [...read('SECURITY.md').matchAll(/^\| (.+) \| (.+) \| (.+) \| (.+) \|$/gm)]
  const threats = rows.filter(([, threat = '']) => threat !== 'threat' && !threat.startsWith('---'))
  expect(threats.length).toBeGreaterThanOrEqual(40)
  const wrong = threats.flatMap(([, threat, , clauses = '', shown = '']) => [
    ...clauseless(clauses).map((clause) => `${threat}: no clause ${clause}`),
    ...testless(shown).map((name) => `${threat}: no test ${name}`),
  ])
  expect(wrong).toEqual([])
})

test('SECURITY.md: a clause, a test or a file that is not there is found', () => {
  expect(clauseless('[root#nothing](packages/protocol/spec/root.md#nothing)')).toEqual(['root#nothing'])
  expect(clauseless('[root#houses](packages/protocol/spec/root.md#trust)')).toEqual(['root#houses'])
  expect(clauseless('none')).toEqual(['none'])
  expect(testless('[no test has this name](test/house.test.ts)')).toEqual(['no test has this name'])
  expect(testless('[spec: every link leads](test/none.test.ts)')).toEqual(['spec: every link leads'])
  expect(testless('[spec: every link leads](test/spec.test.ts)')).toEqual([])
})

/** The clauses of a cell that are no heading of the specification, or that link elsewhere than they say. */
function clauseless(cell: string): string[] {
  // how a node keeps and builds what is its own is nobody else's to rely on
  if (cell === 'not on the wire') return []
  const links = [...cell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]
  if (links.length === 0) return [cell]
  return links.flatMap(([, clause = '', target]) => {
    const [noun = '', heading] = clause.split('#')
    const meant = `packages/protocol/spec/${noun}.md${heading === undefined ? '' : `#${heading}`}`
    return anchors.has(clause) && target === meant ? [] : [clause]
  })
}

/** The names of a cell with which no test begins in the file they link to. */
function testless(cell: string): string[] {
  const links = [...cell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]
  if (links.length === 0) return [cell]
  return links.flatMap(([, name = '', path = '']) => {
    const text = existsSync(`${root}/${path}`) ? read(path) : ''
    return ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}`)) && name.length > 10 ? [] : [name]
  })
}
