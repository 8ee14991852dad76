import { connect, type Socket } from 'node:net'
import { agreeMany, type Agreed, agreeOften, signMany } from '../agreed.ts'
import { ascending, figureOf, quantile } from '../figure.ts'
import { load, times, type Wire } from '../load.ts'
import type { Row } from '../row.ts'
import { portOf, type Stage } from '../stage.ts'

/** Revokes in each circumstance: p99 of so few is nearly the longest. */
const revokes = 100
/** Answers asked for by somebody who reads none: more than the kernel keeps for a connection. */
const unread = 40

/** T1: from the holder's word to the acknowledgement, idle, and at 70 % load with somebody who asks and does not read. */
export async function measureRevoke({ federation }: Stage): Promise<Row[]> {
  const port = portOf(federation.tallinn.url)
  const others = await agreeMany(federation, 'revoke/others', 16)
  const idle = await agreeOften(federation, 'revoke/idle', revokes)
  const loaded = await agreeOften(federation, 'revoke/loaded', revokes)
  const asking = async (count: number) => {
    const wires = await signMany(federation, others, count)
    return { port, connections: 16, status: 200, next: times(count, (i) => wires[i]) }
  }

  await load(await asking(500))
  const waited = ascending(await revokeAll(idle))

  const { answered, wall } = await load(await asking(500))
  const perSecond = (answered / wall) * 1000 * 0.7
  let done = false
  let asked = 0
  // signed as it leaves, since a signature is good for a minute
  const sign = async (): Promise<Wire | undefined> =>
    (await signMany(federation, others.slice(asked++ % others.length), 1))[0]
  const working = load({
    port,
    connections: 16,
    rate: perSecond,
    next: async () => (done ? undefined : await sign()),
  })
  // told where it is awaited, below
  working.catch(() => undefined)
  const waitedLoaded = ascending(
    await revokeAll(loaded, async (one) => await askAndNotRead(port, await signMany(federation, [one], unread, 256))),
  )
  done = true
  await working

  const row = (id: string, says: string, found: readonly number[], gate: number, note: string): Row => ({
    id,
    what: `revoke acknowledged, p99, ${says}`,
    unit: 'ms',
    measured: { median: quantile(found, 0.99), least: found[0] ?? Number.NaN, most: found.at(-1) ?? Number.NaN },
    gate,
    against: 'the clock',
    parts: [{ name: 'p50', unit: 'ms', figure: figureOf(found) }],
    note,
  })
  return [
    row('T1-idle', 'idle', waited, 50, `${revokes} revokes, one after another`),
    row(
      'T1-load',
      'at 70 % load, one hostile slow reader',
      waitedLoaded,
      250,
      `${revokes} revokes; ${Math.round(perSecond)} requests a second under other agreements; under the one revoked, ${unread} answers asked for on one connection and none read`,
    ),
  ]
}

async function revokeAll(all: readonly Agreed[], before?: (one: Agreed) => Promise<Socket>): Promise<number[]> {
  const waited: number[] = []
  for (const one of all) {
    const socket = await before?.(one)
    const from = performance.now()
    await one.revoke()
    waited.push(performance.now() - from)
    socket?.destroy()
  }
  return waited
}

/** Asks on one connection, again and again, and reads nothing; resolves when all is asked. */
async function askAndNotRead(port: number, wires: readonly Wire[]): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.pause()
  await new Promise((resolve) => socket.write(Buffer.concat(wires), resolve))
  return socket
}
