// What a vault node bears, on processes of its own: npm run soak [-- --only overload|mixed] [--rounds 3] [--seconds 12]
// [--requests 60000] [--minutes 5] [--whole] [--no-write]; `--whole` is a million requests, however long that takes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePorts } from '../../scripts/federation/part.ts'
import { startFederation } from '../../scripts/federation/parts.ts'
import { longReport } from '../bench/report.ts'
import type { Result } from '../bench/row.ts'
import { mixed } from './mixed.ts'
import { openFigures } from './node-figures.ts'
import { overload } from './overload.ts'
import { type Soaked, type SoakFigure, lastSoaked, soakSection } from './report.ts'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    /** Of each stretch of the overload. */
    seconds: { type: 'string', default: '12' },
    requests: { type: 'string', default: '60000' },
    /** For the mixed requests: those that are not asked by then are not asked. */
    minutes: { type: 'string', default: '3' },
    whole: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
  },
})
const at = (path: string): string => fileURLToPath(new URL(`../bench/${path}`, import.meta.url))
const say = (line: string): void => console.log(`  ${line}`)
const load = loadavg()[0] ?? 0
// whatever is started here inherits it, the node above all
process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --max-old-space-size=256`.trim()
const folder = mkdtempSync(join(tmpdir(), 'dcann-soak-'))
const figures: SoakFigure[] = []
const federation = await startFederation({
  folder,
  seed: 'soak',
  ports: await freePorts(5),
  withoutCompanies: true,
  bounds: { passports_per_day: 10_000_000, acts_per_second: 1_000_000 },
})
try {
  const node = await openFigures(federation.tallinn)
  if (values.only !== 'mixed') {
    const plan = { rounds: Number(values.rounds), seconds: Number(values.seconds), say }
    figures.push(...(await overload(federation, node, plan)))
  }
  if (values.only !== 'overload') {
    const requests = values.whole ? 1_000_000 : Number(values.requests)
    const until = values.whole ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * 60_000
    figures.push(...(await mixed(federation, node, { requests, until, say })))
  }
} finally {
  await federation.stop()
  rmSync(folder, { recursive: true, force: true })
}
for (const { id, what, unit, measured, gate, parts, note } of figures) {
  console.log(`${id}: ${what}: ${measured.median.toFixed(2)} ${unit} (≤ ${gate}); ${note}`)
  for (const { name, unit: of, figure } of parts) say(`${name}: ${figure.median.toFixed(1)} ${of}`)
}
if (values.write) write()

function write(): void {
  const known = lastSoaked()
  const kept = (known?.figures ?? []).filter(({ id }) => !figures.some((figure) => figure.id === id))
  const soaked: Soaked = {
    figures: [...figures, ...kept].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    command: `npm run soak${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    load,
  }
  writeFileSync(at('soak.json'), `${JSON.stringify(soaked, null, 2)}\n`)
  const results = JSON.parse(readFileSync(at('results.json'), 'utf8')) as Result[]
  writeFileSync(at('RESULTS.md'), longReport(results, soakSection(soaked)))
  console.log('written: test/bench/RESULTS.md')
}
