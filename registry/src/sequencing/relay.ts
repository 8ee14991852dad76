import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Early, writeProblem } from '@dcann/http/listener'
import { problemOf } from '@dcann/http/problem'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'

/** What is written goes to the one process that sequences. */
export type RelayDesk = {
  /** Whether that is this one, ready to write. */
  readonly isMine: () => boolean
  /** Where the one that sequences is reached by its fellows. */
  readonly at: () => string | undefined
  /** Where this one is. */
  readonly own: () => string
  /** Looks at what has been sequenced, so that whoever wrote here may read it here. */
  readonly refresh: () => Promise<void>
}

const written = new Set(['/v1/records', '/v1/add-checkpoint'])
const mark = 'dcann-relayed'
/** Milliseconds within which somebody has to sequence: longer than it takes to notice that one is gone. */
const patience = 10_000
const between = 100

/**
 * Hands what is to be written to the process that sequences, and gives its answer back. A takeover in between costs time and
 * no request: what is submitted twice is known the second time.
 */
export function relayToSequencer(desk: RelayDesk): Early {
  return async (incoming, outgoing) => {
    if (incoming.method !== 'POST' || !written.has(incoming.url ?? '') || desk.isMine()) return false
    // of two that think it is the other, the second says so
    if (incoming.headers[mark] !== undefined) return (writeProblem(outgoing, problemOf(nobody())), true)
    const body = await readWhole(incoming)
    if (body === undefined) {
      const error = new ProtocolError('too-large', `reading the body: at most ${limits.bodyBytes} bytes`)
      return (writeProblem(outgoing, problemOf(error)), true)
    }
    for (const until = performance.now() + patience; performance.now() < until; await wait(between)) {
      const to = desk.isMine() ? desk.own() : desk.at()
      const done = to !== undefined && (await passOn(to, incoming, body, outgoing, desk.refresh).catch(() => false))
      if (done) return true
    }
    return (writeProblem(outgoing, problemOf(nobody())), true)
  }
}

function nobody(): ProtocolError {
  return new ProtocolError(
    'unavailable',
    'writing: no process of this registry sequences at this moment; send it again',
    {
      retry_after: 2,
    },
  )
}

async function readWhole(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  // `as`: no encoding is set on it
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length
    if (size > limits.bodyBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const kept = ['content-type', 'content-encoding'] as const
const given = ['content-type', 'cache-control', 'etag', 'retry-after', 'x-content-type-options'] as const

/** False when that one does not answer, or does not sequence either. */
async function passOn(
  to: string,
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  refresh: () => Promise<void>,
): Promise<boolean> {
  const fields = Object.fromEntries(
    kept.flatMap((name) => (incoming.headers[name] ? [[name, incoming.headers[name]]] : [])),
  )
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request(`${to}${incoming.url}`, {
      method: 'POST',
      headers: { ...fields, 'content-length': body.length, [mark]: '1' },
      timeout: patience,
    })
    asking.once('response', resolve).once('error', reject)
    asking.once('timeout', () => asking.destroy(new Error('no answer in time')))
    asking.end(body)
  })
  const parts: Buffer[] = []
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part)
  if (answer.statusCode === 503) return false
  await refresh()
  const text = Buffer.concat(parts)
  for (const name of given) if (answer.headers[name] !== undefined) outgoing.setHeader(name, answer.headers[name])
  outgoing.writeHead(answer.statusCode ?? 502, { 'content-length': text.length })
  outgoing.end(text)
  return true
}
