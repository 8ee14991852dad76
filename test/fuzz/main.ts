// Fuzzes the parsers: `npm run fuzz -- --seconds 30 --seed 7 --only canonical --findings file.json`
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Finding, Tally } from './loop.ts'
import { fuzzInThread } from './run.ts'
import { plantedName, targetNames } from './targets.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: '2' },
    findings: { type: 'string', default: 'fuzz-findings.json' },
  },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
const waiting = [plantedName, ...targetNames].filter((name) => values.only.length === 0 || values.only.includes(name))
if (waiting.length === 0) throw new Error(`fuzzing: no such target, known are ${targetNames.join(', ')}`)
console.log(`fuzzing ${waiting.length} targets, ${seconds} s each, ${values.threads} at a time, seed ${seed}`)

const tallies: Tally[] = []
const line = (name: string, ...cells: (string | number)[]): string =>
  `${name.padEnd(20)}${cells.map((cell) => String(cell).padStart(12)).join('')}`
console.log(line('target', 'executions', 'a second', 'taken', 'refused', 'kept', 'covered', 'findings'))

await Promise.all(
  Array.from({ length: Number(values.threads) }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const [tally] = await fuzzInThread([name], { seed, seconds })
      if (!tally) continue
      tallies.push(tally)
      const { executions, accepted, refused, kept, covered, findings } = tally
      console.log(
        line(
          name,
          executions,
          Math.round(executions / tally.seconds),
          accepted,
          refused,
          kept,
          covered,
          findings.length,
        ),
      )
    }
  }),
)

const real = tallies.filter(({ target }) => target !== plantedName)
const found: Finding[] = real.flatMap(({ findings }) => findings)
const sum = (of: (tally: Tally) => number): number => real.reduce((total, tally) => total + of(tally), 0)
console.log(
  line(
    'all',
    sum((each) => each.executions),
    '',
    sum((each) => each.accepted),
    sum((each) => each.refused),
    sum((each) => each.kept),
    '',
    found.length,
  ),
)
for (const { target, what, input } of found) console.log(`FOUND ${target}: ${what}\n  ${input.slice(0, 200)}`)
if (found.length > 0) {
  writeFileSync(values.findings, `${JSON.stringify(found, null, 2)}\n`)
  console.log(`the inputs, in base64: ${values.findings}`)
}
const idle = real.filter(({ accepted, refused }) => accepted === 0 || refused === 0)
for (const { target } of idle) console.log(`IDLE ${target}: it took everything or nothing, so it shows nothing`)
const planted = tallies.find(({ target }) => target === plantedName)
const missed = planted !== undefined && planted.findings.length === 0
if (planted) console.log(`planted fault: ${missed ? 'NOT FOUND' : `found, ${planted.findings[0]?.what}`}`)
console.log(
  `fuzz: ${found.length} findings in ${sum((each) => each.executions)} executions over ${real.length} targets`,
)
process.exitCode = found.length > 0 || idle.length > 0 || missed ? 1 : 0
