import { connect, type Socket } from 'node:net'

/** A request as bytes: written as it is, so that making it costs nothing while a server is measured. */
export type Wire = Buffer

/** A bounded load: so many requests over so many connections, each with one request under way, then it ends. */
export type Load = {
  readonly port: number
  readonly connections: number
  /** The address they come from, one of this machine's. */
  readonly localAddress?: string
  /** The next request; `undefined` ends the load. One that is made only now costs the measuring process, not the server. */
  readonly next: () => Wire | undefined | Promise<Wire | undefined>
  /** The only status that counts as answered; another one ends the measurement, since errors are cheap. Any, when left out. */
  readonly status?: number
  /** Requests a second in all; as fast as answers come when left out. */
  readonly rate?: number
  /** Told the head of an answer 200 where another status was due: it counts too, since what was asked for has changed. */
  readonly renewed?: (head: string) => void
  /** Whether connections that end are opened again, however often, instead of ending the measurement. */
  readonly endures?: boolean
  /** Told the status of every answer. */
  readonly seen?: (status: number) => void
}

export type Loaded = {
  readonly answered: number
  /** Milliseconds from the first request to the last answer. */
  readonly wall: number
  /** Milliseconds of each answer. */
  readonly latencies: readonly number[]
  /** Bytes of the last answer's body. */
  readonly bodyBytes: number
}

/** Puts the load on a server of this machine. Rejects at an answer of another status, and when answers are cut too often. */
export async function load({
  port,
  connections,
  localAddress,
  next,
  status,
  rate,
  renewed,
  endures = false,
  seen,
}: Load): Promise<Loaded> {
  const latencies: number[] = []
  let bodyBytes = 0
  let late = 0
  // a vault that got no turn while a lease ran says so, or cuts; once in a while that is the machine's fault
  const isTooOften = (): boolean => ++late > 3 + latencies.length / 50
  const begun = performance.now()
  let sent = 0
  const due = (): number => (rate === undefined ? 0 : begun + (sent++ / rate) * 1000 - performance.now())
  const run = async (): Promise<void> => {
    let connection = await open(port, localAddress)
    try {
      for (let request = await next(); request !== undefined; request = await next()) {
        const wait = due()
        if (wait > 0.5) await new Promise((resolve) => setTimeout(resolve, wait))
        const from = performance.now()
        const answer = await connection.ask(request).catch((error: unknown) => {
          if (!endures && isTooOften()) throw error
        })
        if (answer === undefined) {
          connection = await open(port, localAddress)
          continue
        }
        latencies.push(performance.now() - from)
        seen?.(answer.status)
        if (answer.status === 200 && renewed) renewed(answer.head)
        else if (answer.status === 503 && !isTooOften()) continue
        else if (status !== undefined && answer.status !== status)
          throw new Error(`measuring: answered ${answer.status} where ${status} was due: ${answer.body.slice(0, 300)}`)
        bodyBytes = answer.bytes
      }
    } finally {
      connection.end()
    }
  }
  await Promise.all(Array.from({ length: connections }, run))
  return { answered: latencies.length, wall: performance.now() - begun, latencies, bodyBytes }
}

/** As many requests as a load is to have, one after another from a list or by number. */
export function times(count: number, of: (i: number) => Wire | undefined): () => Wire | undefined {
  let i = 0
  return () => (i < count ? of(i++) : undefined)
}

export function getOf(path: string, headers: Readonly<Record<string, string>> = {}): Wire {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${linesOf(headers)}\r\n`)
}

export function postOf(path: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Wire {
  const lines = linesOf({ 'content-type': 'application/json', ...headers, 'content-length': String(body.length) })
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines}\r\n`), body])
}

function linesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

export type Answer = { readonly status: number; readonly bytes: number; readonly head: string; readonly body: string }
export type Connection = { readonly ask: (request: Wire) => Promise<Answer>; readonly end: () => void }

/** One connection kept alive, from an address of this machine's; it understands answers with a Content-Length, which all of ours have, and those without body. */
export async function open(port: number, localAddress?: string): Promise<Connection> {
  const own = localAddress === undefined ? {} : { localAddress }
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, ...own })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let settle: ((answer: Answer) => void) | undefined
  let fail: ((error: Error) => void) | undefined
  let held: Buffer[] = []
  let size = 0
  let needed = 0
  let head = ''
  let headBytes = 0
  socket.on('data', (part: Buffer) => {
    held.push(part)
    size += part.length
    if (needed === 0 && !readHead()) return
    if (size < needed) return
    const answer = {
      status: Number(head.slice(9, 12)),
      bytes: needed - headBytes,
      head,
      // most answers are only counted
      get body() {
        return Buffer.concat(parts).toString('utf8', begins)
      },
    }
    const parts = held
    const begins = headBytes
    held = []
    size = needed = 0
    settle?.(answer)
  })
  const readHead = (): boolean => {
    const start = held.length === 1 && held[0] ? held[0] : Buffer.concat(held)
    const end = start.indexOf('\r\n\r\n')
    if (end < 0) return false
    head = start.toString('latin1', 0, end)
    headBytes = end + 4
    needed = headBytes + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    return true
  }
  const gone = (error?: Error): void => fail?.(error ?? new Error('measuring: the connection ended'))
  socket.on('error', gone).on('close', () => gone())
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        settle = resolve
        fail = reject
        socket.write(request)
      }),
    end: () => socket.removeAllListeners('close').destroy(),
  }
}
