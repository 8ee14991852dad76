// A process that floods: started by `startFlood`, told what to send, says what came back, ends with its parent.
import { type Connection, open, type Wire } from '../bench/load.ts'

/** Requests of one sort: so many a second over so many connections, from these addresses in turn. */
export type Stream = {
  readonly name: string
  readonly wires: readonly Wire[]
  readonly rate: number
  readonly connections: number
  readonly addresses: readonly string[]
}

export type FloodPlan = { readonly port: number; readonly milliseconds: number; readonly streams: readonly Stream[] }

/** Answers by status, of each stream, and how many were cut. */
export type Flooded = Readonly<Record<string, Readonly<Record<string, number>>>>

async function flood({ port, milliseconds, streams }: FloodPlan): Promise<Flooded> {
  const begun = performance.now()
  const over = (): boolean => performance.now() - begun > milliseconds
  const pour = async ({ wires, rate, connections, addresses }: Stream): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    // what was refused for want of room is not used up, and is sent again
    const left = [...wires]
    const used: Wire[] = []
    let sent = 0
    const one = async (place: number): Promise<void> => {
      let connection: Connection | undefined
      while (!over()) {
        const wait = begun + (sent++ / rate) * 1000 - performance.now()
        if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
        const wire = left.pop() ?? used.pop()
        if (!wire) {
          // all of it is on its way
          await new Promise((resolve) => setTimeout(resolve, 5))
          continue
        }
        try {
          connection ??= await open(port, addresses[place % addresses.length])
          const { status } = await connection.ask(wire)
          counts[status] = (counts[status] ?? 0) + 1
          ;(status === 429 || status === 503 ? left : used).unshift(wire)
        } catch {
          counts['cut'] = (counts['cut'] ?? 0) + 1
          left.unshift(wire)
          connection?.end()
          connection = undefined
        }
      }
      connection?.end()
    }
    await Promise.all(Array.from({ length: connections }, (_, place) => one(place)))
    return counts
  }
  return Object.fromEntries(
    await Promise.all(streams.map(async (stream) => [stream.name, await pour(stream)] as const)),
  )
}

process.on('message', (plan: FloodPlan) => {
  flood(plan).then(
    (flooded) => process.send?.(flooded),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
