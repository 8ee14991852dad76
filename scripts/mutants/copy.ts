import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Edit, planted } from './mutant.ts'

/** A copy of the sources that may be broken. */
export type Copy = {
  readonly folder: string
  /** Makes the edits, waits for the act, and puts back what was there. */
  readonly broken: <T>(edits: readonly Edit[], act: () => Promise<T>) => Promise<T>
}

/** Copies what is committed or about to be, and links the installed packages so that ours resolve into the copy. */
export function makeCopy(root: string, folder: string): Copy {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const path of listed.split('\0')) {
    if (path === '' || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
  linkPackages(join(root, 'node_modules'), join(folder, 'node_modules'))
  return { folder, broken: (edits, act) => broken(folder, edits, act) }
}

/** A folder of our own with a link for each package; links that are relative lead to the copy's own workspaces. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    if (name.startsWith('.')) continue
    if (name === '@dcann') cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true })
    else symlinkSync(join(from, name), join(to, name), 'junction')
  }
}

async function broken<T>(folder: string, edits: readonly Edit[], act: () => Promise<T>): Promise<T> {
  const before = new Map(edits.map(({ file }) => [file, readFileSync(join(folder, file), 'utf8')]))
  const after = new Map(before)
  for (const edit of edits) after.set(edit.file, planted(after.get(edit.file) ?? '', edit))
  try {
    for (const [file, text] of after) writeFileSync(join(folder, file), text)
    return await act()
  } finally {
    for (const [file, text] of before) writeFileSync(join(folder, file), text)
  }
}
