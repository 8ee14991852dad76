import type { Instant } from '@dcann/protocol/time'
import type { HttpBindings } from '@hono/node-server'
import type { Turn } from './fair-queue.ts'

/**
 * When a request was taken up: `now`, in whole seconds and once it had come and had its turn, decides everything about it;
 * `arrival`, in monotonic milliseconds, times it from its head on.
 */
export type Moment = { readonly now: Instant; readonly arrival: number }

/**
 * What hono carries for the door. Over a socket the listener hands in the raw exchange and its arrival, and ends the turn that
 * the door has set; in process nothing.
 */
export type DoorEnv = {
  Bindings: Partial<HttpBindings> & { readonly arrival?: number; turn?: Turn }
  Variables: { moment?: Moment }
}

/** A body that came through the door. `bytes` are those received; `body` says exactly what they say. */
export type Received<T> = Moment & { readonly body: T; readonly bytes: Uint8Array }
