// Measures what the goals name, beside its floors in the same run:
// npm run bench [-- --only R1,V1] [--rounds 5] [--seconds 0.8] [--no-write]
// npm run bench -- --full [--names 1000000]: one zone of a million passports, some half an hour, in place of the others
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { groups, ids } from './groups.ts'
import { longReport, merge, shortTable, withTable } from './report.ts'
import { growZone } from './full/grow.ts'
import { fullIds, rowsOf } from './full/rows.ts'
import type { Result, Row } from './row.ts'
import { openStage, type Stage } from './stage.ts'
import { soakSection } from '../soak/report.ts'
import { postgresMissing, startPostgres } from '../postgres/server.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const places = {
  results: at('results.json'),
  report: at('RESULTS.md'),

  readme: at('../../README.md'),
}

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    /** Rows, by name or by how their names begin: `R3` is both of them. */
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    /** Seconds of CPU for one measurement. */
    seconds: { type: 'string', default: '0.8' },
    write: { type: 'boolean', default: true },
    full: { type: 'boolean', default: false },
    names: { type: 'string', default: '1000000' },
  },
})
const wanted = options.only?.split(',')
const isWanted = (id: string): boolean => wanted?.some((name) => id === name || id.startsWith(`${name}-`)) ?? true
const rounds = Number(options.rounds)
const names = Number(options.names)
const command = options.full
  ? `npm run bench -- --full${names === 1e6 ? '' : ` --names ${names}`}`
  : `npm run bench${options.only === undefined ? '' : ` -- --only ${options.only}`}`

const found: Result[] = []
if (options.full) {
  const load = loadNow()
  const grown = await growZone({ names, rounds, seconds: Number(options.seconds), say: (line) => console.log(line) })
  found.push(...rowsOf(grown).map((row) => inCircumstances(row, load)))
  // a smaller zone says nothing of the goals
  if (options.write && names >= 1e6) write(found)
}
for (const group of options.full ? [] : groups) {
  if (!group.ids.some(isWanted)) continue
  try {
    const rows = await measure(group)
    found.push(...rows)
    if (options.write) write(rows)
  } catch (error) {
    // the other rows are still worth having
    console.error(`${group.ids.join(', ')}: not measured: ${error instanceof Error ? error.message : String(error)}`)
  }
}
console.log(`\n${shortTable(found)}`)
if (options.write && (!options.full || names >= 1e6))
  console.log('written: test/bench/RESULTS.md, and the table of the README')

async function measure({ ids: rowIds, measure: rows, engine }: (typeof groups)[number]): Promise<Result[]> {
  const began = performance.now()
  const load = loadNow()
  console.log(`${rowIds.join(', ')} …`)
  if (engine && postgresMissing !== undefined) throw new Error(postgresMissing)
  const server = engine && (await startPostgres({ max_connections: '200' }))
  let stage: Stage | undefined
  try {
    stage = await openStage({ rounds, seconds: Number(options.seconds), ...(server ? { server } : {}) })
    const measured = await rows(stage)
    console.log(`${rowIds.join(', ')}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
    return measured.filter(({ id }) => isWanted(id)).map((row) => inCircumstances(row, load))
  } finally {
    await stage?.end()
    await server?.remove()
  }
}

function loadNow(): number {
  return loadavg()[0] ?? 0
}

function inCircumstances(row: Row, load: number): Result {
  return {
    ...row,
    date: new Date().toISOString().slice(0, 10),
    command,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    rounds,
    load,
  }
}

function write(fresh: readonly Result[]): void {
  // written by this function alone
  const known = existsSync(places.results) ? (JSON.parse(readFileSync(places.results, 'utf8')) as Result[]) : []
  const results = merge(known, fresh, [...ids, ...fullIds])
  writeFileSync(places.results, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(places.report, longReport(results, soakSection()))
  writeFileSync(places.readme, withTable(readFileSync(places.readme, 'utf8'), shortTable(results)))
}
