import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Locator } from 'playwright-core'

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const run = promisify(execFile)

/** A folder in which somebody tries what a page shows them, beside the packages of this repository. */
export type Bench = {
  readonly put: (file: string, text: string) => void
  /** Runs lines of a shell; gives what they print. Rejects when they fail. */
  readonly shell: (lines: string) => Promise<string>
  /** Runs a file of TypeScript. */
  readonly typescript: (program: string) => Promise<string>
  readonly clear: () => void
}

export function openBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'dcann-shown-'))
  symlinkSync(modules, join(folder, 'node_modules'))
  const env = { ...process.env, PATH: [join(modules, '.bin'), process.env['PATH'] ?? ''].join(delimiter) }
  const put = (file: string, text: string): void => writeFileSync(join(folder, file), text)
  const told = async (command: string, args: string[]): Promise<string> => {
    const { stdout } = await run(command, args, { cwd: folder, env, timeout: 30_000 })
    return stdout
  }
  return {
    put,
    shell: async (lines) => await told('sh', ['-e', '-c', lines]),
    typescript: async (program) => {
      put('shown.ts', program)
      return await told(process.execPath, ['shown.ts'])
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What a page shows under "The same as code", for a shell and in TypeScript. */
export async function codeOf(within: Locator): Promise<{ readonly curl: string; readonly typescript: string }> {
  const shown = within.locator('details.as-code').last()
  await shown.locator('summary').click()
  const read = async (which: 'curl' | 'TypeScript'): Promise<string> => {
    await shown.getByRole('button', { name: which }).click()
    return (await shown.getByRole('region', { name: which }).textContent()) ?? ''
  }
  return { curl: await read('curl'), typescript: await read('TypeScript') }
}
