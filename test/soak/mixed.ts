import type { Federation } from '../../scripts/federation/parts.ts'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import { agreeMany, signMany } from '../bench/agreed.ts'
import { figureOf } from '../bench/figure.ts'
import { getOf, open, type Wire } from '../bench/load.ts'
import { portOf } from '../bench/stage.ts'
import type { DoorTarget } from '../hostile/door-case.ts'
import { doorCases } from '../hostile/door-cases.ts'
import { faultsOfCase } from '../hostile/strike.ts'
import type { NodeFigures } from './node-figures.ts'
import type { SoakFigure } from './report.ts'

export type MixedPlan = { readonly requests: number; readonly until: number; readonly say: (line: string) => void }

const connections = 8
/** What is looked at so often tells growth from breathing. */
const looks = 10

/** F9: many requests of all sorts, one in twenty of them hostile, and what the node holds the while. */
export async function mixed(
  federation: Federation,
  figures: NodeFigures,
  { requests, until, say }: MixedPlan,
): Promise<SoakFigure[]> {
  const port = portOf(federation.tallinn.url)
  const pid = federation.tallinn.pid()
  const agreed = await agreeMany(federation, 'soak/mixed', 16)
  const holders = agreed.map(({ person }) => person)
  const target = hostileTarget(federation)
  const gets = ['/v1/node', '/v1/log/checkpoint', '/healthz'].map((path) => getOf(path))
  const faults: string[] = []
  const counts = { consented: 0, holder: 0, open: 0, hostile: 0 }
  const expected = (status: number, wanted: number, what: string): void => {
    if (status !== wanted) faults.push(`${what}: ${status}`)
  }

  const isHostile = (i: number): boolean => i % 20 === 7
  let at = 0
  const stretch = async (end: number): Promise<void> => {
    const work = async (): Promise<void> => {
      let connection = await open(port)
      while (at < end && Date.now() < until) {
        const i = at++
        const ask = async (wire: Wire, what: string): Promise<void> => {
          const answer = await connection.ask(wire).catch(() => undefined)
          if (answer) return expected(answer.status, 200, what)
          // an idle connection is ended after a while, and an answer whose lease had ended is cut
          connection = await open(port)
        }
        if (isHostile(i)) {
          counts.hostile++
          const hostile = doorCases[counts.hostile % doorCases.length]
          if (hostile)
            faults.push(...(await faultsOfCase(port, hostile, target)).map((fault) => `${hostile.name}: ${fault}`))
        } else if (i % 10 < 3) {
          counts.consented++
          const [wire] = await signMany(federation, agreed.slice(i % agreed.length), 1)
          if (wire) await ask(wire, 'a consented request')
        } else if (i % 10 === 3) {
          counts.holder++
          const holder = holders[i % holders.length]
          await holder?.vault.listStrands(holder.by).catch((error: unknown) => faults.push(String(error)))
        } else {
          counts.open++
          const wire = gets[i % gets.length]
          if (wire) await ask(wire, 'an open call')
        }
      }
      connection.end()
    }
    await Promise.all(Array.from({ length: connections }, work))
  }

  const rss: number[] = []
  const late: number[] = []
  // what is compiled and cached in the beginning is no growth
  await stretch(Math.ceil(requests / 5))
  await figures.metric('process_event_loop_late_p99_ms')
  await figures.metric('process_event_loop_late_most_ms')
  const descriptors = figures.descriptors()
  for (let look = 1; look <= looks; look++) {
    await stretch(Math.ceil(requests / 5 + (requests * 0.8 * look) / looks))
    rss.push(figures.rssMiB())
    const metrics = await figures.metrics()
    late.push(lateP99(metrics))
    say(`${at} requests, ${rss.at(-1)?.toFixed(0)} MiB, event loop late by ${late.at(-1)?.toFixed(1)} ms at p99`)
  }
  if (federation.tallinn.pid() !== pid) faults.push('the node began anew')
  const errors = await figures.metric('http_internal_errors_total')
  if (errors > 0) faults.push(`${errors} errors of its own`)
  for (const fault of faults.slice(0, 20)) say(`FAILED ${fault}`)

  const half = looks / 2
  const growth = (figureOf(rss.slice(half)).median / figureOf(rss.slice(0, half)).median - 1) * 100
  const note = `${at} requests: ${counts.consented} consented, ${counts.holder} of holders, ${counts.open} open, ${counts.hostile} hostile`
  const row = (
    id: string,
    what: string,
    unit: string,
    value: number,
    gate: number,
    parts: SoakFigure['parts'] = [],
  ) => ({
    id,
    what,
    unit,
    measured: figureOf([value]),
    gate,
    parts,
    note,
  })
  return [
    row('F9', 'wrong answers, errors of its own, or a new beginning', 'of them', faults.length, 0),
    row('F9-memory', 'growth of resident memory, second half against first', '%', growth, 5, [
      { name: 'resident', unit: 'MiB', figure: figureOf(rss) },
    ]),
    row(
      'F9-descriptors',
      'descriptors more than after the first fifth',
      'of them',
      figures.descriptors() - descriptors,
      8,
      [{ name: 'then', unit: 'of them', figure: figureOf([descriptors]) }],
    ),
    { ...row('F9-loop', 'event loop late, p99', 'ms', 0, 50), measured: figureOf(late) },
  ]
}

function lateP99(metrics: string): number {
  return Number(/^process_event_loop_late_p99_ms (\S+)$/m.exec(metrics)?.[1])
}

function hostileTarget({ cast, tallinn }: Federation): DoorTarget {
  const [signer] = cast.requesters.health.keys
  if (!signer) throw new Error('soaking: the authority has no key')
  return {
    host: 'a.example',
    open: { path: '/v1/acts', body: canonicalBytes({ act: cast.root.signed }), mostBytes: limits.bodyBytes },
    signed: {
      path: '/v1/requests',
      publicUrl: tallinn.url,
      body: canonicalBytes({
        id: 'a'.repeat(22),
        from: cast.requesters.health.record.payload.name,
        to: '0'.repeat(26),
        purpose: 'dpv:PublicBenefit',
        items: [{ strand: 'finance.income' }],
      }),
      mostBytes: limits.payloadBytes,
      signer,
      now: () => Math.floor(Date.now() / 1000),
      nobody: 'EE/requester/nobody',
    },
  }
}
