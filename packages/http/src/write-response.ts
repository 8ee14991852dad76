import type { ServerResponse } from 'node:http'

/**
 * Writes a Fetch response. A body of one piece, which all but streams are, goes out with its length in one write; a longer
 * one waits for the reader. Rejects when the body breaks; the caller destroys the connection then.
 */
export async function writeResponse(outgoing: ServerResponse, response: Response): Promise<void> {
  const headers = Object.fromEntries(response.headers)
  if (response.body === null) {
    outgoing.writeHead(response.status, headers)
    outgoing.end()
    return
  }
  const reader = response.body.getReader()
  const first = await reader.read()
  const second = first.done ? first : await reader.read()
  if (second.done) {
    const bytes = first.value ?? new Uint8Array()
    outgoing.writeHead(response.status, { ...headers, 'content-length': bytes.length })
    outgoing.end(bytes)
    return
  }
  outgoing.writeHead(response.status, headers)
  outgoing.once('close', () => void reader.cancel().catch(() => {}))
  for (let part = first; !part.done; part = part === first ? second : await reader.read()) {
    if (outgoing.destroyed) return
    if (!outgoing.write(part.value)) await drained(outgoing)
  }
  outgoing.end()
}

/** Until the reader has made room, or is gone. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
    if (outgoing.destroyed) done()
  })
}
