import { isDeepStrictEqual } from 'node:util'
import { parseCanonical } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { parseSchema } from '@dcann/protocol/signed'
import { type Context, Hono } from 'hono'
import { routePath } from 'hono/route'
import type { z } from 'zod'
import { type Authenticated, authenticate, type KeysOf } from './authenticate.ts'
import { type Departure, departureOf } from './departure.ts'
import type { DoorEnv, Moment, Received } from './exchange.ts'
import { errorFields, type Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { problemOf, problemResponse } from './problem.ts'
import { type BodyBudget, readBody } from './read-body.ts'
import type { Shedding } from './shedding.ts'
import { uniformNotFound } from './uniform.ts'

export type { DoorEnv, Moment, Received } from './exchange.ts'

/** What a door takes from the world. Clocks and the timer are handed in; tests hand in their own. */
export type DoorPorts = {
  /** Seconds since 1970. */
  readonly now: () => number
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic?: () => number
  readonly timer?: (milliseconds: number) => Promise<void>
  /** The origin under which the world reaches this node, as in its record: `https://vault.example`. Never from Host. */
  readonly publicUrl: string
  /** Signatures that ended before this are taken no more, whatever `now` says: their nonces are forgotten. */
  readonly signedSince?: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  /** Bytes of half-read bodies held at one time, by all clients together; 256 MiB unless given. */
  readonly halfReadBytesMost?: number
  /** Who is served when more comes than can be done; everybody at once when left out. */
  readonly shedding?: Shedding
  /** Says an error of the node's own parts (a store's, say) in protocol words; returns anything else as it came. */
  readonly translate?: (error: unknown) => unknown
}

/** The one intake. Every method throws `ProtocolError`; routes let it fly and `app` answers. */
export type Door = {
  /** An empty hono application whose errors become problems and whose unknown paths the uniform 404. */
  readonly app: () => Hono<DoorEnv>
  /** The one `now` of this request, and its arrival. */
  readonly moment: (c: Context<DoorEnv>) => Moment
  /**
   * The body of a POST that needs no authentication, since what it carries signs for itself: size, media type, UTF-8,
   * depth, canonical equality, strict schema. A schema that defaults or rewrites a member refuses what it rewrites.
   */
  readonly body: <T>(c: Context<DoorEnv>, schema: z.ZodType<T>, mostBytes?: number) => Promise<Received<T>>
  /** The body of an authenticated POST and who signed it; see `authenticate`. */
  readonly authenticated: <T>(
    c: Context<DoorEnv>,
    schema: z.ZodType<T>,
    keysOf: KeysOf,
    mostBytes?: number,
  ) => Promise<Authenticated<T>>
  /** The bytes of a POST whose body is text of another protocol, which the route reads; size and encoding are judged. */
  readonly text: (c: Context<DoorEnv>, mostBytes: number) => Promise<Moment & { readonly bytes: Uint8Array }>
  /** Says that what follows only waits for something else, so that others have the turn. */
  readonly rest: (c: Context<DoorEnv>) => void
  /** The way out of an answer that leaves under a lease. */
  readonly departure: (c: Context<DoorEnv>) => Departure
}

/** The door of a node. Throws when `publicUrl` is not a bare origin. */
export function createDoor(ports: DoorPorts): Door {
  const publicUrl = originOf(ports.publicUrl)
  const monotonic = ports.monotonic ?? (() => performance.now())
  const timer = ports.timer ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)))
  const { shedding } = ports
  const budget: BodyBudget = { held: 0, most: ports.halfReadBytesMost ?? 256 * 1024 * 1024 }
  const failures = ports.metrics.counter({
    name: 'http_internal_errors_total',
    help: 'Requests that met an error nobody expected',
    labels: ['route'],
  })

  const moment = (c: Context<DoorEnv>): Moment => {
    const known = c.get('moment')
    if (known) return known
    const made = { now: Math.floor(ports.now()), arrival: c.env?.arrival ?? monotonic() }
    c.set('moment', made)
    return made
  }

  const answerError = async (thrown: unknown, c: Context<DoorEnv>): Promise<Response> => {
    const error = ports.translate?.(thrown) ?? thrown
    // what is left is waiting, or writing
    c.env?.turn?.end()
    if (error instanceof ProtocolError && error.code === 'not-found') {
      return await uniformNotFound(moment(c).arrival, { monotonic, timer })
    }
    const problem = problemOf(error)
    if (problem.unexpected) {
      const route = routePath(c)
      failures.add([route])
      ports.logger.error('request failed', { route, status: problem.status, code: problem.code, ...errorFields(error) })
    }
    return problemResponse(problem)
  }

  /** The body, and then a turn to work on it. Whoever decides takes the time after that: what ended meanwhile has ended. */
  const take = async (c: Context<DoorEnv>, mostBytes: number, kind?: 'text'): Promise<Uint8Array> => {
    const bytes = await readBody(c, mostBytes, budget, kind)
    const waiting = shedding?.enter(c, bytes.length)
    if (waiting) await waiting
    return bytes
  }

  return {
    moment,
    app() {
      const app = new Hono<DoorEnv>()
      app.onError(answerError)
      app.notFound((c) => uniformNotFound(moment(c).arrival, { monotonic, timer }))
      return app
    },
    async body(c, schema, mostBytes = limits.bodyBytes) {
      const bytes = await take(c, mostBytes)
      return { ...moment(c), bytes, body: exactly(schema, bytes, mostBytes) }
    },
    async authenticated(c, schema, keysOf, mostBytes = limits.payloadBytes) {
      const bytes = await take(c, mostBytes)
      const when = moment(c)
      const proved = await authenticate(c, bytes, { ...when, publicUrl, keysOf, mostBytes }).catch((error: unknown) => {
        if (error instanceof ProtocolError && isForged(error)) shedding?.failed(c)
        throw error
      })
      shedding?.proved(c, proved.from)
      if (proved.claims.expires < (ports.signedSince?.() ?? 0)) {
        throw new ProtocolError(
          'signature-expired',
          `checking the signature's window: it ended at ${proved.claims.expires}, before what is remembered here; sign anew`,
          { check: 'window', now: when.now },
        )
      }
      return { ...when, ...proved, bytes, body: strictly(schema, proved.value) }
    },
    async text(c, mostBytes) {
      const bytes = await take(c, mostBytes, 'text')
      return { ...moment(c), bytes }
    },
    rest: (c) => c.env?.turn?.end(),
    departure: (c) => departureOf(c, monotonic, limits.answerWireBytes, () => ports.now() * 1000),
  }
}

/** Whether a signature is not of whom it says, whatever else was wrong with the request. */
function isForged({ code }: ProtocolError): boolean {
  return code === 'signature-invalid' || code === 'key-unknown' || code === 'digest-mismatch'
}

/** Parses canonical bytes with a strict schema; what comes back says exactly what the bytes say. */
export function exactly<T>(schema: z.ZodType<T>, bytes: Uint8Array, mostBytes: number): T {
  return strictly(schema, parseCanonical(bytes, mostBytes))
}

/** A schema that drops or changes a member would let a rule see something else than what was sent. */
function strictly<T>(schema: z.ZodType<T>, value: unknown): T {
  const body = parseSchema(schema, value, 'reading the body')
  if (!isDeepStrictEqual(body, value)) {
    throw new ProtocolError('schema-mismatch', 'reading the body: it has members that its schema does not keep')
  }
  return body
}

function originOf(publicUrl: string): string {
  if (!URL.canParse(publicUrl) || new URL(publicUrl).origin !== publicUrl) {
    throw new Error(
      `opening the door: publicUrl is ${quote(publicUrl, 80)}, expected a bare origin such as "https://vault.example"`,
    )
  }
  return publicUrl
}
