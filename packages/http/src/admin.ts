import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { Hono } from 'hono'
import type { DoorEnv } from './exchange.ts'
import { createListener, type Early, listenerLimits, writeProblem } from './listener.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { problemOf, problemResponse } from './problem.ts'
import { adminHeaders, answerHealth } from './constant-headers.ts'
import { type Pages, servePages } from './pages.ts'
import { fieldIn } from './raw-head.ts'
import { listen, type Serving } from './serve.ts'

export type AdminOptions = {
  /** 0 takes a free one. Always on loopback: who reaches it from elsewhere comes through a tunnel of their own. */
  readonly port: number
  /** Holds the token; made, readable by the owner alone, when it is not there. */
  readonly tokenFile: string
  readonly logger: Logger
  readonly metrics: Metrics
  /** What `/metrics` says instead of `metrics`: for whoever watches over several processes. */
  readonly render?: () => Promise<string>
  readonly ready?: () => boolean
  /** Pages of this listener's own, shown without the token to whoever opens them here; what they ask bears it. */
  readonly pages?: Pages
}

const host = '127.0.0.1'
/** Made from the code alone, and opened in a browser, which has no token to send. */
const reference = '/docs'

/**
 * Serves the operator: `/healthz`, `/readyz`, the API's `/docs` and pages of its own freely, `/metrics` and `app` with the token.
 *
 * A request to another Host than this listener's own is refused: it comes through a name that somebody rebound. So is one that
 * a foreign page sends, by its Origin or by what the browser says of it; opening a page here by a link is all that is left to
 * others. Where there are pages, exactly their own Origin may ask, and with the token like everybody: no other page has it.
 *
 * Throws when the token file can be read by others.
 */
export async function serveAdmin(app: Hono<DoorEnv> | undefined, options: AdminOptions): Promise<Serving> {
  const { metrics, logger } = options
  const token = readToken(options.tokenFile)
  let closing = false
  let port = options.port
  const listener = createListener({
    app: app ?? nothingMore(),
    early: [
      refuseStrangers(() => port, options.pages !== undefined),
      answerHealth(() => !closing && (options.ready?.() ?? true)),
      ...(options.pages === undefined ? [] : [servePages(options.pages)]),
      demandToken(token),
      answerMetrics(options.render ?? (() => metrics.render())),
    ],
    headers: adminHeaders,
    limits: { ...listenerLimits, connections: 64 },
    logger,
    metrics,
    monotonic: () => performance.now(),
    name: 'admin',
    isClosing: () => closing,
  })
  const serving = await listen(listener, host, port, logger, 'admin', () => (closing = true))
  port = serving.port
  return serving
}

/** The token in a file, which is made when missing. Throws when others may read it or it is too short to be one. */
export function readToken(file: string): string {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error(`reading the admin token: others may read ${quote(file, 120)}; chmod 600 it and change the token`)
  }
  const token = readFileSync(file, 'utf8').trim()
  if (!/^[\w.~-]{32,256}$/.test(token)) {
    throw new Error(
      `reading the admin token: ${quote(file, 120)} does not hold 32 to 256 characters of a token; delete it to have one made`,
    )
  }
  return token
}

/** What is asked beyond health and metrics, when a node adds nothing. */
function nothingMore(): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>()
  app.notFound(() => problemResponse(problemOf(new ProtocolError('not-found', 'nothing here that you may see'))))
  return app
}

function refuseStrangers(port: () => number, hasPages: boolean): Early {
  return ({ rawHeaders, method = '' }, outgoing) => {
    const named = fieldIn(rawHeaders, 'host')?.toLowerCase() ?? ''
    const own = [host, 'localhost', '[::1]'].some((name) => named === `${name}:${port()}`)
    const origin = fieldIn(rawHeaders, 'origin')
    const isOwnOrigin = origin === undefined || (hasPages && origin === `http://${named}`)
    if (own && isOwnOrigin && !isSentElsewhere(rawHeaders, method)) return false
    writeProblem(
      outgoing,
      problemOf(new ProtocolError('not-entitled', 'reading the head: not for other pages or other hosts')),
    )
    return true
  }
}

/**
 * Whether a browser says that another site's page sends this: to frame it, to run it, to read it. A port is another page and the
 * same site to browsers. What a person follows a link to, in a tab of its own, she opens herself.
 */
function isSentElsewhere(rawHeaders: readonly string[], method: string): boolean {
  const site = fieldIn(rawHeaders, 'sec-fetch-site')
  if (site === undefined || site === 'none' || site === 'same-origin') return false
  return method !== 'GET' || fieldIn(rawHeaders, 'sec-fetch-dest') !== 'document'
}

function demandToken(token: string): Early {
  const expected = digest(`Bearer ${token}`)
  return ({ rawHeaders, url, method }, outgoing) => {
    if (url === reference && method === 'GET') return false
    if (timingSafeEqual(digest(fieldIn(rawHeaders, 'authorization') ?? ''), expected)) return false
    const problem = problemOf(
      new ProtocolError('token-required', 'reading the head: send Authorization: Bearer, and the token'),
    )
    writeProblem(outgoing, problem)
    return true
  }
}

/** Of equal length whatever was sent, so that comparing tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function answerMetrics(render: () => string | Promise<string>): Early {
  return async ({ url, method }, outgoing) => {
    if (url !== '/metrics' || method !== 'GET') return false
    const body = await render()
    outgoing.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    outgoing.end(body)
    return true
  }
}
