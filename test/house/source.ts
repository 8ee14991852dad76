import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { parseSync } from 'vite'

/** A text of the repository, by its path from the root. */
export interface Text {
  readonly path: string
  readonly text: string
}

export interface Source extends Text {
  /** The text with comments, strings, patterns and templates blanked out, line by line where they stood. */
  readonly code: string
  readonly imports: readonly Import[]
  readonly exportsDefault: boolean
}

export interface Import {
  readonly from: string
  /** The file of ours that it means; undefined for a package of others and for `node:`. */
  readonly file: string | undefined
  readonly names: readonly string[]
}

/** Every file that is committed or about to be; outside a git checkout, every file that is not installed or built. */
export function readRepository(root: string): Text[] {
  return list(root).flatMap((path) => {
    const bytes = readFileSync(posix.join(root, path))
    return bytes.includes(0) ? [] : [{ path, text: bytes.toString('utf8') }]
  })
}

function list(root: string): string[] {
  try {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return listed.split('\0').filter((path) => path !== '' && existsSync(posix.join(root, path)))
  } catch {
    const outside = /(^|[\\/])(node_modules|dist|coverage|\.git)$/
    const entries = globSync('**/*', { cwd: root, withFileTypes: true, exclude: (entry) => outside.test(entry.name) })
    const files = entries.filter((entry) => entry.isFile())
    return files.map((entry) => posix.relative(root, posix.join(entry.parentPath, entry.name)))
  }
}

export function isSource({ path }: Text): boolean {
  return /\.tsx?$/.test(path)
}

export function read({ path, text }: Text): Source {
  const { program, comments, module } = parseSync(path, text)
  const code = blank(text, [...comments, ...wordings(program)])
  const named = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      from: moduleRequest.value,
      names: entries.map(({ importName }) => importName.name ?? importName.kind),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) =>
        moduleRequest === null ? [] : [{ from: moduleRequest.value, names: [] }],
      ),
    ),
    // Dynamic imports and types written as import('…') alike.
    ...[...blank(text, comments).matchAll(/\bimport\(\s*(['"])(.+?)\1/g)].map(([, , from = '']) => ({
      from,
      names: [],
    })),
  ]
  return {
    path,
    text,
    code,
    imports: named.map((found) => ({ ...found, file: fileMeant(path, found.from) })),
    exportsDefault: module.staticExports.some(({ entries }) =>
      entries.some(({ exportName }) => exportName.kind === 'Default' || exportName.name === 'default'),
    ),
  }
}

function fileMeant(importer: string, from: string): string | undefined {
  if (from.startsWith('.')) return posix.join(posix.dirname(importer), from)
  const [, folder, inside] = /^@dcann\/([^/]+)\/(.+)$/.exec(from) ?? []
  if (folder === undefined) return undefined
  return `${folder === 'registry' || folder === 'vault-node' ? folder : `packages/${folder}`}/src/${inside}.ts`
}

interface Range {
  readonly start: number
  readonly end: number
}

function blank(text: string, ranges: readonly Range[]): string {
  let blanked = text
  for (const { start, end } of ranges) {
    blanked = blanked.slice(0, start) + blanked.slice(start, end).replaceAll(/[^\n]/g, ' ') + blanked.slice(end)
  }
  return blanked
}

/** Where strings, patterns and the fixed parts of templates stand, anywhere below a syntax node. */
function wordings(node: unknown): Range[] {
  if (typeof node !== 'object' || node === null) return []
  const { type, value, start, end } = node as { type?: string; value?: unknown; start?: number; end?: number }
  const isWording =
    (type === 'Literal' && (typeof value === 'string' || value instanceof RegExp)) || type === 'TemplateElement'
  if (isWording && start !== undefined && end !== undefined) return [{ start, end }]
  return Object.values(node).flatMap(wordings)
}
