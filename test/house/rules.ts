import { isSource, read, type Source, type Text } from './source.ts'

/**
 * A rule of the house: what it finds wrong, each with its place.
 *
 * `wrong` are repositories in which it must find something, one way of being wrong each; `right` are neighbours it must
 * leave alone. A rule that finds nothing anywhere is no rule.
 */
export interface Rule {
  readonly name: string
  readonly find: (house: House) => string[]
  readonly wrong: readonly Files[]
  readonly right?: readonly Files[]
}

type Files = Readonly<Record<string, string>>

export interface House {
  readonly texts: readonly Text[]
  readonly sources: readonly Source[]
}

export function houseOf(texts: readonly Text[]): House {
  return { texts, sources: texts.filter(isSource).map(read) }
}

export function inMemory(files: Files): House {
  return houseOf(Object.entries(files).map(([path, text]) => ({ path, text })))
}

/** Which packages of ours each may import besides itself; `test` and `scripts` may look through any window. */
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

/** The only files of the command that reach a node's code. */
const doorsToNodes = ['packages/cli/src/commands/serve.ts', 'packages/cli/src/commands/fsck.ts']

const upward: Rule = {
  name: 'no import goes up a floor',
  find: ({ sources }) =>
    sources.flatMap(({ path, imports }) => {
      const own = packageOf(path)
      if (own === undefined || own === 'test' || own === 'scripts') return []
      const allowed = [own, ...(floors[own] ?? []), ...(doorsToNodes.includes(path) ? ['registry', 'vault-node'] : [])]
      return imports.flatMap(({ from, file }) => {
        if (file === undefined) return []
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
    { 'packages/sdk/src/a.ts': "import { x } from '../../protocol/src/errors.ts'" },
    { 'packages/sdk/src/a.ts': "import { x } from '../../../test/network.ts'" },
    { 'packages/sdk/src/a.ts': "export const x: import('@dcann/store/store').Store = y" },
  ],
  right: [
    { 'packages/cli/src/commands/serve.ts': "const x = await import('@dcann/registry/main')" },
    { 'test/a.ts': "import { x } from '@dcann/vault-node/main'" },
    { 'registry/src/a.ts': "// from '@dcann/vault-node/main'\nimport { x } from '@dcann/store/store'" },
  ],
}

const declared: Rule = {
  name: 'a package imports only what its package.json names',
  find: ({ texts, sources }) =>
    sources.flatMap(({ path, imports }) => {
      const own = packageOf(path)
      if (own === undefined || own === 'test' || own === 'scripts' || isForTests(path)) return []
      const manifest = texts.find((text) => text.path === `${own}/package.json`)?.text ?? '{}'
      const { dependencies = {}, optionalDependencies = {} } = JSON.parse(manifest) as Record<
        string,
        object | undefined
      >
      const names = [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]
      return imports.flatMap(({ from }) => {
        const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(from) ?? []
        return /^[.#]|^node:/.test(from) || names.includes(name) ? [] : [`${path} imports ${from}`]
      })
    }),
  wrong: [
    { 'registry/src/a.ts': "import { x } from 'undici'", 'registry/package.json': '{"dependencies":{"hono":"4"}}' },
    { 'packages/sdk/src/a.ts': "import { x } from '@dcann/protocol/errors'", 'packages/sdk/package.json': '{}' },
  ],
  right: [{ 'registry/src/a.ts': "import 'hono/x'", 'registry/package.json': '{"dependencies":{"hono":"4"}}' }],
}

const circles: Rule = {
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

const defaults: Rule = {
  name: 'nothing is exported by default, save where a tool reads its configuration',
  find: ({ sources }) =>
    sources
      .filter(({ path, exportsDefault }) => exportsDefault && !path.endsWith('.config.ts'))
      .map(({ path }) => path),
  wrong: [
    { 'registry/src/a.ts': 'export default 1' },
    { 'registry/src/a.ts': "export { x as default } from './b.ts'" },
    { 'registry/src/a.ts': 'export default function f() {}' },
  ],
  right: [{ 'vitest.config.ts': 'export default 1' }, { 'registry/src/a.ts': "export const x = 'export default 1'" }],
}

const cellars: Rule = {
  name: 'no file or folder is named for being left over, and none gathers others',
  find: ({ sources }) =>
    sources
      .map(({ path }) => path)
      .filter((path) =>
        path.split('/').some((part) => /^(util|helper|common|misc|shared|(lib|index)(\.|$))/i.test(part)),
      ),
  wrong: [
    'utils/a.ts',
    'util.ts',
    'helpers.ts',
    'common/a.ts',
    'misc.ts',
    'shared-types.ts',
    'lib/a.ts',
    'index.ts',
  ].map((path) => ({ [`registry/src/${path}`]: '' })),
  right: [{ 'registry/src/liberty.ts': '', 'packages/protocol/src/log/proof.ts': '' }],
}

const pureProtocol: Rule = {
  name: 'protocol takes the clock, chance and the world as arguments',
  find: ({ sources }) =>
    within(sources, 'packages/protocol/src/').flatMap((source) => [
      ...imported(source, /^node:/),
      ...written(source, /(?<![.\w])fetch\s*\(|\bglobalThis\b|\bXMLHttpRequest\b|\bWebSocket\b/),
      ...written(source, /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/),
      ...written(source, /\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b|\brandomBytes\b/),
      ...written(source, /\bconsole\b|\bprocess\./),
    ]),
  wrong: [
    "import { verify } from 'node:crypto'",
    "const x = await fetch('u')",
    'const x = Date.now()',
    'const x = new Date()',
    'const x = Math.random()',
    'crypto.getRandomValues(x)',
    'console.log(1)',
  ].map((text) => ({ 'packages/protocol/src/record.ts': text })),
  right: [
    { 'packages/protocol/src/engine.node.ts': "import { verify } from 'node:crypto'" },
    { 'packages/protocol/src/record.test.ts': "import { readFileSync } from 'node:fs'" },
    { 'packages/protocol/src/record.ts': "// Date.now\nexport const x = 'console' + new Date(0)" },
  ],
}

const browserSdk: Rule = {
  name: 'sdk runs in a browser and takes the clock and chance as arguments',
  find: ({ sources }) =>
    within(sources, 'packages/sdk/src/').flatMap((source) => [
      ...imported(source, /^node:/),
      ...written(source, /\bglobalThis\.fetch\b|\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\./),
    ]),
  wrong: ["import 'node:fs'", 'const x = Date.now()', 'const x = Math.random()', 'globalThis.fetch(x)'].map((text) => ({
    'packages/sdk/src/vault.ts': text,
  })),
}

const blindStore: Rule = {
  name: 'the store knows keys, bytes, versions and leases, and nothing of what they mean',
  find: ({ texts }) =>
    texts.filter(({ path, text }) => path.startsWith('packages/store/src/') && /passport/i.test(text)).map(placeOf),
  wrong: [{ 'packages/store/src/a.ts': '// a Passport' }, { 'packages/store/src/a.ts': "const key = 'passports/1'" }],
}

const settings: Rule = {
  name: 'a node reads its environment in config.ts alone',
  find: ({ sources }) =>
    [...within(sources, 'registry/src/'), ...within(sources, 'vault-node/src/')]
      .filter(({ path }) => !path.endsWith('/config.ts'))
      .flatMap((source) => [
        ...written(source, /\bprocess\.env\b|\bprocess\[/),
        ...imported(source, /^(node:)?process$/),
      ]),
  wrong: [
    { 'registry/src/main.ts': 'const x = process.env.PORT' },
    { 'vault-node/src/main.ts': "import { env } from 'node:process'" },
  ],
  right: [{ 'registry/src/config.ts': 'const x = process.env.PORT' }],
}

const oneVerifier: Rule = {
  name: 'signatures are verified in one place',
  find: ({ sources }) =>
    sources
      .filter(({ path }) => !/^packages\/protocol\/src\/(engine\.[^/]+|verify-strict)\.ts$/.test(path))
      .flatMap((source) => [
        ...written(source, /\b(ed25519|ed|subtle|crypto)\??\.verify(Async)?\s*\(|(?<!\.)\bverifyAsync\s*\(/),
        ...source.imports
          .filter(({ from }) => /^(node:)?crypto$|^@noble\//.test(from))
          .filter(({ names }) => names.some((name) => /^(verify|verifyAsync|createVerify)$/.test(name)))
          .map(({ from }) => `${source.path} imports verify from ${from}`),
      ]),
  wrong: [
    'ed25519.verify(s, m, k)',
    'ed.verify(s, m, k)',
    'ed.verifyAsync(s, m, k)',
    'verifyAsync(s, m, k)',
    'globalThis.crypto.subtle.verify(a, k, s, m)',
    'crypto.verify(null, m, k, s)',
    "import { verify as check } from 'node:crypto'",
    "import { verifyAsync } from '@noble/ed25519'",
  ].map((text) => ({ 'packages/sdk/src/trust.ts': text })),
  right: [
    { 'packages/protocol/src/engine.node.ts': "import { verify } from 'node:crypto'" },
    { 'packages/sdk/src/trust.ts': "import { sign } from 'node:crypto'\nawait verifyStrict(k, m, s)" },
  ],
}

const noAny: Rule = {
  name: 'nothing is cast to any',
  find: ({ sources }) => sources.flatMap((source) => written(source, /\bas any\b/)),
  wrong: [{ 'registry/src/a.ts': 'const x = y as any' }, { 'test/a.ts': 'const x = (y as any).z' }],
  right: [{ 'registry/src/a.ts': "const x = 'same as any other' // as any" }],
}

// Put together from pieces, since this file is read by the rule as well.
const hosts = ['npm' + 'js', 'yarn' + 'pkg', 'npm' + 'mirror', 'j' + 'frog', 'arti' + 'factory', 'code' + 'artifact']
const places = [
  new RegExp(`\\b(${hosts.join('|')})\\b[.:]`, 'i'),
  new RegExp(`(^|[\\s"'\`(=:@])/(${['ho' + 'me', 'Us' + 'ers', 'wo' + 'rk', 'ro' + 'ot/\\.'].join('|')})/`, 'm'),
  new RegExp('[A-Z]:\\\\{1,2}' + 'Users'),
]

const nowhere: Rule = {
  name: 'no file knows the machine it was made on or where its packages came from',
  find: ({ texts }) => {
    const used = /^https?:\/\/([^/]+)/.exec(process.env['npm_config_registry'] ?? '')?.[1]
    return texts
      .filter(({ text }) => places.some((place) => place.test(text)) || (used !== undefined && text.includes(used)))
      .map(placeOf)
  },
  wrong: [
    { 'README.md': `see https://registry.${hosts[0]}.org/hono` },
    { 'README.md': `cd /${'ho' + 'me'}/ada/dcann` },
    { 'README.md': `"/${'Us' + 'ers'}/ada/dcann"` },
  ],
  right: [{ 'README.md': 'GET /v1/root/home/work and ./work/ too' }],
}

const lockfile: Rule = {
  name: 'the lockfile pins every package by its digest, wherever it is fetched from',
  find: ({ texts }) =>
    texts
      .filter(({ path }) => path === 'package-lock.json')
      .flatMap(({ text }) => {
        const { packages } = JSON.parse(text) as { packages: Record<string, Locked> }
        return Object.entries(packages).flatMap(([place, { resolved, integrity, link }]) => [
          ...(resolved !== undefined && /^https?:/.test(resolved) ? [`${place} names an address`] : []),
          ...(place.includes('node_modules/') && !link && !integrity ? [`${place} has no integrity`] : []),
        ])
      }),
  wrong: [
    {
      'package-lock.json': '{"packages":{"node_modules/a":{"integrity":"sha512-x","resolved":"https://a.example/a"}}}',
    },
    { 'package-lock.json': '{"packages":{"node_modules/a":{"version":"1.0.0"}}}' },
  ],
  right: [{ 'package-lock.json': '{"packages":{"registry":{},"node_modules/@dcann/registry":{"link":true}}}' }],
}

interface Locked {
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
}

const checked: Rule = {
  name: 'every source is type-checked',
  find: ({ texts, sources }) => {
    const root = texts.find(({ path }) => path === 'tsconfig.json')?.text ?? '{}'
    const { references = [] } = JSON.parse(root) as { references?: { path: string }[] }
    const folders = new Set(sources.flatMap(({ path }) => packageOf(path) ?? []))
    return [...folders].filter((folder) => !references.some(({ path }) => path === folder))
  },
  wrong: [{ 'tsconfig.json': '{"references":[{"path":"registry"}]}', 'packages/web/src/a.ts': '' }],
  right: [{ 'tsconfig.json': '{"references":[{"path":"registry"}]}', 'registry/src/a.ts': '' }],
}

export const rules: readonly Rule[] = [
  upward,
  declared,
  circles,
  defaults,
  cellars,
  pureProtocol,
  browserSdk,
  blindStore,
  settings,
  oneVerifier,
  noAny,
  nowhere,
  lockfile,
  checked,
]

function packageOf(path: string): string | undefined {
  return /^(packages\/[^/]+|registry|vault-node|test|scripts)\//.exec(path)?.[1]
}

/** Tests, and the suites that stores and engines share, may use what the root's devDependencies bring. */
function isForTests(path: string): boolean {
  return /\.test\.tsx?$|\/conformance\.ts$/.test(path)
}

/** The sources below a folder that others run: not its tests, and not the engine of one platform. */
function within(sources: readonly Source[], folder: string): Source[] {
  return sources.filter(
    ({ path }) => path.startsWith(folder) && !isForTests(path) && !/\/engine\.(node|default)\.ts$/.test(path),
  )
}

function imported({ path, imports }: Source, pattern: RegExp): string[] {
  return imports.filter(({ from }) => pattern.test(from)).map(({ from }) => `${path} imports ${from}`)
}

function written({ path, code }: Source, pattern: RegExp): string[] {
  const found = pattern.exec(code)
  return found === null ? [] : [`${path}:${code.slice(0, found.index).split('\n').length} says ${found[0]}`]
}

function placeOf({ path }: Text): string {
  return path
}
