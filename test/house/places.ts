import { packageOf, placeOf, type Rule } from './rule.ts'

export const defaults: Rule = {
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

export const cellars: Rule = {
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

// Put together from pieces, since this file is read by the rule as well.
const hosts = ['npm' + 'js', 'yarn' + 'pkg', 'npm' + 'mirror', 'j' + 'frog', 'arti' + 'factory', 'code' + 'artifact']
const places = [
  new RegExp(`\\b(${hosts.join('|')})\\b[.:]`, 'i'),
  new RegExp(`(^|[\\s"'\`(=:@])/(${['ho' + 'me', 'Us' + 'ers', 'wo' + 'rk', 'ro' + 'ot/\\.'].join('|')})/`, 'm'),
  new RegExp('[A-Z]:\\\\{1,2}' + 'Users'),
]

export const nowhere: Rule = {
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

export const lockfile: Rule = {
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

export const checked: Rule = {
  name: 'every source is type-checked',
  find: ({ texts, sources }) => {
    const root = texts.find(({ path }) => path === 'tsconfig.json')?.text ?? '{}'
    const { references = [] } = JSON.parse(root) as { references?: { path: string }[] }
    const folders = new Set(sources.flatMap(({ path }) => packageOf(path) ?? []))
    // test and scripts import each other, so one project checks both
    const outside = texts.find(({ path }) => path === 'test/tsconfig.json')?.text ?? '{}'
    const { include = [] } = JSON.parse(outside) as { include?: string[] }
    return [...folders].filter(
      (folder) => !references.some(({ path }) => path === folder) && !include.includes(`../${folder}/**/*.ts`),
    )
  },
  wrong: [{ 'tsconfig.json': '{"references":[{"path":"registry"}]}', 'packages/web/src/a.ts': '' }],
  right: [{ 'tsconfig.json': '{"references":[{"path":"registry"}]}', 'registry/src/a.ts': '' }],
}
