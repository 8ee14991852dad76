import { base64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Instant } from '@dcann/protocol/time'

/** What a client has seen before, kept so that a restart cannot roll it back: IndexedDB in a browser, files or a shelf elsewhere. */
export type Seen = {
  /** The bytes last written under `key`; `undefined` when there are none. */
  readonly read: (key: string) => Promise<Uint8Array | undefined>
  /** Resolves when the bytes are durable. */
  readonly write: (key: string, bytes: Uint8Array) => Promise<void>
}

/** How a call leaves: `fetch`, a node's guarded client, a command's plain one, or a test's own network. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** All that this package reads of an answer, so that a client without the machinery of browsers can give it. */
export type Answered = Pick<Response, 'ok' | 'status'> & {
  readonly headers: Pick<Headers, 'get'>
  readonly body: { getReader(): AnswerReader } | null
}

/** Gives an answer's body piece by piece, and no value after the last piece. */
export type AnswerReader = {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

/**
 * The world as this package sees it, handed in by whoever runs it.
 *
 * ```ts
 * const world: World = { fetch, now: () => clock.now() / 1000, random: (n) => crypto.getRandomValues(new Uint8Array(n)), seen: seenInMemory() }
 * ```
 */
export type World = {
  readonly fetch: Fetch
  /** Seconds since 1970; fractions are dropped. */
  readonly now: () => number
  /** This many bytes that nobody can foretell. */
  readonly random: (bytes: number) => Uint8Array
  readonly seen: Seen
}

/** The time as records and signatures carry it: whole seconds. */
export function instantOf(world: Pick<World, 'now'>): Instant {
  const now = Math.floor(world.now())
  if (!Number.isSafeInteger(now) || now < 0) {
    throw new ProtocolError('time-invalid', `reading the clock: it says ${now}, expected seconds since 1970`)
  }
  return now
}

/** Chance and the clock, as signing needs them. */
export type SigningWorld = Pick<World, 'now' | 'random'>

/** 16 random bytes in base64url, as salts, nonces and request ids want them. */
export function freshNonce(world: Pick<World, 'random'>): string {
  return base64Url(world.random(16))
}

/** A `Seen` that forgets when the program ends: for tests and for one-time questions, never for a wallet or a node. */
export function seenInMemory(): Seen {
  const kept = new Map<string, Uint8Array>()
  return {
    read: async (key) => kept.get(key)?.slice(),
    write: async (key, bytes) => {
      kept.set(key, bytes.slice())
    },
  }
}
