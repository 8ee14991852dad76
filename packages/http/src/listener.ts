import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ProtocolError } from '@dcann/protocol/errors'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Hono } from 'hono'
import { isAlreadySent } from './departure.ts'
import type { DoorEnv } from './exchange.ts'
import { errorFields, type Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { type Problem, problemOf, problemResponse } from './problem.ts'
import { refuseHead } from './raw-head.ts'
import { writeResponse } from './write-response.ts'

/** How long and how many; milliseconds unless the name says otherwise. */
export type ListenerLimits = {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** A socket on which nothing moves for this long is cut; one that stops reading, within twice as long. */
  readonly idleTimeout: number
  readonly connections: number
}

/** What a node listens with unless it says otherwise. */
export const listenerLimits: ListenerLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  idleTimeout: 15_000,
  connections: 10_000,
}

/** Bytes of a request's head at most. */
export const headBytes = 16 * 1024

/** Bytes of a body that is read on and dropped when its request is refused by its head; a longer one costs the connection. */
const shortBody = 16 * 1024

/** Answers a request before the router sees it; `false` leaves it alone. The constant headers are set already. */
export type Early = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean | Promise<boolean>

export type ListenerOptions = {
  readonly app: Hono<DoorEnv>
  readonly early: readonly Early[]
  /** What a request is refused with by its head alone, as cheaply as can be: the connection stays. */
  readonly refuse?: ((incoming: IncomingMessage) => Problem | undefined) | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly limits: ListenerLimits
  readonly logger: Logger
  readonly metrics: Metrics
  readonly monotonic: () => number
  /** Of the metrics: `public` or `admin`. */
  readonly name: string
  /** Whether each answer is to be the last on its connection. */
  readonly isClosing: () => boolean
}

/** A listener, and how its connections end without tearing an answer. */
export type Listener = {
  readonly server: Server
  /** Ends every connection on which nothing is being answered; the others end with their answers, once closing. */
  readonly endIdle: () => void
}

/**
 * The raw listener in front of hono. It sees what hono never does, answers with a problem where Node or its adapter would
 * answer with nothing, and sets the constant headers of each response in one step.
 *
 * spec: door
 */
export function createListener({
  app,
  early,
  refuse,
  headers,
  limits,
  logger,
  metrics,
  monotonic,
  name,
  isClosing,
}: ListenerOptions): Listener {
  const constant = Object.entries(headers)
  const requests = metrics.counter({
    name: 'http_requests_total',
    help: 'Requests by route and status',
    labels: ['listener', 'route', 'status'],
  })
  const duration = metrics.histogram(
    { name: 'http_request_duration_ms', help: 'From the head read to the response finished', labels: ['listener'] },
    [1, 2, 5, 10, 20, 50, 100, 250, 1000, 5000],
  )

  const inner = getRequestListener(
    async (request, env) => {
      // http/1 only: both are node:http's
      const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: ServerResponse }
      const bindings: DoorEnv['Bindings'] = { incoming, outgoing, arrival: arrivals.get(incoming) ?? monotonic() }
      let response: Response
      try {
        response = await app.fetch(request, bindings)
      } catch (error) {
        response = failed(error)
      }
      // the answer is made: how long it takes to leave is its reader's affair
      bindings.turn?.end()
      if (!isAlreadySent(response))
        await writeResponse(outgoing, response).catch((error: unknown) => broken(outgoing, error))
      return RESPONSE_ALREADY_SENT
    },
    { overrideGlobalObjects: false, errorHandler: (error) => failed(error) },
  )

  const failed = (error: unknown): Response => {
    logger.error('request failed', { part: name, ...errorFields(error) })
    return problemResponse(problemOf(error))
  }
  const broken = (outgoing: ServerResponse, error: unknown): void => {
    logger.warn('response broken', { part: name, ...errorFields(error) })
    outgoing.destroy()
  }

  const take = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    for (const answer of early) {
      const answered = answer(incoming, outgoing)
      if (typeof answered === 'boolean' ? answered : await answered) return
    }
    await inner(incoming, outgoing)
  }

  const rawHeads = new Map<Problem, readonly string[]>()
  /** Nothing is set, measured or looked up for it that can be left out: this is all that a flood costs. */
  const refuseEarly = (incoming: IncomingMessage, outgoing: ServerResponse): boolean => {
    const problem = isClosing() ? undefined : refuse?.(incoming)
    if (problem === undefined) return false
    requests.add([name, 'none', String(problem.status)])
    const { 'content-length': length = '0', 'transfer-encoding': coding } = incoming.headers
    if (coding !== undefined || Number(length) > shortBody) {
      for (const [field, value] of constant) outgoing.setHeader(field, value)
      answering.set(incoming.socket, outgoing)
      outgoing.once('close', () => answering.delete(incoming.socket))
      writeProblem(outgoing, problem)
      return true
    }
    let head = rawHeads.get(problem)
    if (head === undefined) {
      const fields = { ...headers, ...problem.headers, 'content-length': String(Buffer.byteLength(problem.body)) }
      rawHeads.set(problem, (head = Object.entries(fields).flat()))
    }
    outgoing.writeHead(problem.status, [...head])
    outgoing.end(problem.body)
    return true
  }

  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (refuseEarly(incoming, outgoing)) return
    const arrival = monotonic()
    for (const [field, value] of constant) outgoing.setHeader(field, value)
    if (isClosing()) outgoing.setHeader('connection', 'close')
    arrivals.set(incoming, arrival)
    answering.set(incoming.socket, outgoing)
    outgoing.once('close', () => {
      answering.delete(incoming.socket)
      if (isClosing()) endGently(incoming.socket)
      const ms = monotonic() - arrival
      const route = routeOf(app, incoming)
      requests.add([name, route, String(outgoing.statusCode)])
      duration.observe(ms, [name])
      if (logger.verbose)
        logger.debug('request', { part: name, route, status: outgoing.statusCode, ms: Math.round(ms) })
    })
    // asked on a connection that has just been ended: the client has seen no byte and asks elsewhere
    if (!incoming.socket.writable) return void incoming.socket.destroy()
    const refused = refuseHead(incoming)
    if (refused) return writeProblem(outgoing, problemOf(refused.error, refused.status))
    // routes cannot trust what they cannot see
    incoming.headers.host = 'host.invalid'
    take(incoming, outgoing).catch((error: unknown) => broken(outgoing, error))
  }

  const server = createServer({
    maxHeaderSize: headBytes,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: Math.min(1000, limits.headersTimeout),
    joinDuplicateHeaders: false,
    // judged with the rest of the head, and answered with a problem
    requireHostHeader: false,
    noDelay: true,
  })
  server.maxHeadersCount = 0
  server.maxConnections = limits.connections
  server.setTimeout(limits.idleTimeout, (socket: Socket) => {
    if (answering.get(socket)?.req.complete === false) writeRaw(socket, tooSlow())
    else socket.destroy()
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    lingerOver(socket)
  })
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('connect', (_incoming, socket) =>
    writeRaw(
      socket as Socket,
      problemOf(new ProtocolError('method-not-allowed', 'reading the method: CONNECT is not spoken here')),
    ),
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerParser(error, socket as Socket))
  return {
    server,
    endIdle() {
      for (const socket of sockets) if (!answering.has(socket)) endGently(socket)
    },
  }
}

/** Writes a problem in one piece and closes the connection: what follows on it cannot be trusted. */
export function writeProblem(outgoing: ServerResponse, { status, headers, body }: Problem): void {
  outgoing.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) })
  outgoing.end(body)
}

function answerParser(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    writeRaw(socket, problemOf(new ProtocolError('too-large', `reading the head: longer than ${headBytes} bytes`), 431))
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    writeRaw(socket, tooSlow())
  } else {
    writeRaw(
      socket,
      problemOf(
        new ProtocolError('malformed-request', 'reading the request: it is not HTTP/1.1 as RFC 9112 writes it'),
      ),
    )
  }
}

/** The answer to what never became a request. Nothing is written into the middle of another answer. */
function writeRaw(socket: Socket, { status, headers, body }: Problem): void {
  if (!socket.writable || answering.get(socket)?.headersSent) {
    socket.destroy()
    return
  }
  const fields = Object.entries({ ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) })
  const head = `HTTP/1.1 ${status} Refused\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  // a client that goes on sending is not listened to
  socket.end(head + body, () => socket.destroySoon())
}

function tooSlow(): Problem {
  return problemOf(new ProtocolError('request-timeout', 'reading the request: it did not arrive in time'))
}

/** Milliseconds for which what a refused client goes on sending is read and dropped. */
const linger = 500

/**
 * Closing on unread bytes makes a reset, and a reset makes the client forget the answer it has not read. So a connection
 * that closes with a body still coming says its answer, ends its own side, and waits a little for the client's.
 */
function lingerOver(socket: Socket): void {
  const destroySoon = socket.destroySoon.bind(socket)
  socket.destroySoon = () => {
    const incoming = answering.get(socket)?.req
    if (incoming?.complete !== false) return destroySoon()
    socket.end()
    const timer = setTimeout(() => socket.destroy(), linger)
    incoming.once('close', () => socket.destroy())
    socket.once('close', () => clearTimeout(timer))
  }
}

/** Ends our side, which a reset would not: what was written before still arrives. */
function endGently(socket: Socket): void {
  if (socket.destroyed) return
  socket.end()
  const timer = setTimeout(() => socket.destroy(), linger)
  socket.once('close', () => clearTimeout(timer))
}

/** When each request came; the adapter carries no more than the exchange. */
const arrivals = new WeakMap<IncomingMessage, number>()

/** The answer that each connection is busy with. */
const answering = new WeakMap<Socket, ServerResponse>()

/** The pattern of the route that a request went to, for metrics and logs: paths name people, patterns do not. */
function routeOf(app: Hono<DoorEnv>, { method = 'GET', url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?')
  const [handlers] = app.router.match(method === 'HEAD' ? 'GET' : method, mark < 0 ? url : url.slice(0, mark))
  return handlers.at(-1)?.[0][1].path ?? 'none'
}
