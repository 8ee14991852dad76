import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** How a few test files of a copy ended: the first test that failed, or why nothing can be said. */
export type Outcome =
  | { readonly kind: 'passed'; readonly tests: number }
  | { readonly kind: 'failed'; readonly test: string }
  | { readonly kind: 'undecided'; readonly why: string }

/** The part of the reporter's file that is read. */
type Report = {
  readonly numTotalTests: number
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/**
 * Runs test files in a folder. With `firstOnly` it ends at the first failure; without, a test that fails is tried twice more,
 * since some measure time, and a busy machine is no defect. A run that ends late or says nothing decides nothing.
 */
export async function runTests(
  folder: string,
  tests: readonly string[],
  { firstOnly, mostSeconds }: { readonly firstOnly: boolean; readonly mostSeconds: number },
): Promise<Outcome> {
  const output = join(folder, 'node_modules', 'outcome.json')
  rmSync(output, { force: true })
  const args = [
    'run',
    '--maxWorkers=1',
    '--testTimeout=120000',
    '--hookTimeout=60000',
    '--reporter=json',
    `--outputFile=${output}`,
    firstOnly ? '--bail=1' : '--retry=2',
  ]
  const child = spawn(process.execPath, [join('node_modules', 'vitest', 'vitest.mjs'), ...args, ...tests], {
    cwd: folder,
    // what is drawn by chance is drawn longer than in the suite
    env: { DCANN_MODEL_RUNS: '300', ...process.env, DCANN_MODEL_SHRINK: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => void (said = (said + bytes.toString()).slice(-2_000)))
  const timer = setTimeout(() => child.kill('SIGKILL'), mostSeconds * 1000)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  if (code === null) return { kind: 'undecided', why: `no end within ${mostSeconds} s` }
  let report: Report
  try {
    // written by the reporter, in the form that it documents
    report = JSON.parse(readFileSync(output, 'utf8')) as Report
  } catch {
    return { kind: 'undecided', why: `ended with ${code} and no report: ${said.trim().split('\n').at(-1) ?? ''}` }
  }
  return outcomeOf(report, code)
}

function outcomeOf({ success, testResults, numTotalTests }: Report, code: number): Outcome {
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed) return { kind: 'failed', test: `${name.split(/[\\/]/).at(-1)}: ${failed.fullName}` }
  }
  const unopened = testResults.find(({ status }) => status === 'failed')
  if (unopened)
    return { kind: 'failed', test: `${unopened.name.split(/[\\/]/).at(-1)}: ${unopened.message.split('\n')[0]}` }
  // an error outside every test, of a promise that nobody awaited, fails the run and no test
  if (!success || code !== 0) return { kind: 'failed', test: `an error outside every test, exit ${code}` }
  if (numTotalTests === 0) return { kind: 'undecided', why: 'no test ran' }
  return { kind: 'passed', tests: numTotalTests }
}
