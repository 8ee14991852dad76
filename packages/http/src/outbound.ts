import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { createRequire } from 'node:module'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Agent, buildConnector, Dispatcher } from 'undici'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'

// By its parts, as its own index loads them: the whole brings mocks, caches, WebSockets and a second `fetch`, on which a node
// would spend a fifth of its start. The parts have no types of their own; these are what the index says of them.
const part = createRequire(import.meta.url)
const OwnAgent = part('undici/lib/dispatcher/agent.js') as typeof Agent
const connectorOf = part('undici/lib/core/connect.js') as typeof buildConnector
const send = part('undici/lib/api/api-request.js') as (
  this: Dispatcher,
  options: Dispatcher.RequestOptions,
) => Promise<Dispatcher.ResponseData>

export type OutboundOptions = {
  /** True only under a root whose record says `test`: plain http to this machine, and only to it. */
  readonly allowLoopbackHttp: boolean
  /** From the call to the last byte of the body: resolving, connecting, headers and a dribbling body included. */
  readonly deadlineMilliseconds?: number
  /** Bytes of an answer's body at most. */
  readonly mostBytes?: number
  /** Every address of a name; the system's resolver unless a test hands in its own. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
  /** PEM of the authorities trusted instead of the system's. */
  readonly ca?: string
}

/** `fetch` for calls to servers that others have named. Its answers are read whole. */
export type Outbound = {
  (url: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Ends kept connections. */
  readonly close: () => Promise<void>
}

/**
 * The one client that a node calls out with. https only; no redirect, no credentials in a URL, no encoded body; one
 * deadline for all; each name is resolved once for a connection, every address of it judged, and that one connected to.
 *
 * Rejects with `unreachable`, which names the host and the reason and quotes nothing that the host said; with the
 * reason of `init.signal` when that was aborted.
 *
 * spec: door#outbound
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const { allowLoopbackHttp, deadlineMilliseconds = 10_000, mostBytes = 1024 * 1024 } = options
  const plain = agentFor(isLoopbackAddress, options)
  const secure = agentFor(
    (address) => isPublicAddress(address) || (allowLoopbackHttp && isLoopbackAddress(address)),
    options,
  )

  const outbound = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const text = input instanceof Request ? input.url : String(input)
    const reason = refuseUrl(text, allowLoopbackHttp)
    if (reason !== undefined) throw unreachable(text, reason)
    const request = new Request(input, init)
    const signal = AbortSignal.any([AbortSignal.timeout(deadlineMilliseconds), request.signal])
    try {
      const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer())
      const { origin, pathname, search } = new URL(request.url)
      const answer = await send.call(origin.startsWith('http:') ? plain : secure, {
        origin,
        path: pathname + search,
        method: request.method,
        headers: { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' },
        body,
        signal,
      })
      return await readAnswer(answer, mostBytes)
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason
      throw unreachable(
        text,
        error instanceof Unacceptable ? error.message : describe(error, deadlineMilliseconds, signal),
      )
    }
  }
  return Object.assign(outbound, {
    close: async () => void (await Promise.all([plain.destroy(), secure.destroy()])),
  })
}

/** Ports above 1023 that browsers refuse too, or behind which stores listen that take commands from anyone. */
const refusedPorts: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 2375, 2379, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 5984, 6000, 6379, 6566, 6665, 6666,
  6667, 6668, 6669, 6679, 6697, 9200, 10080, 11211, 27017,
])

/**
 * Why a URL may not be called, or `undefined`. Judged after parsing, since `0x7f.1` and circled digits become addresses
 * only then. What a name resolves to is judged when connecting. For registration too: an address nobody can call is
 * better refused when it is announced.
 */
export function refuseUrl(text: string, allowLoopbackHttp: boolean): string | undefined {
  if (!URL.canParse(text)) return 'it is not a URL'
  const { protocol, username, password, hostname, port } = new URL(text)
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const local = allowLoopbackHttp && (address === 'localhost' || isLoopbackAddress(address))
  if (protocol !== 'https:' && !(protocol === 'http:' && local)) return 'expected https'
  if (username !== '' || password !== '') return 'a user or a password stands in it'
  const number = port === '' ? 443 : Number(port)
  if ((number !== 443 && number < 1024) || refusedPorts.has(number)) return `port ${number} is not for this`
  if (local) return undefined
  if (isIP(address) > 0) return isPublicAddress(address) ? undefined : 'its address is not public'
  if (!/\.[a-z][a-z0-9-]*$/.test(address) || /\.(?:localhost|local|internal|home\.arpa|onion)$/.test(address)) {
    return 'its name is not one of the public internet'
  }
  return undefined
}

/** A reason of ours, safe to repeat. */
class Unacceptable extends Error {}

function agentFor(
  admits: (address: string) => boolean,
  { resolve = resolveAll, ca, deadlineMilliseconds = 10_000 }: OutboundOptions,
): Agent {
  const judged = callbackify(async (host: string): Promise<readonly LookupAddress[]> => {
    const addresses = await resolve(host)
    // one bad address among good ones is how rebinding looks
    if (addresses.length === 0 || !addresses.every(admits) || !isOneKind(addresses)) {
      throw new Unacceptable('an address that its name resolves to is not public')
    }
    return addresses.map((address) => ({ address, family: isIP(address) }))
  })
  const lookup: LookupFunction = (host, { all }, callback) =>
    judged(host, (error, found) => {
      const first = found?.[0]
      if (error || !first) callback(error, '', 0)
      else if (all) callback(null, [...found])
      else callback(null, first.address, first.family)
    })
  const connect = connectorOf({
    lookup,
    timeout: deadlineMilliseconds,
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
  })
  return new OwnAgent({
    connect: (to, callback) =>
      connect(to, (error, socket) => {
        if (error) return callback(error, null)
        // literals pass by the lookup; and what is connected is what counts
        if (admits(socket.remoteAddress ?? '')) return callback(null, socket)
        socket.destroy()
        callback(new Unacceptable('its address is not public'), null)
      }),
    connections: 16,
    pipelining: 1,
    maxHeaderSize: 16 * 1024,
    headersTimeout: deadlineMilliseconds,
    bodyTimeout: deadlineMilliseconds,
  })
}

function isOneKind(addresses: readonly string[]): boolean {
  return addresses.every(isLoopbackAddress) || !addresses.some(isLoopbackAddress)
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)
}

async function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  mostBytes: number,
): Promise<Response> {
  const refuse = (reason: string): never => {
    body.on('error', () => {}).destroy()
    throw new Unacceptable(reason)
  }
  const fields = new Headers()
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') fields.set(name, value)
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) refuse('it redirects')
  if (statusCode < 200) refuse('its status is not a final one')
  if ((fields.get('content-encoding') ?? 'identity') !== 'identity') refuse('its answer is encoded')
  if (Number(fields.get('content-length') ?? 0) > mostBytes) refuse(`its answer is longer than ${mostBytes} bytes`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    // undici's body yields buffers when no encoding was set
    const bytes = part as Uint8Array
    size += bytes.length
    if (size > mostBytes) refuse(`its answer is longer than ${mostBytes} bytes`)
    parts.push(bytes)
  }
  const bodiless = statusCode === 204 || statusCode === 205 || statusCode === 304
  return new Response(bodiless ? null : Buffer.concat(parts, size), { status: statusCode, headers: fields })
}

function describe(error: unknown, deadlineMilliseconds: number, signal: AbortSignal): string {
  if (signal.aborted) return `it did not answer within ${deadlineMilliseconds} ms`
  const cause = error instanceof Error && error.cause instanceof Unacceptable ? error.cause : undefined
  if (cause) return cause.message
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code'
  return `the connection failed (${code})`
}

function unreachable(url: string, reason: string): ProtocolError {
  const host = URL.canParse(url) ? new URL(url).host : ''
  return new ProtocolError('unreachable', `asking ${quote(host, 80)}: ${reason}`)
}
