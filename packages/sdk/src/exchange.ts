import { concatenate, textOf } from '@dcann/protocol/bytes'
import { type Json, parseBounded } from '@dcann/protocol/canonical'
import { type ErrorCode, errorCodes, type ErrorFacts, ProtocolError, quote } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import type { RootRecord } from '@dcann/protocol/root'
import { parseSchema } from '@dcann/protocol/signed'
import type { z } from 'zod'
import type { Answered, World } from './world.ts'

/** One call to a registry or node and the form its answer must have. */
export type Exchange<T> = {
  readonly url: string
  readonly answer: z.ZodType<T>
  /** A POST of these bytes; a GET without them. */
  readonly body?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly mostBytes?: number
}

/** From the call to the last byte of the answer. */
const deadlineMilliseconds = 10_000

/** A resolution carries up to 256 records of a zone. */
const mostBytes = 16 * 1024 * 1024

/**
 * Makes one call and reads its answer strictly. Nothing is believed of it beyond its form.
 *
 * Throws `unreachable` when no answer came, the code of the problem that was sent, `answer-invalid` for an answer that is
 * neither a problem nor of the expected form.
 */
export async function exchange<T>(world: Pick<World, 'fetch'>, call: Exchange<T>): Promise<T> {
  const doing = `asking ${whereOf(call.url)}`
  const { response, bytes } = await carry(world, call, doing)
  if (!response.ok) throw problemOf(response, bytes, doing)
  return readAnswer(bytes, call.answer, doing)
}

/** Fetches bytes that are no JSON, at most so many. Throws as `exchange` does. */
export async function fetchBytes(world: Pick<World, 'fetch'>, url: string, mostBytes: number): Promise<Uint8Array> {
  const doing = `asking ${whereOf(url)}`
  const { response, bytes } = await carry(world, { url, mostBytes, headers: { accept: '*/*' } }, doing)
  if (!response.ok) throw problemOf(response, bytes, doing)
  return bytes
}

/**
 * Makes one call whose answer is not JSON and gives its bytes. A status among `also` is an answer too, everything else is
 * thrown as `exchange` throws it.
 */
export async function exchangeBytes(
  world: Pick<World, 'fetch'>,
  call: Omit<Exchange<unknown>, 'answer'>,
  also: readonly number[] = [],
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
  const doing = `asking ${whereOf(call.url)}`
  const { response, bytes } = await carry(world, call, doing)
  if (!response.ok && !also.includes(response.status)) throw problemOf(response, bytes, doing)
  return { status: response.status, bytes }
}

/** Where a call goes, for messages: scheme, host and path, never the query, which may name a person. */
function whereOf(url: string): string {
  if (!URL.canParse(url)) {
    throw new ProtocolError(
      'unreachable',
      `asking ${quote(url, 120)}: it is no address, expected one like https://x.example`,
    )
  }
  const { origin, pathname } = new URL(url)
  return quote(origin + pathname.replaceAll(/[A-Z]{2}[0-9A-Z]{26}/g, '…'), 120)
}

async function carry(
  world: Pick<World, 'fetch'>,
  { url, body, headers = {}, mostBytes: most = mostBytes }: Omit<Exchange<unknown>, 'answer'>,
  doing: string,
): Promise<{ response: Answered; bytes: Uint8Array }> {
  const init: RequestInit = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...headers },
    redirect: 'error',
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(deadlineMilliseconds),
    // a copy over a buffer of its own, which is what the type of a body asks for
    ...(body === undefined ? {} : { body: Uint8Array.from(body) }),
  }
  try {
    const response: Answered = await world.fetch(url, init)
    return { response, bytes: await readWhole(response, most, doing) }
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    throw new ProtocolError(
      'unreachable',
      `${doing}: no answer came; look whether the address is right and this machine is online, then try again`,
      { host: new URL(url).host },
    )
  }
}

async function readWhole(response: Answered, most: number, doing: string): Promise<Uint8Array> {
  const reader = response.body?.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.value === undefined) return concatenate(...parts)
    size += part.value.length
    if (size > most) {
      await reader?.cancel()
      throw new ProtocolError('answer-invalid', `${doing}: the answer is longer than ${most} bytes`)
    }
    parts.push(part.value)
  }
}

function readAnswer<T>(bytes: Uint8Array, schema: z.ZodType<T>, doing: string): T {
  try {
    return parseSchema(schema, parseBounded(textOf(bytes)), 'reading the answer')
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError('answer-invalid', `${doing}: ${error.message}`, { cause: error.code })
  }
}

/** Codes that only a client concludes; a server that sends one is not heard. */
const concluded = new Set<ErrorCode>([
  'root-invalid',
  'chain-broken',
  'chain-missing',
  'wrong-zone',
  'rollback',
  'unreachable',
  'answer-invalid',
  'evidence-broken',
  'wallet-invalid',
])

function problemOf(response: Answered, bytes: Uint8Array, doing: string): ProtocolError {
  const members = readProblem(bytes)
  const code = errorCodes.find((known) => members['type'] === `urn:dcann:error:${known}` && !concluded.has(known))
  if (code === undefined) {
    const passing = response.status === 502 || response.status === 503 || response.status === 504
    return new ProtocolError(
      passing ? 'unavailable' : 'answer-invalid',
      `${doing}: it answered ${response.status} without a problem of this protocol${passing ? '; try again later' : ''}`,
      { status: response.status },
    )
  }
  const detail = members['detail']
  const said = typeof detail === 'string' ? `: it says ${quote(detail, 300)}` : ''
  const error = new ProtocolError(
    code,
    `${doing}: answered ${response.status} ${code}${said}`,
    factsOf(members, response),
  )
  // the whole problem, for what else it carries: a vault's signed refusal
  error.cause = members
  return error
}

function readProblem(bytes: Uint8Array): Readonly<Record<string, Json>> {
  try {
    const value = parseBounded(textOf(bytes.subarray(0, limits.payloadBytes)))
    // neither an array nor null is left, so an object of members
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {}
  } catch {
    return {}
  }
}

function factsOf(members: Readonly<Record<string, Json>>, response: Answered): ErrorFacts {
  const facts: Record<string, string | number | boolean | null> = {}
  for (const [name, value] of Object.entries(members).slice(0, 16)) {
    if (['type', 'title', 'status', 'detail', 'instance'].includes(name)) continue
    if (typeof value === 'string') facts[name] = value.slice(0, 200)
    else if (typeof value === 'number' || typeof value === 'boolean' || value === null) facts[name] = value
  }
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  if (Number.isSafeInteger(retryAfter) && retryAfter >= 0) facts['retry_after'] ??= retryAfter
  return facts
}

/** An address below a base that may or may not end in a slash. */
export function addressBelow(base: string, path: string): string {
  return `${base.replace(/\/$/, '')}${path}`
}

/** Refuses plain http unless the root is one for tests, whoever's record gave the address. Throws `unreachable`. spec: door#outbound */
export function requireSecure(url: string, { test }: Pick<RootRecord, 'test'>): void {
  if (test || url.startsWith('https:')) return
  throw new ProtocolError(
    'unreachable',
    `asking ${whereOf(url)}: it is plain http, which only a test root admits; its record has to be changed`,
  )
}
