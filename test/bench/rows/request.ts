import type { Federation } from '../../../scripts/federation/parts.ts'
import { agreeMany, type Agreed, signMany } from '../agreed.ts'
import { cpuOf } from '../cpu.ts'
import { eachRound, figureOf, interleave } from '../figure.ts'
import { load, times } from '../load.ts'
import type { Row } from '../row.ts'
import { perRequest, portOf, type Stage } from '../stage.ts'

export const connections = 16
/** Requests before anything is measured: code that has not run that often is not yet compiled. */
const warmUp = 2_000
const partMost = 500

/** A process that answers, and where. */
export type Answering = { readonly pid: number; readonly port: number }

/**
 * CPU of one request, of all these processes together, each asked for its part at once. Signed a part at a time, since a
 * signature is good for a minute.
 */
export async function costOf(
  federation: Federation,
  agreed: readonly Agreed[],
  count: number,
  processes: readonly Answering[],
  cpu: () => number = () => processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0),
): Promise<number> {
  let spent = 0
  for (let left = count; left > 0; left -= partMost) {
    const wires = await signMany(federation, agreed, Math.min(left, partMost))
    const each = Math.ceil(wires.length / processes.length)
    const before = cpu()
    await Promise.all(
      processes.map(async ({ port }, place) => {
        const own = wires.slice(place * each, (place + 1) * each)
        await load({
          port,
          connections: connections / processes.length,
          status: 200,
          next: times(own.length, (i) => own[i]),
        })
      }),
    )
    spent += cpu() - before
  }
  return spent / count
}

/** V1 and V2: a consented request from end to end, in the clear and sealed, beside what none can do without. */
export async function measureRequest({ rounds, federation, bare, primitives, enough }: Stage): Promise<Row[]> {
  const { tallinn } = federation
  const pid = tallinn.pid()
  const port = portOf(tallinn.url)
  const clear = await agreeMany(federation, 'clear', 32)
  const sealed = await agreeMany(federation, 'sealed', 32, { sealed: true })
  const asked = { port, connections, status: 200 }
  const cost = async (agreed: readonly Agreed[], count: number): Promise<number> =>
    await costOf(federation, agreed, count, [{ pid, port }])
  const sizeOf = async (agreed: readonly Agreed[]): Promise<number> => {
    const [wire] = await signMany(federation, agreed, 1)
    return (await load({ ...asked, connections: 1, next: times(1, () => wire) })).bodyBytes
  }

  await cost(clear, warmUp)
  await cost(sealed, warmUp / 2)
  const clearBytes = await sizeOf(clear)
  const sealedBytes = await sizeOf(sealed)
  const clearCount = enough(await cost(clear, 300), 12_000)
  const sealedCount = enough(await cost(sealed, 300), 12_000)
  const [posted] = await signMany(federation, clear, 1)
  const post = { port: bare.port, connections, status: 200 }
  await bare.answering(clearBytes)
  await load({ ...post, next: times(2_000, () => posted) })
  const postCount = enough(await perRequest(bare.pid, { ...post, next: times(1_000, () => posted) }))
  const postOf = async (bytes: number): Promise<number> => {
    await bare.answering(bytes)
    return await perRequest(bare.pid, { ...post, next: times(postCount, () => posted) })
  }

  const found = await interleave(rounds, {
    post: async () => await postOf(clearBytes),
    postSealed: async () => await postOf(sealedBytes),
    verify: async () => await primitives.cost('verify', { bytes: 300 }),
    // the payload of an answer in base64url is three quarters of its bytes
    sign: async () => await primitives.cost('sign', { bytes: Math.round(clearBytes * 0.75) }),
    get: async () => await primitives.cost('get'),
    open: async () => await primitives.cost('open', { bytes: 2_600 }),
    seal: async () => await primitives.cost('seal', { bytes: Math.round(sealedBytes * 0.75) }),
    clear: async () => await cost(clear, clearCount),
    sealed: async () => await cost(sealed, sealedCount),
  })
  const part = (name: keyof typeof found, says: string) => ({ name: says, unit: 'µs', figure: figureOf(found[name]) })
  const floors = [part('verify', 'V'), part('sign', 'S'), part('get', 'L')]
  return [
    {
      id: 'V1',
      what: 'a consented request, everything on, evidence durable before the answer',
      unit: '× floor',
      measured: figureOf(eachRound(found, (at) => at.clear / (at.verify + at.sign + at.post + at.get + at.open))),
      gate: 1.6,
      against: 'V + S + POST + L + one page opened',
      parts: [part('clear', 'one request'), part('post', 'POST'), ...floors, part('open', 'page opened')],
      note: `10 entries, ${clearBytes} B answered, 32 agreements, ${connections} requests at a time`,
    },
    {
      id: 'V2',
      what: 'the same, sealed to the requester’s key',
      unit: '× floor',
      measured: figureOf(
        eachRound(found, (at) => at.sealed / (at.verify + at.sign + at.postSealed + at.get + at.seal)),
      ),
      gate: 1.6,
      against: 'V + S + POST + L + HPKE seal',
      parts: [part('sealed', 'one request'), part('postSealed', 'POST'), ...floors, part('seal', 'HPKE seal')],
      note: `${sealedBytes} B answered`,
    },
  ]
}
