import { type Birth, makeBirths } from '../births.ts'
import { eachRound, figureOf, interleave } from '../figure.ts'
import { getOf, load, open, times } from '../load.ts'
import type { Row } from '../row.ts'
import { perRequest, portOf, type Stage } from '../stage.ts'

const connections = 16
/** Names resolved for the first time, a round. */
const coldMost = 500

/** R1 and R2: resolving a passport, with its home node and operator, beside a bare server of the same answer. */
export async function measureResolve({ rounds, federation, bare, enough }: Stage): Promise<Row[]> {
  const { registry, cast } = federation
  const server = { pid: registry.pid(), port: portOf(registry.url) }
  const births = await makeBirths(cast, 'bench/resolve', 1 + (rounds + 1) * coldMost)
  await load({ port: server.port, connections, status: 201, next: times(births.length, (i) => births[i]?.wire) })
  const [known, ...fresh] = births
  const path = pathOf(known)
  const bodyBytes = await sizeOf(server.port, path)

  const whole = (count: number) => ({
    port: server.port,
    connections,
    status: 200,
    next: times(count, () => getOf(path)),
  })
  const ofBare = (count: number) => ({ ...whole(count), port: bare.port })
  const held = async (count: number): Promise<number> => {
    const tag = await tagOf(server.port, path)
    let current = tag
    return await perRequest(server.pid, {
      ...whole(count),
      status: 304,
      next: times(count, () => getOf(path, { 'if-none-match': current })),
      // a statement is signed anew now and then, and its tag with it
      renewed: (head) => (current = tagIn(head)),
    })
  }
  const cold = async (round: number): Promise<number> => {
    const some = fresh.slice(round * coldMost, (round + 1) * coldMost)
    return await perRequest(server.pid, { ...whole(0), next: times(some.length, (i) => getOf(pathOf(some[i]))) })
  }

  await bare.answering(bodyBytes)
  await load(ofBare(3_000))
  await load(whole(3_000))
  await cold(rounds)
  const wholeCount = enough(await perRequest(server.pid, whole(1_000)))
  const bareCount = enough(await perRequest(bare.pid, ofBare(1_000)))
  const heldCount = enough(await held(1_000))
  const found = await interleave(rounds, {
    bare: async () => await perRequest(bare.pid, ofBare(bareCount)),
    whole: async () => await perRequest(server.pid, whole(wholeCount)),
    held: async () => await held(heldCount),
    empty: async () => {
      await bare.answering(0)
      const cost = await perRequest(bare.pid, ofBare(bareCount))
      await bare.answering(bodyBytes)
      return cost
    },
    cold,
  })
  const part = (name: keyof typeof found, says: string) => ({
    name: says,
    unit: 'µs',
    figure: figureOf(found[name]),
  })
  return [
    {
      id: 'R1',
      what: 'resolve a passport, asked before: whole answer',
      unit: '× bare',
      measured: figureOf(eachRound(found, (at) => at.whole / at.bare)),
      gate: 1.5,
      against: 'bare of the same size',
      parts: [part('whole', `whole answer, ${bodyBytes} B`), part('bare', 'bare')],
      note: 'statement, chain of records and proof by map and log of passport, node and operator, given again in the bytes they left in while every head stands',
    },
    {
      id: 'R1-304',
      what: 'resolve a passport, answered 304 to its ETag',
      unit: '× bare',
      measured: figureOf(eachRound(found, (at) => at.held / at.empty)),
      gate: 1.5,
      against: 'bare without body',
      parts: [part('held', '304'), part('empty', 'bare without body')],
    },
    {
      id: 'R2',
      what: 'resolve a passport for the first time',
      unit: '× bare',
      measured: figureOf(eachRound(found, (at) => at.cold / at.bare)),
      gate: 3,
      against: 'bare of the same size',
      parts: [part('cold', 'first answer, statement signed'), part('bare', 'bare')],
      note: 'proof and signed statement of the passport; those of its node and operator are given again while their heads stand',
    },
  ]
}

function pathOf(birth: Birth | undefined): string {
  return `/v1/resolve/${birth?.identifier ?? ''}`
}

async function sizeOf(port: number, path: string): Promise<number> {
  return (await load({ port, connections: 1, status: 200, next: times(1, () => getOf(path)) })).bodyBytes
}

async function tagOf(port: number, path: string): Promise<string> {
  const connection = await open(port)
  const { head } = await connection.ask(getOf(path))
  connection.end()
  return tagIn(head)
}

function tagIn(head: string): string {
  return /\r\netag: ([^\r]+)/i.exec(head)?.[1] ?? ''
}
