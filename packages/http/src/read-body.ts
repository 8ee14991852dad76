import type { IncomingMessage } from 'node:http'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Context } from 'hono'
import type { DoorEnv } from './exchange.ts'

/** Bytes of half-read bodies that a door holds, and may hold: many clients that never finish must not fill the memory. */
export type BodyBudget = { held: number; readonly most: number }

/**
 * The raw bytes of a body, at most `mostBytes`: refused by the declared length at once, and while reading.
 * Throws `media-type-unsupported`, `too-large`, `malformed-request`, `unavailable` when the budget is spent.
 */
export async function readBody(
  c: Context<DoorEnv>,
  mostBytes: number,
  budget: BodyBudget,
  kind: 'json' | 'text' = 'json',
): Promise<Uint8Array> {
  // what is text its callers of other protocols do not all say
  judgeMediaType(kind === 'text' ? 'application/json' : headerOf(c, 'content-type'), headerOf(c, 'content-encoding'))
  const declared = headerOf(c, 'content-length')
  if (declared !== undefined && !(Number(declared) <= mostBytes)) throw tooLarge(mostBytes)
  const incoming = c.env?.incoming
  return incoming ? await readIncoming(incoming, mostBytes, budget) : await readStream(c.req.raw.body, mostBytes)
}

/** The one value of a header field; `undefined` when absent. Throws `malformed-request` when it comes twice over a socket. */
export function headerOf(c: Context<DoorEnv>, name: string): string | undefined {
  const incoming = c.env?.incoming
  if (!incoming) return c.req.raw.headers.get(name) ?? undefined
  let found: string | undefined
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    const given = incoming.rawHeaders[i]
    if (given?.length !== name.length || given.toLowerCase() !== name) continue
    if (found !== undefined)
      throw new ProtocolError('malformed-request', `reading the header: ${name} comes twice, send it once`)
    found = incoming.rawHeaders[i + 1] ?? ''
  }
  return found
}

function judgeMediaType(type: string | undefined, encoding: string | undefined): void {
  if (type === undefined || !/^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i.test(type)) {
    throw new ProtocolError(
      'media-type-unsupported',
      `reading the body: Content-Type is ${quote(type ?? '')}, send application/json`,
    )
  }
  if (encoding !== undefined) {
    throw new ProtocolError(
      'media-type-unsupported',
      `reading the body: Content-Encoding is ${quote(encoding)}, send the bytes as they are`,
    )
  }
}

/** Straight from the parser: a web stream in between costs more than the rest of the door. */
function readIncoming(incoming: IncomingMessage, mostBytes: number, budget: BodyBudget): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const settle = (finish: () => void): void => {
      incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      budget.held -= size
      finish()
    }
    const refuse = (error: ProtocolError): void =>
      settle(() => {
        // the rest is read and dropped, so that the refusal is not lost to a reset; the listener bounds for how long
        incoming.resume()
        reject(error)
      })
    const onData = (part: Buffer): void => {
      size += part.length
      budget.held += part.length
      if (size > mostBytes) refuse(tooLarge(mostBytes))
      else if (budget.held > budget.most) {
        refuse(new ProtocolError('unavailable', 'reading the body: too many bodies are being read here; ask again'))
      } else parts.push(part)
    }
    const onEnd = (): void =>
      settle(() => resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size)))
    const onGone = (): void =>
      settle(() =>
        reject(new ProtocolError('malformed-request', 'reading the body: the connection ended before the body did')),
      )
    if (incoming.destroyed && !incoming.readableEnded) return onGone()
    incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
  })
}

async function readStream(stream: ReadableStream<Uint8Array> | null, mostBytes: number): Promise<Uint8Array> {
  if (stream === null) return new Uint8Array()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream) {
    size += part.length
    if (size > mostBytes) throw tooLarge(mostBytes)
    parts.push(part)
  }
  return Buffer.concat(parts, size)
}

function tooLarge(mostBytes: number): ProtocolError {
  return new ProtocolError('too-large', `reading the body: it is longer than ${mostBytes} bytes`)
}
