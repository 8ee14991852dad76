import cluster from 'node:cluster'
import { flushCompileCache } from 'node:module'
import { type AddressInfo, Server as TcpServer } from 'node:net'
import type { Hono } from 'hono'
import type { DoorEnv } from './exchange.ts'
import {
  type Early,
  createListener,
  type Listener,
  type ListenerLimits,
  type ListenerOptions,
  listenerLimits,
} from './listener.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { answerHealth, answerPreflight, publicHeaders } from './constant-headers.ts'

export type ServeOptions = {
  /** `127.0.0.1` unless an operator says otherwise. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** Whether a worker has the port to itself, instead of sharing it with its fellows. */
  readonly exclusive?: boolean
  readonly logger: Logger
  readonly metrics: Metrics
  /** Whether the node can answer; asked for `/readyz`. Closing makes it false by itself. */
  readonly ready?: () => boolean
  /** What is answered before the router, in order. */
  readonly early?: readonly Early[]
  /** What is refused by its head alone; see `createShedding`. */
  readonly refuse?: ListenerOptions['refuse']
  readonly limits?: Partial<ListenerLimits>
  readonly monotonic?: () => number
}

/** A listener at work. */
export type Serving = {
  /** `http://127.0.0.1:4001`. */
  readonly url: string
  readonly port: number
  /**
   * Stops accepting, says not ready, lets what is under way finish for `drainMilliseconds`, then destroys the rest. Idle
   * connections end at once, or `gently`: when a client may no longer use them, so that no request meets one that has ended.
   */
  readonly close: (drainMilliseconds?: number, gently?: boolean) => Promise<void>
}

/** Serves an application to the world. Rejects when the port cannot be had. */
export async function serve(app: Hono<DoorEnv>, options: ServeOptions): Promise<Serving> {
  let closing = false
  const health = answerHealth(() => !closing && (options.ready?.() ?? true))
  const listener = createListener({
    app,
    early: [health, answerPreflight, ...(options.early ?? [])],
    refuse: options.refuse,
    headers: publicHeaders,
    limits: { ...listenerLimits, ...options.limits },
    logger: options.logger,
    metrics: options.metrics,
    monotonic: options.monotonic ?? (() => performance.now()),
    name: 'public',
    isClosing: () => closing,
  })
  return await listen(
    listener,
    options.host ?? '127.0.0.1',
    options.port,
    options.logger,
    'public',
    () => (closing = true),
    options.exclusive,
  )
}

/** Starts a server and says how to stop it. */
export async function listen(
  { server, endIdle }: Listener,
  host: string,
  port: number,
  logger: Logger,
  name: string,
  onClosing: () => void,
  exclusive = false,
): Promise<Serving> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, exclusive }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // a TCP server's address is never a path
  const bound = (server.address() as AddressInfo).port
  logger.info('listening', { part: name, host, port: bound })
  // what was compiled on the way here is kept for the next start, however this process ends
  flushCompileCache()
  let closed: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close(drainMilliseconds = 10_000, gently = false) {
      closed ??= drain({ server, endIdle }, drainMilliseconds, onClosing, gently).then(() =>
        logger.info('closed', { part: name }),
      )
      return closed
    },
  }
}

async function drain(
  { server, endIdle }: Listener,
  milliseconds: number,
  onClosing: () => void,
  gently: boolean,
): Promise<void> {
  onClosing()
  // http's own close destroys connections whose answer is written and not yet out
  const ended = new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()))
  // what a client was told of how long it may use a connection is kept
  const idle = gently ? setTimeout(endIdle, Math.min(server.keepAliveTimeout + 1_500, milliseconds * 0.9)) : undefined
  if (!gently) endIdle()
  const timer = setTimeout(() => server.closeAllConnections(), milliseconds)
  await ended
  clearTimeout(timer)
  clearTimeout(idle)
}

/**
 * Resolves with what asks the process to stop: a signal, or that whoever started it over a channel is gone, however that
 * ended. A second signal is left to its default: it ends the process.
 */
export function untilSignalled(): Promise<'SIGINT' | 'SIGTERM' | 'disconnect'> {
  return new Promise((resolve) => {
    const asked = (by: 'SIGINT' | 'SIGTERM' | 'disconnect'): void => {
      process.off('SIGINT', asked).off('SIGTERM', asked).off('disconnect', onDisconnect)
      resolve(by)
    }
    const onDisconnect = (): void => asked('disconnect')
    process.on('SIGINT', asked).on('SIGTERM', asked)
    // a worker's channel is how it listens, and whose end it does not outlive anyway
    if (!process.channel || cluster.isWorker) return
    process.on('disconnect', onDisconnect)
    // what holds the process is its work, and not that somebody could end it
    process.channel.unref()
  })
}
