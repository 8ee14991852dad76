import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { withoutUnused } from './lighter.ts'

/** The pages, each a bundle of its own that one origin serves. */
export const apps = ['explorer', 'wallet', 'console', 'element'] as const
export type App = (typeof apps)[number]

/** What is no page but one script, which runs in pages of others. */
const scripts: Readonly<Partial<Record<App, string>>> = { element: 'ask' }

/** What a bundle consists of, by path, in the order of the paths. */
export type Bundle = ReadonlyMap<string, Uint8Array>

const root = fileURLToPath(new URL('../../', import.meta.url))
const sources = join(root, 'packages/web/src')

/** Builds one bundle in memory: from the same sources and lockfile the same bytes, wherever it is done. */
export async function buildBundle(app: App): Promise<Bundle> {
  const script = scripts[app]
  const built = await build({
    root: join(sources, app),
    base: '/',
    configFile: false,
    logLevel: 'warn',
    publicDir: join(sources, app, 'public'),
    plugins: [withoutUnused()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: ['chrome137', 'firefox140', 'safari18'],
      sourcemap: false,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        ...(script === undefined ? {} : { input: join(sources, app, `${script}.ts`) }),
        output: {
          hashCharacters: 'base36',
          ...(script === undefined ? {} : { entryFileNames: `${script}.js`, format: 'iife' as const }),
        },
        // neither does anything when it is only loaded
        treeshake: { moduleSideEffects: (id) => !/node_modules\/(http-message-sig|structured-headers)\//.test(id) },
      },
    },
  })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []))
  const files = outputs.map((file): [string, Uint8Array] => [
    file.fileName,
    Buffer.from(file.type === 'chunk' ? file.code : file.source),
  ])
  const asItIs = globSync('**/*.*', { cwd: join(sources, app, 'public') }).map((path): [string, Uint8Array] => [
    path.replaceAll('\\', '/'),
    readFileSync(join(sources, app, 'public', path)),
  ])
  return new Map([...files, ...asItIs].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** A line of digest and path for each file, as `sha256sum` writes them: the text that a policy adopts. spec: policy#wallet-bundle */
export function listOf(bundle: Bundle): string {
  return [...bundle].map(([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`).join('')
}

/** One text for a whole bundle: SHA-256 over its list. */
export function digestOf(bundle: Bundle): string {
  return createHash('sha256').update(listOf(bundle)).digest('hex')
}

/** Where a bundle is put for whoever serves it. */
export function folderOf(app: App): string {
  return join(root, 'packages/web/dist', app)
}

/** Builds a bundle unless the one there was made of the same sources. Gives its folder. */
export async function keepBuilt(app: App): Promise<string> {
  const folder = folderOf(app)
  const mark = join(dirname(folder), `${app}.made-of`)
  const made = digestOfSources()
  if (existsSync(folder) && existsSync(mark) && readFileSync(mark, 'utf8') === made) return folder
  const fresh = `${folder}.new-${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  for (const [path, bytes] of await buildBundle(app)) {
    mkdirSync(dirname(join(fresh, path)), { recursive: true })
    writeFileSync(join(fresh, path), bytes)
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  writeFileSync(mark, made)
  return folder
}

/** All that a bundle may be made of: our sources, and by the lockfile everybody else's. */
function digestOfSources(): string {
  const own = globSync(['packages/{web,sdk,protocol}/src/**/*', 'scripts/web/*.ts', 'package-lock.json'], { cwd: root })
  const hash = createHash('sha256')
  for (const path of own.toSorted()) {
    if (/\.test\.tsx?$/.test(path) || !/\.[a-z]+$/.test(path)) continue
    hash.update(`${path}\n`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}
