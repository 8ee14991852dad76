/** A request as bytes, with every freedom that a client library takes away. */
export type RawRequest = {
  readonly method?: string
  readonly target: string
  /** In this order, as they are; `Host` and `Content-Length` are added when not named here and not in `without`. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly without?: readonly string[]
  readonly host: string
  readonly body?: Uint8Array | string
  readonly version?: string
}

/** The bytes of a request. */
export function rawRequest({
  method = 'POST',
  target,
  headers = [],
  without = [],
  host,
  body = '',
  version = 'HTTP/1.1',
}: RawRequest): Buffer {
  const bytes = Buffer.from(body)
  const named = new Set([...headers.map(([name]) => name.toLowerCase()), ...without])
  const lines = [...headers]
  if (!named.has('host')) lines.unshift(['Host', host])
  if (method === 'POST' && !named.has('content-length') && !named.has('transfer-encoding')) {
    lines.push(['Content-Length', String(bytes.length)])
  }
  const head = `${method} ${target} ${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'utf8'), bytes])
}

/** A body in chunks of the sizes given, the last taking the rest. */
export function chunked(body: Uint8Array | string, ...sizes: readonly number[]): Buffer {
  const bytes = Buffer.from(body)
  const parts: Buffer[] = []
  let at = 0
  for (const size of [...sizes, Number.POSITIVE_INFINITY]) {
    const part = bytes.subarray(at, Math.min(at + size, bytes.length))
    at += part.length
    if (part.length > 0) parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}
