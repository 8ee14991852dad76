import { isForTests, packageOf, type Rule } from './rule.ts'

/**
 * Which packages of ours each may import besides itself; `test` and `scripts` may look through any window, and nobody but
 * tests imports `test`.
 */
const floors: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/store': [],
  'packages/sdk': ['packages/protocol'],
  'packages/http': ['packages/protocol'],
  registry: ['packages/protocol', 'packages/store', 'packages/sdk', 'packages/http'],
  'vault-node': ['packages/protocol', 'packages/store', 'packages/sdk', 'packages/http'],
  'packages/cli': ['packages/sdk', 'packages/protocol'],
  'packages/gateway': ['packages/sdk', 'packages/protocol', 'packages/http', 'packages/store'],
  'packages/web': ['packages/sdk', 'packages/protocol'],
}

/** The only files of the command that reach the code of what it starts, or replays a log as that does. */
const doorsToNodes = ['serve', 'fsck', 'store', 'monitor', 'verify-log'].map(
  (verb) => `packages/cli/src/commands/${verb}.ts`,
)
const started = ['registry', 'vault-node', 'packages/gateway']

export const upward: Rule = {
  name: 'no import goes up a floor',
  find: ({ sources }) =>
    sources.flatMap(({ path, imports }) => {
      const own = packageOf(path)
      if (own === undefined || own === 'test' || own === 'scripts') return []
      const allowed = [own, ...(floors[own] ?? []), ...(doorsToNodes.includes(path) ? started : [])]
      return imports.flatMap(({ from, file }) => {
        if (file === undefined || (isForTests(path) && packageOf(file) === 'test')) return []
        const crossesByPath = from.startsWith('.') && packageOf(file) !== own
        return crossesByPath || !allowed.includes(packageOf(file) ?? '') ? [`${path} imports ${from}`] : []
      })
    }),
  wrong: [
    { 'packages/protocol/src/a.ts': "import { x } from '@dcann/store/store'" },
    { 'packages/store/src/a.ts': "import type { X } from '@dcann/protocol/errors'" },
    { 'packages/http/src/a.ts': "export { x } from '@dcann/sdk/trust'" },
    { 'registry/src/a.ts': "import { x } from '@dcann/vault-node/main'" },
    { 'vault-node/src/a.ts': "const x = await import('@dcann/registry/main')" },
    { 'packages/web/src/a.tsx': "import { x } from '@dcann/http/door'" },
    { 'packages/cli/src/commands/show.ts': "const x = await import('@dcann/registry/main')" },
    { 'packages/cli/src/commands/query.ts': "import { x } from '@dcann/gateway/app'" },
    { 'packages/gateway/src/a.ts': "import { x } from '@dcann/vault-node/app'" },
    { 'packages/sdk/src/a.ts': "import { x } from '../../protocol/src/errors.ts'" },
    { 'packages/sdk/src/a.ts': "import { x } from '../../../test/network.ts'" },
    { 'packages/sdk/src/a.ts': "export const x: import('@dcann/store/store').Store = y" },
  ],
  right: [
    { 'packages/cli/src/commands/serve.ts': "const x = await import('@dcann/registry/main')" },
    { 'packages/cli/src/commands/serve.ts': "const x = await import('@dcann/gateway/main')" },
    { 'test/a.ts': "import { x } from '@dcann/vault-node/main'" },
    { 'registry/src/a.test.ts': "import { makeCast } from '../../test/cast.ts'" },
    { 'registry/src/a.ts': "// from '@dcann/vault-node/main'\nimport { x } from '@dcann/store/store'" },
  ],
}

export const declared: Rule = {
  name: 'a package imports only what its package.json names',
  find: ({ texts, sources }) =>
    sources.flatMap(({ path, imports }) => {
      const own = packageOf(path)
      if (own === undefined || own === 'test' || own === 'scripts' || isForTests(path)) return []
      const manifest = texts.find((text) => text.path === `${own}/package.json`)?.text ?? '{}'
      const {
        dependencies = {},
        optionalDependencies = {},
        peerDependencies = {},
      } = JSON.parse(manifest) as Record<string, object | undefined>
      const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
      return imports.flatMap(({ from }) => {
        const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(from) ?? []
        return /^[.#]|^node:/.test(from) || names.includes(name) ? [] : [`${path} imports ${from}`]
      })
    }),
  wrong: [
    { 'registry/src/a.ts': "import { x } from 'undici'", 'registry/package.json': '{"dependencies":{"hono":"4"}}' },
    { 'packages/sdk/src/a.ts': "import { x } from '@dcann/protocol/errors'", 'packages/sdk/package.json': '{}' },
  ],
  right: [
    { 'registry/src/a.ts': "import 'hono/x'", 'registry/package.json': '{"dependencies":{"hono":"4"}}' },
    { 'registry/src/a.ts': "import 'pg'", 'registry/package.json': '{"peerDependencies":{"pg":"8"}}' },
  ],
}

export const circles: Rule = {
  name: 'no files import each other in a circle',
  find: ({ sources }) => {
    const arrows = new Map(sources.map(({ path, imports }) => [path, imports.flatMap(({ file }) => file ?? [])]))
    const finished = new Set<string>()
    const found: string[] = []
    const walk = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path].join(' → '))
      if (way.includes(path) || finished.has(path)) return
      for (const next of arrows.get(path) ?? []) walk(next, [...way, path])
      finished.add(path)
    }
    for (const path of arrows.keys()) walk(path, [])
    return found
  },
  wrong: [
    { 'registry/src/a.ts': "import './b.ts'", 'registry/src/b.ts': "import type { X } from './a.ts'" },
    {
      'registry/src/a.ts': "import './b.ts'",
      'registry/src/b.ts': "import './log/c.ts'",
      'registry/src/log/c.ts': "export { x } from '../a.ts'",
    },
  ],
  right: [{ 'registry/src/a.ts': "import './b.ts'; import './c.ts'", 'registry/src/b.ts': "import './c.ts'" }],
}
