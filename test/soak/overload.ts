import { setTimeout as wait } from 'node:timers/promises'
import type { Federation } from '../../scripts/federation/parts.ts'
import { agreeMany, type Agreed, agreeOften, signMany } from '../bench/agreed.ts'
import { ascending, figureOf, quantile } from '../bench/figure.ts'
import { load, type Wire } from '../bench/load.ts'
import { portOf } from '../bench/stage.ts'
import { agreeAlone, signFalsely, signFlood, signProbes } from './floods.ts'
import type { Flooded } from './flood.ts'
import type { NodeFigures } from './node-figures.ts'
import type { SoakFigure } from './report.ts'
import { startFlood } from './start-flood.ts'

export type OverloadPlan = { readonly rounds: number; readonly seconds: number; readonly say: (line: string) => void }

/** How long good callers wait in one stretch of time. */
type Waited = { readonly asked: readonly number[]; readonly refused: number; readonly revoked: readonly number[] }

/** Each from an address of its own where the system has many on loopback. */
const addressesOf = (sort: number, count: number): string[] =>
  process.platform === 'linux' ? Array.from({ length: count }, (_, i) => `127.0.${sort}.${i + 1}`) : ['127.0.0.1']

/** F10: a requester within its part, and holders who revoke, idle and while others ask far more than there is room for. */
export async function overload(
  federation: Federation,
  figures: NodeFigures,
  { rounds, seconds, say }: OverloadPlan,
): Promise<SoakFigure[]> {
  const port = portOf(federation.tallinn.url)
  const polite = await agreeMany(federation, 'soak/polite', 16)
  const greedy = await agreeAlone(federation, 'soak/greedy', 'rides', 32)
  const [anyone] = polite
  if (!anyone) throw new Error('soaking: nobody agreed')
  const perPhase = Math.ceil(seconds * 4)
  const revocable = await agreeOften(federation, 'soak/revoked', perPhase * (rounds * 2 + 1))
  const capacity = await capacityOf(federation, port, polite, say)
  const rate = capacity / 10
  say(`capacity ${capacity.toFixed(0)} requests a second; the good requester asks for ${rate.toFixed(0)}`)

  const goodCallers = async (): Promise<Waited> => {
    const until = performance.now() + seconds * 1000
    let asked = 0
    let refused = 0
    const working = load({
      port,
      connections: 8,
      rate,
      next: async () => {
        if (performance.now() > until) return undefined
        return (await signMany(federation, polite.slice(asked++ % polite.length), 1))[0]
      },
      seen: (status) => void (refused += status === 200 ? 0 : 1),
    })
    const revoked: number[] = []
    for (let i = 0; i < perPhase && performance.now() < until; i++) {
      const one = revocable.pop()
      if (!one) break
      const from = performance.now()
      await one.revoke().then(
        () => revoked.push(performance.now() - from),
        () => refused++,
      )
      await wait(Math.max(0, from + (seconds * 1000) / perPhase - performance.now()))
    }
    return { asked: (await working).latencies, refused, revoked }
  }

  const flood = await startFlood()
  const idle: Waited[] = []
  const loaded: Waited[] = []
  const floods: Flooded[] = []
  try {
    await goodCallersWarm(goodCallers)
    for (let round = 0; round < rounds; round++) {
      const phases = round % 2 === 0 ? (['idle', 'loaded'] as const) : (['loaded', 'idle'] as const)
      for (const phase of phases) {
        if (phase === 'idle') {
          idle.push(await goodCallers())
          continue
        }
        const world = federation.world()
        const most = Math.ceil(capacity * seconds)
        // more connections than may wait, so that what is sent is not held back by what is answered
        const streams = [
          {
            name: 'greedy',
            connections: 320,
            wires: await signFlood(world, greedy, Math.ceil(most / 2)),
            sort: 1,
            count: 1,
            rate: capacity * 2.5,
          },
          {
            name: 'probing',
            connections: 320,
            wires: await signProbes(federation, anyone, Math.ceil(most / 2)),
            sort: 2,
            count: 1,
            rate: capacity * 2.5,
          },
          {
            name: 'forging',
            connections: 640,
            wires: await signFalsely(federation, anyone, 768),
            sort: 3,
            count: 32,
            rate: 5_000,
          },
        ].map(({ sort, count, ...stream }) => ({ ...stream, addresses: addressesOf(sort, count) }))
        const pouring = flood.pour({ port, milliseconds: seconds * 1000 + 1_000, streams })
        // told where it is awaited, below
        pouring.catch(() => undefined)
        await wait(1_000)
        loaded.push(await goodCallers())
        floods.push(await pouring)
        say(`round ${round + 1}: ${JSON.stringify(floods.at(-1))}`)
      }
    }
  } finally {
    flood.end()
  }
  const metrics = await figures.metrics()
  say(
    metrics
      .split('\n')
      .filter((line) => line.startsWith('http_shed_total'))
      .join(', '),
  )
  return overloadFigures({ idle, loaded, floods, capacity, rate, seconds, peakMiB: figures.peakMiB() })
}

/** What the node answers when one requester asks as fast as it is answered. */
async function capacityOf(
  federation: Federation,
  port: number,
  agreed: readonly Agreed[],
  say: (line: string) => void,
): Promise<number> {
  const measured: number[] = []
  // so many that they are asked before the signatures end, and so often that the code is compiled
  for (let i = 0; i < 8; i++) {
    const wires: Wire[] = await signMany(federation, agreed, 500)
    const { answered, wall } = await load({ port, connections: 16, endures: true, next: () => wires.pop() })
    measured.push((answered / wall) * 1000)
  }
  say(`measured ${measured.map((each) => each.toFixed(0)).join(', ')} requests a second`)
  return Math.max(...measured)
}

async function goodCallersWarm(goodCallers: () => Promise<Waited>): Promise<void> {
  await goodCallers()
}

function p99Of(values: readonly number[]): number {
  return quantile(ascending(values), 0.99)
}

function overloadFigures(found: {
  readonly idle: readonly Waited[]
  readonly loaded: readonly Waited[]
  readonly floods: readonly Flooded[]
  readonly capacity: number
  readonly rate: number
  readonly seconds: number
  readonly peakMiB: number
}): SoakFigure[] {
  const { idle, loaded, floods, capacity, rate, seconds, peakMiB } = found
  const ratios = loaded.map(({ asked }, i) => p99Of(asked) / p99Of(idle[i]?.asked ?? []))
  const revoked = loaded.map((each, i) => p99Of(each.revoked) / p99Of(idle[i]?.revoked ?? []))
  const asked = loaded.reduce((sum, each) => sum + each.asked.length, 0)
  const refused = loaded.reduce((sum, each) => sum + each.refused, 0)
  const perSecond = (name: string, of: (status: string) => boolean = () => true): number =>
    floods
      .flatMap((flooded) => Object.entries(flooded[name] ?? {}))
      .filter(([status]) => of(status))
      .reduce((sum, [, count]) => sum + count, 0) /
    (floods.length * (seconds + 1))
  const isServed = (status: string): boolean => status !== '429' && status !== '503' && status !== 'cut'
  const ms = (name: string, values: readonly number[]) => ({ name, unit: 'ms', figure: figureOf(values) })
  const aSecond = (name: string, value: number) => ({ name, unit: 'a second', figure: figureOf([value]) })
  return [
    {
      id: 'F10',
      what: 'a good requester’s p99 under overload',
      unit: '× idle',
      measured: figureOf(ratios),
      gate: 3,
      parts: [
        ms(
          'p99 idle',
          idle.map((each) => p99Of(each.asked)),
        ),
        ms(
          'p99 under overload',
          loaded.map((each) => p99Of(each.asked)),
        ),
        ms(
          'p50 idle',
          idle.map((each) => quantile(ascending(each.asked), 0.5)),
        ),
        ms(
          'p50 under overload',
          loaded.map((each) => quantile(ascending(each.asked), 0.5)),
        ),
        aSecond('capacity, one requester alone', capacity),
        aSecond('asked by the good requester', rate),
        aSecond('sent by two greedy requesters', perSecond('greedy') + perSecond('probing')),
        aSecond('of these worked on', perSecond('greedy', isServed) + perSecond('probing', isServed)),
        aSecond('sent with false signatures', perSecond('forging')),
        aSecond('of these worked on, false signatures', perSecond('forging', isServed)),
      ],
      note: `${asked} answers to the good requester under overload, ${refused} refusals; aimed at 5 × capacity and 5,000 false signatures a second, ${seconds} s a round`,
    },
    {
      id: 'F10-revoke',
      what: 'a revoke’s p99 under the same',
      unit: 'ms',
      measured: figureOf(loaded.map((each) => p99Of(each.revoked))),
      gate: 250,
      parts: [
        ms(
          'p99 idle',
          idle.map((each) => p99Of(each.revoked)),
        ),
        { name: 'under overload', unit: '× idle', figure: figureOf(revoked) },
      ],
      note: `${loaded.reduce((sum, each) => sum + each.revoked.length, 0)} revokes under overload, from an address that never signed`,
    },
    {
      id: 'F10-memory',
      what: 'resident memory of the node at its most',
      unit: 'MiB',
      measured: figureOf([peakMiB]),
      gate: 512,
      parts: [],
      note: 'the node runs with --max-old-space-size=256',
    },
  ]
}
