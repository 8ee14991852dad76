import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/**
 * Where in the course of one statement a connection is cut, in the order in which bytes travel. `late` and `later`: the
 * statement is on its way when the connection breaks, and comes to the database only just before whoever sent it asks what
 * became of it, or just after.
 */
export const cutsOfStatement = [
  'before',
  'half',
  'unsynced',
  'late',
  'later',
  'sent',
  'answered',
  'half answered',
] as const

/** Which statement is cut, counted from 1 over all connections, how, and whether the database is away from then on. */
export type Cut = {
  readonly at: number
  readonly how: (typeof cutsOfStatement)[number]
  readonly away: boolean
}

/** A way to a database on which a connection can be cut at a given statement. */
export type CuttingLink = {
  readonly port: number
  /** Counts anew, and cuts there; never, when nothing is named. */
  readonly begin: (cut?: Cut) => void
  /** How many statements came since then, and whether one of them was cut. */
  readonly seen: () => { readonly statements: number; readonly cut: boolean }
  /** Lets the database have what is still on its way, and waits until it has dealt with it. */
  readonly deliver: () => Promise<void>
  readonly close: () => Promise<void>
}

const endsStatement = ['S', 'Q'].map(codeOf)
const readyAgain = codeOf('Z')

/** A new connection is opened by three statements, the fourth asks, and the fifth goes on from there. */
const lateBy: Partial<Record<Cut['how'], number>> = { late: 4, later: 5 }

function codeOf(letter: string): number {
  return letter.charCodeAt(0)
}

/**
 * Listens on loopback and hands on to the database at this port. It understands where a message ends, and so where a
 * statement does: at Sync, at a simple query, or with the opening of a connection. A statement is handed on once it is
 * whole, for a client sends the next only after it heard the answer to this one.
 */
export async function openCuttingLink(database: number): Promise<CuttingLink> {
  let [statements, happened] = [0, false]
  let cut: Cut | undefined
  let late: (() => Promise<void>) | undefined
  const open = new Set<Socket>()
  const deliver = async (): Promise<void> => {
    const delivering = late
    late = undefined
    await delivering?.()
  }
  const server = createServer((client) => {
    if (happened && cut?.away) return void client.destroy()
    const upstream = connect(database, '127.0.0.1')
    for (const socket of [client, upstream]) {
      open.add(socket.setNoDelay())
      socket.on('error', () => {}).on('close', () => void open.delete(socket))
    }
    let underWay = false
    client.on('close', () => {
      if (!underWay) upstream.end()
    })
    upstream.on('close', () => client.destroy())
    let answer: Buffer[] | undefined
    upstream.on('data', (part: Buffer) => {
      if (client.destroyed) return
      if (answer === undefined) return void client.write(part)
      answer.push(part)
      const whole = Buffer.concat(answer)
      if (!messagesOf(whole).some(({ type }) => type === readyAgain)) return
      if (cut?.how === 'half answered') client.write(whole.subarray(0, whole.length >> 1), () => client.destroy())
      else client.destroy()
    })
    /** Cuts now, when these bytes of the statement have gone to the database. */
    const sever = (bytes: Buffer): void => {
      upstream.end(bytes)
      client.destroy()
    }
    const pass = (statement: Buffer): void => {
      statements++
      if (statements !== cut?.at) {
        const isDue = cut !== undefined && statements >= cut.at + (lateBy[cut.how] ?? 0)
        if (late === undefined || !isDue) return void upstream.write(statement)
        return void deliver().then(() => upstream.write(statement))
      }
      happened = true
      if (cut.how === 'before') return sever(Buffer.alloc(0))
      if (cut.how === 'half') return sever(statement.subarray(0, statement.length >> 1))
      if (cut.how === 'unsynced') return sever(statement.subarray(0, messagesOf(statement).at(-1)?.at ?? 0))
      if (cut.how === 'sent') return sever(statement)
      if (lateBy[cut.how] !== undefined) {
        underWay = true
        late = async () => {
          const dealtWith = new Promise((resolve) => upstream.once('data', resolve).once('close', resolve))
          upstream.end(statement)
          await dealtWith
        }
        return void client.destroy()
      }
      answer = []
      upstream.write(statement)
    }
    let held = Buffer.alloc(0)
    let opened = false
    client.on('data', (part: Buffer) => {
      held = Buffer.concat([held, part])
      if (!opened) {
        if (held.length < 4 || held.length < held.readUInt32BE(0)) return
        opened = true
        const first = held.subarray(0, held.readUInt32BE(0))
        held = held.subarray(first.length)
        pass(first)
      }
      for (;;) {
        const end = messagesOf(held).find(({ type }) => endsStatement.includes(type))
        if (end === undefined || client.destroyed) return
        const statement = held.subarray(0, end.end)
        held = held.subarray(end.end)
        pass(statement)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    // `as`: it listens on a port
    port: (server.address() as AddressInfo).port,
    begin(next) {
      ;[statements, happened, cut, late] = [0, false, next, undefined]
    },
    deliver,
    seen: () => ({ statements, cut: happened }),
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The whole messages that these bytes begin with: a letter, a length that counts itself, and what it says. */
function messagesOf(bytes: Buffer): { readonly type: number; readonly at: number; readonly end: number }[] {
  const found: { type: number; at: number; end: number }[] = []
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readUInt32BE(at + 1)
    if (end > bytes.length) break
    found.push({ type: bytes[at] ?? 0, at, end })
    at = end
  }
  return found
}
