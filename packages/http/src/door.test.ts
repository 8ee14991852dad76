import { ProtocolError } from '@dcann/protocol/errors'
import { testSigner } from '@dcann/protocol/key'
import { limits } from '@dcann/protocol/limits'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createDoor, type DoorPorts } from './door.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'

const now = 1_700_000_000
const schema = z.strictObject({ a: z.string() })

function opened(ports: Partial<DoorPorts> = {}) {
  const lines: string[] = []
  const metrics = createMetrics()
  const door = createDoor({
    now: () => now + 0.9,
    publicUrl: 'https://node.example',
    logger: createLogger({ name: 'test', destination: { write: (line) => void lines.push(line) } }),
    metrics,
    timer: () => Promise.resolve(),
    monotonic: counter(),
    ...ports,
  })
  return { door, app: door.app(), lines, metrics }
}

/** A clock that goes on by itself, so that waiting for it needs no time. */
function counter(): () => number {
  let at = 0
  return () => (at += 1)
}

function post(path: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  return new Request(`https://node.example${path}`, { method: 'POST', headers, body })
}

async function codeOf(response: Response): Promise<string> {
  const problem = z.object({ type: z.string() }).parse(await response.json())
  return problem.type.slice('urn:dcann:error:'.length)
}

describe('createDoor', () => {
  test.each(['vault.example', 'https://vault.example/', 'https://vault.example/x', 'https://u@vault.example', ''])(
    'does not open under %s',
    (publicUrl) => expect(() => opened({ publicUrl })).toThrow('publicUrl'),
  )
})

describe('body', () => {
  const { door, app } = opened()
  app.post('/things', async (c) => {
    const { body, bytes, now: at } = await door.body(c, schema, 64)
    return c.json({ body, size: bytes.length, at })
  })
  app.post('/rewritten', async (c) => c.json((await door.body(c, z.strictObject({ a: z.string().default('x') }))).body))
  app.post('/dropped', async (c) => c.json((await door.body(c, z.object({ a: z.string() }))).body))

  test('comes with its bytes and the one whole second of its request', async () => {
    expect(await (await app.fetch(post('/things', '{"a":"é"}'))).json()).toEqual({
      body: { a: 'é' },
      size: 10,
      at: now,
    })
  })

  test('is decided by the second in which its turn came, and not by that in which it began to wait', async () => {
    let at = now
    const shedding = {
      atHead: () => undefined,
      enter: async () => void (at += 10),
      proved: () => {},
      failed: () => {},
    }
    const { door, app } = opened({ now: () => at, shedding })
    app.post('/things', async (c) => c.json((await door.body(c, schema, 64)).now))
    expect(await (await app.fetch(post('/things', '{"a":"b"}'))).json()).toBe(now + 10)
  })

  test.each([
    ['not canonical', '{"a": "b"}', 400, 'not-canonical'],
    ['of another form', '{"a":1}', 400, 'schema-mismatch'],
    ['not JSON', '{', 400, 'malformed-json'],
    ['too long', `{"a":"${'b'.repeat(64)}"}`, 413, 'too-large'],
  ])('is refused when %s', async (_, body, status, code) => {
    const response = await app.fetch(post('/things', body))
    expect([response.status, await codeOf(response)]).toEqual([status, code])
  })

  test('is refused by its declared length before it is read', async () => {
    let pulled = 0
    const request = new Request('https://node.example/things', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '65' },
      body: new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 }),
      duplex: 'half',
    })
    expect(await codeOf(await app.fetch(request))).toBe('too-large')
    expect(pulled).toBe(0)
  })

  test('is refused when the schema would say something else than the bytes', async () => {
    expect(await codeOf(await app.fetch(post('/rewritten', '{}')))).toBe('schema-mismatch')
    expect(await codeOf(await app.fetch(post('/dropped', '{"a":"b","c":1}')))).toBe('schema-mismatch')
  })

  test.each(['text/plain', 'application/json; charset=utf-16', 'application/json;', 'application/json; a=b'])(
    'is refused as %s',
    async (type) => {
      const response = await app.fetch(post('/things', '{"a":"b"}', { 'content-type': type }))
      expect([response.status, await codeOf(response)]).toEqual([415, 'media-type-unsupported'])
    },
  )
})

describe('authenticated', () => {
  const signer = testSigner('caller')
  const other = testSigner('caller, older')
  const asked: [string, number][] = []
  const { door, app } = opened()
  const signed = z.strictObject({ from: z.string(), id: z.string() })
  app.post('/ask', async (c) => {
    const { body, id, from, key, claims, head } = await door.authenticated(c, signed, async (name, at) => {
      asked.push([name, at])
      if (name === 'EE/requester/nobody') throw new ProtocolError('unavailable', 'looking up: not now')
      return [other.key, signer.key]
    })
    return c.json({ body, id, from, key, nonce: claims.nonce, target: head.target_uri })
  })

  const bytes = Buffer.from('{"from":"EE/requester/x","id":"1"}')
  const nonce = 'n'.repeat(22)
  const ask = async (body = bytes, url = 'https://node.example/ask?a=b', by = signer) =>
    app.fetch(post('/ask?a=b', body.toString(), headersOf(await signHead(by, url, body, now, nonce))))

  test('comes with who signed it, under the public URL and the whole target', async () => {
    expect(await (await ask()).json()).toEqual({
      body: { from: 'EE/requester/x', id: '1' },
      id: '1',
      from: 'EE/requester/x',
      key: signer.key,
      nonce,
      target: 'https://node.example/ask?a=b',
    })
    expect(asked.at(-1)).toEqual(['EE/requester/x', now])
  })

  test('is refused for another target, another key, an older body form', async () => {
    expect(await codeOf(await ask(bytes, 'https://node.example/ask'))).toBe('signature-invalid')
    expect(await codeOf(await ask(bytes, undefined, testSigner('stranger')))).toBe('key-unknown')
    expect(await codeOf(await ask(Buffer.from('{"from":"EE/requester/x","id":"1","more":1}')))).toBe('schema-mismatch')
  })

  test('is judged under the public URL, whatever Host says', async () => {
    const elsewhere = async (url: string): Promise<Response> => {
      const head = headersOf(await signHead(signer, url, bytes, now, nonce))
      const headers = { 'content-type': 'application/json', ...head, host: 'other.example' }
      return app.fetch(new Request('https://other.example/ask', { method: 'POST', body: bytes.toString(), headers }))
    }
    expect(await codeOf(await elsewhere('https://other.example/ask'))).toBe('signature-invalid')
    expect((await elsewhere('https://node.example/ask')).status).toBe(200)
  })

  test('passes on what looking up the keys throws', async () => {
    const response = await ask(Buffer.from('{"from":"EE/requester/nobody","id":"1"}'))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
  })

  test('looks up no keys for what is refused without them', async () => {
    const before = asked.length
    const head = headersOf(await signHead(signer, 'https://node.example/ask', bytes, now - 100, nonce))
    expect(await codeOf(await app.fetch(post('/ask', bytes.toString(), head)))).toBe('signature-expired')
    expect(await codeOf(await app.fetch(post('/ask', `${bytes.toString()} `, head)))).toBe('digest-mismatch')
    expect(await codeOf(await app.fetch(post('/ask', bytes.toString())))).toBe('signature-missing')
    expect(asked.length).toBe(before)
  })
})

describe('app', () => {
  test('answers unknown paths and not-found alike', async () => {
    const { app } = opened()
    app.get('/hidden', () => {
      throw new ProtocolError('not-found', 'looking up: revoked for a secret reason')
    })
    const [unknown, hidden] = await Promise.all(['/none', '/hidden'].map(async (path) => await app.request(path)))
    expect([unknown?.status, await unknown?.text()]).toEqual([hidden?.status, await hidden?.text()])
    expect([...(unknown?.headers ?? [])]).toEqual([...(hidden?.headers ?? [])])
  })

  test('counts and logs an unexpected error by its route, without its message', async () => {
    const { app, lines, metrics } = opened()
    app.get('/people/:name', () => {
      throw new TypeError('of a person called Secret')
    })
    const response = await app.request('/people/Secret')
    expect([response.status, await codeOf(response)]).toEqual([500, 'internal'])
    expect(metrics.render()).toContain('http_internal_errors_total{route="/people/:name"} 1')
    expect(lines.join()).toContain('"error":"TypeError"')
    expect(lines.join()).not.toContain('Secret')
  })

  test('says errors of the node in protocol words when told how', async () => {
    const { app } = opened({ translate: () => new ProtocolError('unavailable', 'reading: not now') })
    app.get('/x', () => {
      throw new RangeError('a store that is away')
    })
    expect((await app.request('/x')).status).toBe(503)
  })
})

describe('moment', () => {
  test('is one for a request', async () => {
    const { door, app } = opened({ now: counter(), monotonic: counter() })
    app.get('/x', (c) => c.json([door.moment(c), door.moment(c)]))
    expect(await (await app.request('/x')).json()).toEqual([
      { now: 1, arrival: 1 },
      { now: 1, arrival: 1 },
    ])
    expect(limits.bodyBytes).toBeGreaterThan(0)
  })
})
