import { makeBirths } from '../births.ts'
import { ascending, eachRound, figureOf, interleave, quantile } from '../figure.ts'
import { getOf, load, times } from '../load.ts'
import type { Row } from '../row.ts'
import { portOf, type Stage } from '../stage.ts'

const busy = 8
const asked = 600

/** R3: how long one connection waits while others keep the server half busy, beside the bare server half busy. */
export async function measureLatency({ rounds, federation, bare }: Stage): Promise<Row[]> {
  const { registry, cast } = federation
  const [birth] = await makeBirths(cast, 'bench/latency', 1)
  const port = portOf(registry.url)
  await load({ port, connections: 1, status: 201, next: times(1, () => birth?.wire) })
  const wire = getOf(`/v1/resolve/${birth?.identifier ?? ''}`)
  const { bodyBytes } = await load({ port, connections: busy, status: 200, next: times(2_000, () => wire) })
  await bare.answering(bodyBytes)

  const halfBusy = async (at: number, count: number): Promise<readonly number[]> => {
    const target = { port: at, status: 200, connections: busy }
    const { answered, wall } = await load({ ...target, next: times(count, () => wire) })
    let done = false
    const others = load({
      ...target,
      rate: (answered / wall) * 500,
      next: () => (done ? undefined : wire),
    })
    // told where it is awaited, below
    others.catch(() => undefined)
    const { latencies } = await load({ ...target, connections: 1, next: times(asked, () => wire) })
    done = true
    await others
    return ascending(latencies)
  }
  const p99: Record<'bare' | 'registry', number[]> = { bare: [], registry: [] }
  const at = async (name: 'bare' | 'registry'): Promise<number> => {
    const latencies = await (name === 'bare' ? halfBusy(bare.port, 8_000) : halfBusy(port, 2_000))
    p99[name].push(quantile(latencies, 0.99))
    return quantile(latencies, 0.5)
  }
  await at('bare')
  await at('registry')
  p99.bare = []
  p99.registry = []
  const p50 = await interleave(rounds, {
    bare: async () => await at('bare'),
    registry: async () => await at('registry'),
  })
  const row = (id: string, says: string, found: typeof p99, gate: number): Row => ({
    id,
    what: `resolve, one connection ${says} at half load`,
    unit: '× bare',
    measured: figureOf(eachRound(found, (round) => round.registry / round.bare)),
    gate,
    against: `bare’s ${says} at half its load`,
    parts: [
      { name: 'registry', unit: 'ms', figure: figureOf(found.registry) },
      { name: 'bare', unit: 'ms', figure: figureOf(found.bare) },
    ],
    note: `${asked} answers a round`,
  })
  return [row('R3-p50', 'p50', p50, 1.25), row('R3-p99', 'p99', p99, 3)]
}
