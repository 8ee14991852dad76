// Faults on purpose, and what came of them: `npm run faults -- --only vault-kills --kills 500 --minutes 60 --write`
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Battery, isGood, type Outcome } from './battery.ts'
import { calls } from './calls.ts'
import { flips } from './flips.ts'
import { polls } from './polls.ts'
import { powerCuts } from './power.ts'
import { registryFlips, sequencerSteps } from './registry-steps.ts'
import { registryKills, storeKills, vaultKills } from './kills.ts'
import { postgresPowerCuts } from './postgres-power.ts'
import { postgresCuts } from './postgres-cuts.ts'
import { failovers, postgresKills, revokes, sequencers } from './postgres-batteries.ts'

const batteries: Readonly<Record<string, Battery>> = {
  flips,
  calls,
  'power-cuts': powerCuts,
  'registry-flips': registryFlips,
  'sequencer-steps': sequencerSteps,
  'store-kills': storeKills,
  'registry-kills': registryKills,
  'vault-kills': vaultKills,
  'postgres-cuts': postgresCuts,
  'postgres-kills': postgresKills,
  'postgres-power-cuts': postgresPowerCuts,
  'postgres-failovers': failovers,
  'postgres-sequencers': sequencers,
  'postgres-revokes': revokes,
  polls,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    /** How many of each; without it, each battery's own number. */
    kills: { type: 'string' },
    /** For each battery. One that has not reached its floor by then has failed. */
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '20261124' },
    write: { type: 'boolean', default: false },
  },
})

const chosen = Object.entries(batteries).filter(([name]) => values.only.length === 0 || values.only.includes(name))
if (chosen.length === 0 || chosen.length < values.only.length)
  throw new Error(`faults: known batteries are ${Object.keys(batteries).join(', ')}`)

/** In memory where the system has that: what is killed leaves to the kernel what it wrote, whatever is below. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const rows = new Map<string, string>()
let good = true
for (const [name, battery] of chosen) {
  const folder = mkdtempSync(join(scratch, 'dcann-faults-'))
  // processes that are started again and again start sooner
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled')
  const begun = performance.now()
  const until = Date.now() / 1000 + Number(values.minutes) * 60
  const count = values.kills === undefined ? undefined : Number(values.kills)
  const say = (line: string): void => console.log(`  ${name}: ${line}`)
  const outcome = await battery({ count, until, seed: Number(values.seed), folder, say }).catch(
    (error: unknown): Outcome => ({
      ...{ count: 0, of: 'of anything', floor: 1, looked: 'it did not come to its end', caught: undefined },
      failures: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    }),
  )
  rmSync(folder, { recursive: true, force: true })
  good &&= isGood(outcome)
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
  for (const failure of outcome.failures.slice(0, 20)) console.log(`  FAILED ${name}: ${failure}`)
  if (outcome.without !== undefined) console.log(`  NOT HERE ${name}: ${outcome.without}`)
  rows.set(name, rowOf(name, outcome, minutes))
}

function rowOf(name: string, outcome: Outcome, minutes: string): string {
  const { count, of, floor, looked, failures, caught, without } = outcome
  const short = count < floor ? ' **not reached**' : ''
  const cells = [
    name,
    `${count} ${of}${without === undefined ? '' : ` (${without})`}`,
    `${floor}${short}`,
    looked,
    failures.length === 0 ? '0' : `**${failures.length}**`,
    caught ?? '**not caught**',
    `${minutes} min`,
    new Date().toISOString().slice(0, 10),
  ]
  return `| ${cells.join(' | ')} |`
}

const head = [
  '| battery | N | floor | looked at | failures | seeded fault caught | took | on |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
]
console.log(`\n${[...head, ...rows.values()].join('\n')}\n\nfaults: ${good ? 'nothing failed' : 'FAILED'}`)
if (values.write) writeResults()
process.exitCode = good ? 0 : 1

/** Writes down what was run now, beside what others came to when they were run last. */
function writeResults(): void {
  const file = new URL('RESULTS.md', import.meta.url)
  const before = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const kept = Object.keys(batteries).flatMap(
    (name) => rows.get(name) ?? before.find((line) => line.startsWith(`| ${name} |`)) ?? [],
  )
  const text = `# What \`npm run faults\` came to

Written by \`npm run faults -- --write\`. A zero says: with 95 % confidence less than 3 of N, under what was tried here. A
row without its seeded fault, or below its floor, shows nothing.

${[...head, ...kept].join('\n')}

Last on ${cpus().length} cores of ${process.arch}, ${process.platform}, Node ${process.versions.node}, seed ${values.seed}.
`
  writeFileSync(file, text)
}
