import { ProtocolError } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { type KeyProcess, type KeyUse, startKeyProcess } from './key-process.ts'

/** Milliseconds between two starts of a process, so that one which ends at once does not spin. */
const restartMilliseconds = 1_000

/** A key process that is started again when it has ended. */
export type KeptRunning = {
  readonly key: PublicKey
  /** Throws `unavailable` when it does not run and cannot be started. */
  readonly ready: () => Promise<void>
  readonly ask: (bytes: Uint8Array) => Promise<Uint8Array>
  readonly close: () => void
}

/** How a process is kept. */
export type Keeping = {
  readonly use: KeyUse
  /** Throws when a process that has just begun does not do what it is for. */
  readonly prove?: (begun: KeyProcess) => Promise<void>
  readonly monotonic?: () => number
}

/**
 * Keeps a key process running. One that has ended is started again by the next call, and has to come back with the same key;
 * when that fails, `unavailable`, and the next try is a second later.
 */
export async function keepRunning(command: readonly string[], keeping: Keeping): Promise<KeptRunning> {
  const { use, monotonic = () => performance.now() } = keeping
  let current = await begin(command, keeping)
  const { key } = current
  let triedAt = monotonic()
  let starting: Promise<KeyProcess> | undefined
  let closed = false

  const restart = async (): Promise<KeyProcess> => {
    triedAt = monotonic()
    const again = await begin(command, keeping)
    if (again.key === key && !closed) return (current = again)
    again.end()
    throw new ProtocolError(
      'unavailable',
      `${use.does}: the key process came back with another key; start the gateway again`,
    )
  }
  const running = async (): Promise<KeyProcess> => {
    const ended = current.ended() !== undefined
    if (!ended || closed || (starting === undefined && monotonic() - triedAt < restartMilliseconds)) return current
    starting ??= restart().finally(() => (starting = undefined))
    return await starting
  }

  return {
    key,
    async ready() {
      const ended = (await running()).ended()
      if (ended) throw ended
    },
    ask: async (bytes) => await (await running()).ask(bytes),
    close() {
      closed = true
      current.end()
    },
  }
}

async function begin(command: readonly string[], { use, prove }: Keeping): Promise<KeyProcess> {
  const begun = await startKeyProcess(command, use)
  try {
    await prove?.(begun)
    return begun
  } catch (error) {
    begun.end()
    throw error
  }
}
