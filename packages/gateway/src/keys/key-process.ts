import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { base64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'

/** Milliseconds for one answer; an HSM over a network takes hundreds. */
const deadlineMilliseconds = 10_000

/** What such a process is for: the word for it in errors, the bytes of one answer, and which keys it may have. */
export type KeyUse = {
  readonly does: 'signing' | 'opening'
  readonly answerBytes: number
  /** Throws `key-inadmissible`. */
  readonly admit: (key: PublicKey) => void
}

/** A process of the operator's that holds a key. */
export type KeyProcess = {
  readonly key: PublicKey
  /** Why it can be asked nothing any more. */
  readonly ended: () => ProtocolError | undefined
  /** What it makes of these bytes, as it came. Throws `unavailable` when the process ends or does not answer. */
  readonly ask: (bytes: Uint8Array) => Promise<Uint8Array>
  readonly end: () => void
}

type Waiting = { readonly take: (line: string) => void; readonly fail: (error: ProtocolError) => void }

/**
 * Starts such a process. It speaks base64, a line at a time: first, unasked, its public key of 32 bytes; then, for each line
 * of bytes that it is given, in order, its answer: the signature of 64 bytes, or the 32 bytes in common. What it has to say
 * otherwise goes to standard error, which is the gateway's. Throws `unavailable` when it does not begin.
 */
export async function startKeyProcess(command: readonly string[], use: KeyUse): Promise<KeyProcess> {
  const [program = '', ...args] = command
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: Waiting[] = []
  let ended: ProtocolError | undefined
  const stop = (why: string): void => {
    ended ??= new ProtocolError('unavailable', `${use.does}: ${why}; its own words are on the gateway's standard error`)
    for (const one of waiting.splice(0)) one.fail(ended)
    child.kill()
  }
  child.once('error', () => stop('the key process could not be started'))
  child.once('exit', (code, signal) => stop(`the key process has ended (${signal ?? `status ${code}`})`))
  // a pipe that breaks is told by the exit
  child.stdin?.on('error', () => {})
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const next = waiting.shift()
      if (next) next.take(line)
      else stop('the key process spoke without being asked')
    })
  }
  const read = (length: number): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended)
      // answers come in order, so after one that does not come nothing can be told apart
      const timer = setTimeout(() => stop('the key process did not answer in time'), deadlineMilliseconds)
      waiting.push({
        take(line) {
          clearTimeout(timer)
          const bytes = Buffer.from(line.trim(), 'base64')
          if (bytes.length === length) return resolve(new Uint8Array(bytes))
          stop(`the key process gave ${bytes.length} bytes, expected ${length}`)
          reject(ended)
        },
        fail(error) {
          clearTimeout(timer)
          reject(error)
        },
      })
    })
  const key = base64Url(await read(32))
  try {
    use.admit(key)
  } catch (error) {
    stop('its key may not be used')
    throw error
  }
  return {
    key,
    ended: () => ended,
    async ask(bytes) {
      const answer = read(use.answerBytes)
      if (!ended) child.stdin?.write(`${Buffer.from(bytes).toString('base64')}\n`)
      return await answer
    },
    end: () => stop('the gateway is stopping'),
  }
}
