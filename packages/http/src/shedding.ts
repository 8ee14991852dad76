import type { IncomingMessage } from 'node:http'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Context } from 'hono'
import type { Callers } from './callers.ts'
import type { DoorEnv } from './exchange.ts'
import type { Crowded, FairQueue } from './fair-queue.ts'
import type { Metrics } from './metrics.ts'
import { type Problem, problemOf } from './problem.ts'

/** What a node does when more comes than it can do: whoever asks little is served, and the rest is refused cheaply. */
export type Shedding = {
  /** What is said to a request whose lane is full, before its body or signature cost anything. */
  readonly atHead: (incoming: IncomingMessage) => Problem | undefined
  /**
   * Waits for a turn once the body is there, so that nobody keeps a place by sending slowly. `undefined` when it may go on
   * at once. Throws `rate-limited`, `unavailable`.
   */
  readonly enter: (c: Context<DoorEnv>, bytes: number) => Promise<void> | undefined
  readonly proved: (c: Context<DoorEnv>, name: string) => void
  readonly failed: (c: Context<DoorEnv>) => void
}

/** Bytes of a body that count as much as one request. */
const costBytes = 1024

/**
 * Sheds by caller. Requests without a socket, and those that bring no body, pass.
 *
 * spec: door#overload
 */
export function createShedding<Kind extends string>(
  callers: Callers<Kind>,
  queue: FairQueue<Kind>,
  kinds: readonly Kind[],
  metrics: Metrics,
): Shedding {
  const shed = metrics.counter({
    name: 'http_shed_total',
    help: 'Requests refused since too many wait: lane-full, kind-full, late, or gone when the caller went first',
    labels: ['kind', 'why'],
  })
  metrics.gauge({ name: 'http_turns_in_progress', help: 'Requests being worked on', labels: ['kind'] }, () =>
    kinds.map((kind) => [kind, queue.running(kind)]),
  )
  metrics.gauge({ name: 'http_turns_waiting', help: 'Requests waiting for their turn', labels: ['kind'] }, () =>
    kinds.map((kind) => [kind, queue.waiting(kind)]),
  )
  const waited = metrics.histogram(
    { name: 'http_turn_wait_ms', help: 'How long those waited that had to wait for their turn', labels: ['kind'] },
    [1, 5, 10, 25, 50, 100, 250, 1000, 5000],
  )

  return {
    atHead(incoming) {
      // idle, nobody is told apart here
      if (queue.length() === 0 || incoming.method !== 'POST') return undefined
      const { kind, lane } = callers.of(incoming)
      const why = queue.refuses(kind, lane)
      if (why === undefined) return undefined
      shed.add([kind, why])
      return refusals[why]
    },
    enter(c, bytes) {
      const { incoming, outgoing } = c.env ?? {}
      if (!incoming || !outgoing) return undefined
      const { kind, lane } = callers.of(incoming)
      const cost = 1 + Math.floor(bytes / costBytes)
      const refused = (why: Crowded): ProtocolError => {
        shed.add([kind, why])
        return errorOf(why)
      }
      let settled = false
      let failure: ProtocolError | undefined
      let resume = (): void => {}
      const quit = queue.enter(
        kind,
        lane,
        cost,
        (turn) => {
          settled = true
          c.env.turn = turn
          resume()
        },
        (why) => {
          settled = true
          failure = refused(why)
          resume()
        },
      )
      if (failure) throw failure
      if (settled) return undefined
      const since = performance.now()
      return new Promise((resolve, reject) => {
        const onGone = (): void => {
          quit()
          shed.add([kind, 'gone'])
          reject(new ProtocolError('unavailable', 'waiting for a turn: the connection ended'))
        }
        resume = () => {
          outgoing.off('close', onGone)
          if (failure) return reject(failure)
          waited.observe(performance.now() - since, [kind])
          resolve()
        }
        outgoing.once('close', onGone)
      })
    },
    proved(c, name) {
      if (c.env?.incoming) callers.proved(c.env.incoming, name)
    },
    failed(c) {
      if (c.env?.incoming) callers.failed(c.env.incoming)
    },
  }
}

function errorOf(why: Crowded): ProtocolError {
  return why === 'lane-full'
    ? new ProtocolError('rate-limited', 'waiting for a turn: too many of yours wait already; ask again', {
        retry_after: 1,
      })
    : new ProtocolError('unavailable', 'waiting for a turn: too many ask at once; ask again', { retry_after: 2 })
}

const refusals: Readonly<Record<Crowded, Problem>> = {
  'lane-full': problemOf(errorOf('lane-full')),
  'kind-full': problemOf(errorOf('kind-full')),
  late: problemOf(errorOf('late')),
}
