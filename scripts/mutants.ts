/**
 * Plants each defect of a list of our own in a copy of the sources, one at a time, and runs the tests that have to notice.
 * Fails when one survives. Defects and tests are in `scripts/mutants/`.
 *
 *     npm run mutants [-- --only <name>[,<name>…]] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutants } from './mutants/all.ts'
import { makeCopy } from './mutants/copy.ts'
import type { Mutant } from './mutants/mutant.ts'
import { type Outcome, runTests } from './mutants/run-tests.ts'

type Judged = { readonly mutant: Mutant; readonly outcome: Outcome; readonly seconds: number }

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean', default: false } } })
const wanted = values.only?.split(',')
const chosen = wanted ? mutants.filter(({ name }) => wanted.includes(name)) : mutants
if (chosen.length === 0) {
  console.error(`mutants: none is named ${values.only}; there are ${mutants.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const mostSeconds = 300
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dcann-mutants-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const copies = Array.from({ length: Math.min(availableParallelism(), 8, chosen.length) }, (_, i) =>
  makeCopy(root, join(folder, String(i))),
)
const say = (line: string): void => void (values.json || console.log(line))

const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))]
const [first] = copies
const sound = await runTests(first?.folder ?? folder, tests, { firstOnly: false, mostSeconds: mostSeconds * 3 })
if (sound.kind !== 'passed') {
  console.error(`mutants: the tests do not pass without any: ${sound.kind === 'failed' ? sound.test : sound.why}`)
  process.exit(2)
}
say(`${tests.length} test files pass without a mutant: ${sound.tests} tests\n`)
say(rowOf('mutant', 'caught by', 'seconds'))

const judged: Judged[] = []
const waiting = [...chosen]
await Promise.all(
  copies.map(async (copy) => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const { edits, tests } = mutant
      const begun = performance.now()
      const outcome = await copy.broken(edits, () => runTests(copy.folder, tests, { firstOnly: true, mostSeconds }))
      const one = { mutant, outcome, seconds: (performance.now() - begun) / 1000 }
      judged.push(one)
      say(rowOf(mutant.name, wordsOf(one), one.seconds.toFixed(1)))
    }
  }),
)

const caught = judged.filter(({ outcome }) => outcome.kind === 'failed')
const others = judged.filter(({ outcome }) => outcome.kind !== 'failed')
if (values.json) {
  const listed = judged.map(({ mutant: { name, breaks, tests }, outcome, seconds }) => ({
    name,
    breaks,
    tests,
    outcome,
    seconds,
  }))
  console.log(JSON.stringify({ caught: caught.length, of: judged.length, mutants: listed }, null, 2))
} else {
  for (const one of others) console.log(`\nNOT CAUGHT ${one.mutant.name}: ${one.mutant.breaks}; ${wordsOf(one)}`)
  console.log(`\n${caught.length} of ${judged.length} caught`)
}
process.exitCode = others.length === 0 ? 0 : 1

function wordsOf({ mutant, outcome }: Judged): string {
  switch (outcome.kind) {
    case 'failed':
      return outcome.test
    case 'passed':
      return `SURVIVED ${outcome.tests} tests of ${mutant.tests.join(', ')}`
    case 'undecided':
      return `UNDECIDED: ${outcome.why}`
  }
}

function rowOf(name: string, words: string, seconds: string): string {
  return `${name.padEnd(34)} ${words.length > 100 ? `${words.slice(0, 99)}…` : words.padEnd(100)} ${seconds.padStart(7)}`
}
