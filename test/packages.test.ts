import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Locked {
  readonly version?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type Lock = Readonly<Record<string, Locked>>

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
// `as`: the lockfile's format is npm's, and a lockfile of another shape fails every test below.
const { packages: lock } = JSON.parse(read('package-lock.json')) as { packages: Lock }
const workspaces = Object.keys(lock).filter((place) => place !== '' && !place.includes('node_modules/'))

const vaultNode = namesOf(reachable(lock, ['vault-node']))
const everything = namesOf(reachable(lock, ['', ...workspaces]))
console.log(`run-time packages: ${vaultNode.length} for a vault node, ${everything.length} for everything`)

test('a vault node on the embedded store stands on at most 40 packages', () => {
  expect(vaultNode.length).toBeLessThanOrEqual(40)
  expect(vaultNode).toEqual(expect.arrayContaining(['hono', 'level', 'zod']))
})

test('everything together stands on at most 70 packages', () => {
  expect(everything.length).toBeLessThanOrEqual(70)
  expect(everything).toEqual(expect.arrayContaining(vaultNode))
})

test('DEPENDENCIES.md has a line for each package at run time, and for no other', () => {
  expect(rowsUnder('Run time')).toEqual(everything)
})

test('DEPENDENCIES.md has a line for each package that building and testing name, and for no other', () => {
  const named = ['', ...workspaces].flatMap((place) => Object.keys(lock[place]?.devDependencies ?? {}))
  expect(rowsUnder('Building and testing')).toEqual([...new Set(named)].sort())
})

test('reachable follows what is nested before what lies further up', () => {
  const nested: Lock = {
    a: { dependencies: { b: '1' } },
    'node_modules/b': { dependencies: { c: '1' }, optionalDependencies: { e: '1' } },
    'node_modules/b/node_modules/c': { version: '1.0.0' },
    'node_modules/c': { version: '2.0.0', dependencies: { d: '1' } },
    'node_modules/d': { version: '1.0.0' },
    'node_modules/e': { version: '1.0.0' },
  }
  expect([...reachable(nested, ['a'])]).toEqual([
    'a',
    'node_modules/b',
    'node_modules/b/node_modules/c',
    'node_modules/e',
  ])
})

/** Every place in the lockfile that the given ones need when they run, with themselves. */
function reachable(packages: Lock, starts: readonly string[]): Set<string> {
  const reached = new Set<string>()
  const follow = (place: string): void => {
    const { link, resolved, dependencies, optionalDependencies } = packages[place] ?? {}
    if (link && resolved !== undefined) return follow(resolved)
    if (reached.has(place)) return
    reached.add(place)
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = resolve(packages, place, name)
      if (found !== undefined) follow(found)
    }
  }
  starts.forEach(follow)
  return reached
}

/** As Node looks for a package: in the nearest node_modules first. */
function resolve(packages: Lock, from: string, name: string): string | undefined {
  const candidate = `${from}${from === '' ? '' : '/'}node_modules/${name}`
  if (candidate in packages) return candidate
  if (from === '') return undefined
  const up = from.includes('/node_modules/') ? from.slice(0, from.lastIndexOf('/node_modules/')) : ''
  return resolve(packages, up, name)
}

function namesOf(places: Iterable<string>): string[] {
  const names = [...places]
    .filter((place) => place.includes('node_modules/'))
    .map((place) => place.split('node_modules/').at(-1) ?? place)
  return [...new Set(names)].sort()
}

/** The names in the first column of the table below a heading. */
function rowsUnder(heading: string): string[] {
  const part =
    read('DEPENDENCIES.md')
      .split(/^## /m)
      .find((section) => section.startsWith(heading)) ?? ''
  return [...part.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name).sort()
}
