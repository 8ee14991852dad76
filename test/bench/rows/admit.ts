import { type Birth, birthSignatures, makeBirths } from '../births.ts'
import { eachRound, figureOf, interleave } from '../figure.ts'
import { load, postOf, times } from '../load.ts'
import type { Row } from '../row.ts'
import { perRequest, portOf, type Stage } from '../stage.ts'

const k = birthSignatures

/** A1 and A2: births admitted, durable when answered, beside a bare POST of the same bodies and what verifying takes. */
export async function measureAdmit({ rounds, federation, bare, primitives, enough }: Stage): Promise<Row[]> {
  const { registry, cast } = federation
  const pid = registry.pid()
  const port = portOf(registry.url)
  let made = 0
  const births = async (count: number): Promise<Birth[]> => await makeBirths(cast, `bench/admit/${made++}`, count)
  const admit = (some: readonly Birth[], connections: number) => ({
    port,
    connections,
    status: 201,
    next: times(some.length, (i) => some[i]?.wire),
  })

  // code that has not run that often is not yet compiled
  const warm = await births(1_500)
  const { bodyBytes } = await load(admit(warm, 16))
  const again = await births(300)
  const count = enough(await perRequest(pid, admit(again, 16)), 4_000)
  const body = Buffer.from(warm[0]?.body ?? [])
  const posted = postOf('/v1/records', body)
  const post = { port: bare.port, connections: 16, status: 200 }
  await bare.answering(bodyBytes)
  await load({ ...post, next: times(2_000, () => posted) })
  const postCount = enough(await perRequest(bare.pid, { ...post, next: times(1_000, () => posted) }))

  const found = await interleave(rounds, {
    post: async () => await perRequest(bare.pid, { ...post, next: times(postCount, () => posted) }),
    verify: async () => await primitives.cost('verify', { bytes: body.length }),
    hash: async () => await primitives.cost('hash'),
    one: async () => await perRequest(pid, admit(await births(count), 16)),
    stream: async () => await perRequest(pid, admit(await births(count), 64)),
  })
  const part = (name: keyof typeof found, says: string) => ({ name: says, unit: 'µs', figure: figureOf(found[name]) })
  const floors = [part('post', 'POST'), part('verify', 'V'), part('hash', 'H')]
  return [
    {
      id: 'A1',
      what: 'one passport admitted over HTTP, durable, 16 at a time',
      unit: '× floor',
      measured: figureOf(eachRound(found, (at) => at.one / (at.post + k * at.verify + 12 * at.hash))),
      gate: 1.5,
      against: `POST + ${k} V + 12 H`,
      parts: [part('one', 'one birth'), ...floors],
      note: 'without a receipt yet; the floor’s S / batch is left out of the sum',
    },
    {
      id: 'A2',
      what: 'stream of births, durable, 64 at a time',
      unit: '÷ (1 / (k·V))',
      measured: figureOf(eachRound(found, (at) => (k * at.verify) / at.stream)),
      gate: 0.7,
      atLeast: true,
      against: `births per CPU second against 1 / (${k} V)`,
      parts: [
        {
          name: 'births per CPU second',
          unit: '/s',
          figure: figureOf(found.stream.map((cost) => 1e6 / cost)),
        },
        part('stream', 'one birth'),
        ...floors,
      ],
    },
  ]
}
