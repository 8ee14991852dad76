import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import type { ServerResponse } from 'node:http'
import type { Context } from 'hono'
import type { DoorEnv } from './exchange.ts'
import { handOver } from './hand-over.ts'
import { problemOf, problemResponse } from './problem.ts'

/**
 * What leaves under a lease: whole, in one piece, and not after `until` on the monotonic clock, nor after `untilTime` on the
 * wall clock when that is given, both in milliseconds: the first stands still while a machine sleeps, and the second may be
 * set back.
 */
export type Leaving = {
  readonly status?: number
  readonly contentType?: string
  readonly bytes: Uint8Array
  readonly until: number
  readonly untilTime?: number
}

/** An answer on its way. */
export type Departing = {
  /**
   * Resolves once and never rejects. `sent`: every byte was handed to the kernel. `cut`: some may have been, no more
   * will be; the evidence has to say so. Either way nothing of it is left in this process.
   */
  readonly left: Promise<'sent' | 'cut'>
  /** Destroys the connection at once, if the answer has not left. What a revoke calls. */
  readonly cut: () => void
}

/** The way out that a desk is given. `send` may be called once. */
export type Departure = {
  readonly send: (leaving: Leaving) => Departing
  /** What the route returns to hono after `send`. */
  readonly response: () => Response
}

/** Milliseconds before `until` at which what has not left is cut: the room for a late timer. */
export const leaseMargin = 50

/**
 * The departure of one request: the socket's over HTTP, at once in process.
 *
 * Over a socket the lease is looked at right before every write; an answer that the kernel has room for takes one. What
 * it does not take at once stays here, and is destroyed by `cut` or shortly before `until`, whichever comes first.
 *
 * spec: revocation#lease
 */
export function departureOf(
  c: Context<DoorEnv>,
  monotonic: () => number,
  mostBytes: number = limits.answerWireBytes,
  wall: () => number = () => Date.now(),
): Departure {
  const restOf = ({ until, untilTime = Infinity }: Leaving): number =>
    Math.min(until - monotonic(), untilTime - wall()) - leaseMargin
  let response: Response | undefined
  return {
    send(leaving) {
      if (response) throw new Error('sending an answer: this request was answered already')
      if (leaving.bytes.length > mostBytes) {
        throw new Error(
          `sending an answer: ${leaving.bytes.length} bytes, at most ${mostBytes}; continue with a cursor`,
        )
      }
      const rest = restOf(leaving)
      const outgoing = c.env?.outgoing
      if (!(rest > 0) || (outgoing && !isWritable(outgoing))) {
        response = problemResponse(
          problemOf(new ProtocolError('unavailable', 'sending the answer: its lease had ended; ask again')),
        )
        return { left: Promise.resolve('cut'), cut: () => {} }
      }
      if (outgoing) {
        response = alreadySent()
        return write(outgoing, leaving, () => restOf(leaving))
      }
      // bytes of an answer are never shared memory
      response = new Response(leaving.bytes as Uint8Array<ArrayBuffer>, {
        status: leaving.status ?? 200,
        headers: { 'content-type': leaving.contentType ?? 'application/json', 'cache-control': 'no-store' },
      })
      return { left: Promise.resolve('sent'), cut: () => {} }
    },
    response() {
      if (!response) throw new Error('returning an answer: none was sent')
      return response
    },
  }
}

/** Marks a Response whose bytes the departure has written itself; the listener leaves it alone. */
export function isAlreadySent(response: Response): boolean {
  return sentAlready.has(response)
}

const sentAlready = new WeakSet<Response>()

function alreadySent(): Response {
  const response = new Response(null)
  sentAlready.add(response)
  return response
}

/** A pipelined request has no socket yet: its answer would wait behind another's for as long as that takes. */
function isWritable(outgoing: ServerResponse): boolean {
  return outgoing.socket !== null && !outgoing.socket.destroyed && !outgoing.headersSent
}

function write(
  outgoing: ServerResponse,
  { status = 200, contentType = 'application/json', bytes }: Leaving,
  rest: () => number,
): Departing {
  const { socket } = outgoing
  let settled = false
  const cut = (): void => {
    // destroySoon and resetAndDestroy flush first; this closes the descriptor under what is queued
    if (!settled) socket?.destroy()
  }
  const left = new Promise<'sent' | 'cut'>((resolve) => {
    const timer = setTimeout(cut, rest())
    const settle = (whole: boolean): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      if (whole) outgoing.end()
      else socket?.destroy()
      resolve(whole ? 'sent' : 'cut')
    }
    outgoing.once('close', () => settle(false))
    outgoing.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length })
    outgoing.flushHeaders()
    const body = outgoing.req.method === 'HEAD' ? new Uint8Array() : bytes
    if (socket && handOver(socket, body, () => rest() > 0, settle)) return
    // called when the kernel has the last byte; a socket destroyed before that kept some, whatever the callback says
    outgoing.write(body, (error) => settle(!error && socket?.destroyed === false))
  })
  return { left, cut }
}
