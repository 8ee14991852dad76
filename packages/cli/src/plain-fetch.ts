import type { Answered, AnswerReader, Fetch } from '@dcann/sdk/world'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'

/**
 * Calls as `fetch` does, for as much of it as the sdk uses, over `node:http`: loading what stands behind the global `fetch`
 * costs a command more than half of what it does.
 *
 * Rejects when no answer comes, when the answer redirects, and when its body is encoded, which was not asked for.
 */
export const plainFetch: Fetch = async (url, init = {}) => {
  const answer = await send(url, init)
  const { statusCode: status = 0, headers } = answer
  const refused =
    status >= 300 && status < 400 && status !== 304
      ? 'it redirects'
      : (headers['content-encoding'] ?? 'identity') === 'identity'
        ? undefined
        : 'its answer is encoded'
  if (refused !== undefined) {
    answer.destroy()
    throw new Error(refused)
  }
  const answered: Answered = {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get: (name) => {
        const value = headers[name.toLowerCase()]
        return Array.isArray(value) ? value.join(', ') : (value ?? null)
      },
    },
    body: { getReader: () => readerOf(answer) },
  }
  // of what has this type the sdk reads `Answered`, as its own compiler holds it to, and a command `ok`
  return answered as Response
}

async function send(url: string, { method = 'GET', headers, body, signal }: RequestInit): Promise<IncomingMessage> {
  // importing `node:http` as a module reads all of its exports, and among them what stands behind `fetch`
  const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http')
  const options: RequestOptions = {
    method,
    // callers write plain objects of names and values
    headers: headers as Record<string, string>,
    ...(signal ? { signal } : {}),
  }
  // callers write text or bytes, and an empty string is a body as well
  const bytes = body === undefined || body === null ? undefined : Buffer.from(body as string | Uint8Array)
  return await new Promise((resolve, reject) => {
    const call: ClientRequest = request(url, options, resolve).once('error', reject)
    call.end(bytes)
  })
}

function readerOf(answer: IncomingMessage): AnswerReader {
  // a stream without an encoding gives buffers
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  return {
    async read() {
      const { value } = await pieces.next()
      return value === undefined ? {} : { value }
    },
    cancel: async () => void answer.destroy(),
  }
}
