import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAnother } from '../../postgres/another.ts'
import { agreeMany, signMany } from '../agreed.ts'
import { cpuOf } from '../cpu.ts'
import { eachRound, figureOf, interleave } from '../figure.ts'
import { load, times } from '../load.ts'
import type { Row } from '../row.ts'
import { perRequest, portOf, type Stage, startBenched } from '../stage.ts'
import { type Answering, connections, costOf } from './request.ts'

/** V1 on PostgreSQL; G10, the same request on both engines; G9, one process over the database and two. */
export async function measureProcesses({
  rounds,
  federation,
  server,
  bare,
  primitives,
  enough,
}: Stage): Promise<Row[]> {
  if (!server) throw new Error('measuring processes over a database: there is none')
  const folder = mkdtempSync(join(tmpdir(), 'dcann-bench-'))
  const embedded = await startBenched(folder)
  const second = await startAnother(federation.folder, 'tallinn-2')
  try {
    const one: Answering = { pid: federation.tallinn.pid(), port: portOf(federation.tallinn.url) }
    const two: Answering[] = [one, { pid: second.pid(), port: portOf(second.url) }]
    const alone: Answering = { pid: embedded.tallinn.pid(), port: portOf(embedded.tallinn.url) }
    const agreed = await agreeMany(federation, 'clear', 32)
    const agreedEmbedded = await agreeMany(embedded, 'clear', 32)
    const walls = { one: [] as number[], two: [] as number[] }
    const databases = { one: [] as number[], two: [] as number[] }
    const onDatabase = async (name: 'one' | 'two', processes: readonly Answering[], count: number): Promise<number> => {
      const [before, begun] = [cpuOf(server.pid()), performance.now()]
      const cost = await costOf(federation, agreed, count, processes)
      databases[name].push((cpuOf(server.pid()) - before) / count)
      walls[name].push((count / (performance.now() - begun)) * 1000)
      return cost
    }

    // code that has not run that often is not yet compiled
    await costOf(federation, agreed, 3_000, two)
    await costOf(embedded, agreedEmbedded, 1_500, [alone])
    const count = enough(await costOf(federation, agreed, 300, two), 4_000)
    const [posted] = await signMany(federation, agreed, 1)
    const { bodyBytes } = await load({ port: one.port, connections: 1, status: 200, next: times(1, () => posted) })
    const post = { port: bare.port, connections, status: 200 }
    await bare.answering(bodyBytes)
    await load({ ...post, next: times(2_000, () => posted) })
    const postCount = enough(await perRequest(bare.pid, { ...post, next: times(1_000, () => posted) }))

    const found = await interleave(rounds, {
      post: async () => await perRequest(bare.pid, { ...post, next: times(postCount, () => posted) }),
      verify: async () => await primitives.cost('verify', { bytes: 300 }),
      // the payload of an answer in base64url is three quarters of its bytes
      sign: async () => await primitives.cost('sign', { bytes: Math.round(bodyBytes * 0.75) }),
      get: async () => await primitives.cost('get'),
      open: async () => await primitives.cost('open', { bytes: 2_600 }),
      embedded: async () => await costOf(embedded, agreedEmbedded, count, [alone]),
      one: async () => await onDatabase('one', [one], count),
      two: async () => await onDatabase('two', two, count),
    })
    const part = (says: string, values: readonly number[], unit = 'µs') => ({
      ...{ name: says, unit },
      figure: figureOf(values),
    })
    return [
      {
        id: 'V1-postgres',
        what: 'a consented request, everything on, evidence durable before the answer, on PostgreSQL',
        unit: '× floor',
        measured: figureOf(eachRound(found, (at) => at.one / (at.verify + at.sign + at.post + at.get + at.open))),
        gate: 1.6,
        against: 'V + S + POST + L + one page opened, L still of LevelDB',
        parts: [
          part('one request', found.one),
          part('POST', found.post),
          part('V', found.verify),
          part('S', found.sign),
          part('L', found.get),
          part('page opened', found.open),
          part('the database’s own, besides', databases.one),
        ],
        note: `CPU of the node alone; 10 entries, ${bodyBytes} B answered, 32 agreements, ${connections} requests at a time`,
      },
      {
        id: 'G10',
        what: 'the same request on PostgreSQL against LevelDB, CPU of the node',
        unit: '× LevelDB',
        measured: figureOf(eachRound(found, (at) => at.one / at.embedded)),
        gate: 2,
        against: 'the same request on LevelDB',
        parts: [part('on PostgreSQL', found.one), part('on LevelDB', found.embedded)],
      },
      {
        id: 'G9',
        what: 'what a second process over one database adds, by CPU',
        unit: 'of the first',
        measured: figureOf(eachRound(found, (at) => (2 * at.one) / at.two - 1)),
        gate: 0.8,
        atLeast: true,
        against: 'one process: 2 × CPU of a request by one / CPU of a request by two − 1',
        parts: [
          part('one process', found.one),
          part('two processes, together', found.two),
          part('the database beside one', databases.one),
          part('the database beside two', databases.two),
          part('by the clock, one', walls.one, '/s'),
          part('by the clock, two', walls.two, '/s'),
        ],
        note: 'it says what two do where each has a core and the database and who asks have theirs, since it counts what processes spend on each other and not what they wait for; the requests a second, signed by who asks in the same time, are what these cores gave all four together',
      },
    ]
  } finally {
    await second.end()
    await embedded.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
