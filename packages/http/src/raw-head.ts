import type { IncomingMessage } from 'node:http'
import { ProtocolError, quote } from '@dcann/protocol/errors'

/** Header lines of one request at most; their bytes are bounded by the parser. */
export const headerLinesMost = 100

/** What the listener says to a request whose head is not acceptable. `status` only where the table has another one. */
export type Refusal = { readonly error: ProtocolError; readonly status?: number }

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS'])

/**
 * Judges what only the raw head shows: method, target in normal form, no field twice, one well-formed Host, nothing that
 * asks for another protocol. `undefined` when it may pass.
 *
 * spec: door#head
 */
export function refuseHead(incoming: IncomingMessage): Refusal | undefined {
  const { method = '', url: target = '', rawHeaders, headers } = incoming
  if (rawHeaders.length > headerLinesMost * 2) {
    return refusal('too-large', `reading the head: more than ${headerLinesMost} header fields`, 431)
  }
  if (!methods.has(method))
    return refusal('method-not-allowed', `reading the method: ${quote(method)}, expected GET, HEAD, POST or OPTIONS`)
  if (!isNormalTarget(target)) {
    return refusal(
      'malformed-request',
      `reading the target ${quote(target, 80)}: expected a path of plain segments in normal form, no percent-encoding, then perhaps a query`,
    )
  }
  const twice = firstTwice(rawHeaders)
  if (twice !== undefined)
    return refusal('malformed-request', `reading the head: ${quote(twice)} comes twice, send it once`)
  if (!isHost(headers.host))
    return refusal(
      'malformed-request',
      `reading the head: Host is ${quote(headers.host ?? '')}, expected a name and perhaps a port`,
    )
  if (headers.upgrade !== undefined || headers.expect !== undefined) {
    return refusal('malformed-request', 'reading the head: Upgrade and Expect are not spoken here, leave them out')
  }
  if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
    return refusal('malformed-request', 'reading the head: the one Transfer-Encoding spoken here is chunked')
  }
  if (method !== 'POST' && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')) {
    return refusal('malformed-request', `reading the head: ${method} has no body here`)
  }
  return undefined
}

const path = /^\/(?:[A-Za-z0-9_~@=,+:.-]+\/)*(?:[A-Za-z0-9_~@=,+:.-]+)?$/
const query = /^(?:[A-Za-z0-9_~@=,+:.&;!$()*/-]|%[2-9A-F][0-9A-F])+$/

/** Whether a target is its own normal form: origin form, plain characters, no empty or dot segment, no fragment. */
export function isNormalTarget(target: string): boolean {
  const mark = target.indexOf('?')
  const before = mark < 0 ? target : target.slice(0, mark)
  return path.test(before) && !/\/\.{1,2}(?:\/|$)/.test(before) && (mark < 0 || query.test(target.slice(mark + 1)))
}

/** Whether a Host names a host and perhaps a port, nothing else. */
export function isHost(host: string | undefined): host is string {
  return (
    host !== undefined && host.length <= 255 && /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/.test(host)
  )
}

function firstTwice(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

function refusal(
  code: 'too-large' | 'method-not-allowed' | 'malformed-request',
  message: string,
  status?: number,
): Refusal {
  return { error: new ProtocolError(code, message), ...(status === undefined ? {} : { status }) }
}

/** The first value of a field in raw headers, `name` in lower case; the listener has refused heads that repeat one. */
export function fieldIn(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1]
  return undefined
}
