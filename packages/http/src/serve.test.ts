import { once } from 'node:events'
import { connect } from 'node:net'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createDoor } from './door.ts'
import type { DoorEnv } from './exchange.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { serve, type ServeOptions, type Serving, untilSignalled } from './serve.ts'

const servings: Serving[] = []
afterEach(async () => void (await Promise.all(servings.splice(0).map((serving) => serving.close(0)))))

async function served(app: Hono<DoorEnv>, options: Partial<ServeOptions> = {}) {
  const metrics = createMetrics()
  const serving = await serve(app, {
    port: 0,
    logger: createLogger({ name: 'x', level: 'silent' }),
    metrics,
    ...options,
  })
  servings.push(serving)
  return { ...serving, metrics }
}

describe('serve', () => {
  test('sets the constant headers, and lets a route replace them', async () => {
    const app = new Hono<DoorEnv>()
    app.get('/a', (c) => c.text('a'))
    app.get('/b', () => new Response('b', { headers: { 'cache-control': 'max-age=60', etag: '"b"' } }))
    const { url } = await served(app)
    expect(Object.fromEntries((await fetch(`${url}/a`)).headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'etag, retry-after',
      'cache-control': 'no-store',
      'content-length': '1',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    expect((await fetch(`${url}/b`)).headers.get('cache-control')).toBe('max-age=60')
    const head = await fetch(`${url}/b`, { method: 'HEAD' })
    expect([head.headers.get('etag'), await head.text()]).toEqual(['"b"', ''])
  })

  test('writes streams whole, bodies of no bytes, and none', async () => {
    const app = new Hono<DoorEnv>()
    app.get('/stream', () => {
      let left = 50
      return new Response(
        new ReadableStream({
          pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(100_000)) : controller.close()),
        }),
      )
    })
    app.get('/empty', () => new Response(''))
    app.get('/none', () => new Response(null, { status: 204 }))
    app.get('/broken', () => {
      let pulls = 0
      return new Response(
        new ReadableStream({
          pull: (controller) =>
            pulls++ < 3 ? controller.enqueue(new Uint8Array(10)) : controller.error(new Error('secret')),
        }),
      )
    })
    const { url } = await served(app)
    expect((await (await fetch(`${url}/stream`)).bytes()).length).toBe(5_000_000)
    expect(await (await fetch(`${url}/empty`)).text()).toBe('')
    expect((await fetch(`${url}/none`)).status).toBe(204)
    await expect(fetch(`${url}/broken`).then((response) => response.text())).rejects.toBeInstanceOf(TypeError)
    expect((await fetch(`${url}/empty`)).status).toBe(200)
  })

  test('hands over no Host', async () => {
    const app = new Hono<DoorEnv>()
    app.get('/', (c) => c.text(new URL(c.req.url).host))
    const { url } = await served(app)
    expect(await (await fetch(url)).text()).toBe('host.invalid')
  })

  test('answers early what is early', async () => {
    const app = new Hono<DoorEnv>()
    app.get('/late', (c) => c.text('late'))
    const { url } = await served(app, {
      early: [
        ({ url: target }, outgoing) => {
          if (target !== '/early') return false
          outgoing.end('early')
          return true
        },
      ],
    })
    expect(await (await fetch(`${url}/early`)).text()).toBe('early')
    expect(await (await fetch(`${url}/late`)).text()).toBe('late')
  })

  test('survives what throws outside every handler', async () => {
    const app = new Hono<DoorEnv>()
    app.get('/', () => {
      // what a library might do; hono passes by what is no Error
      // oxlint-disable-next-line typescript/only-throw-error
      throw 'text'
    })
    const { url } = await served(app, {
      early: [({ url: target }) => target === '/x' && Promise.reject(new Error('secret'))],
    })
    expect((await fetch(url)).status).toBe(500)
    await expect(fetch(`${url}/x`)).rejects.toThrow('fetch failed')
    expect((await fetch(url)).status).toBe(500)
  })

  test('counts by route, never by path', async () => {
    const app = new Hono<DoorEnv>()
    app.get('/people/:name', (c) => c.text('x'))
    const { url, metrics } = await served(app)
    await (await fetch(`${url}/people/secret?a=secret`)).text()
    await (await fetch(`${url}/secret`)).text()
    const text = metrics.render()
    expect(text).toContain('http_requests_total{listener="public",route="/people/:name",status="200"} 1')
    expect(text).toContain('http_requests_total{listener="public",route="none",status="404"} 1')
    expect(text).not.toContain('secret')
  })

  test('says ready as long as the node does', async () => {
    let ready = true
    const { url } = await served(new Hono<DoorEnv>(), { ready: () => ready })
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    ready = false
    const answer = await fetch(`${url}/readyz`)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('rejects when the port is taken', async () => {
    const { port } = await served(new Hono<DoorEnv>())
    await expect(served(new Hono<DoorEnv>(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('serve, with a door', () => {
  test('refuses bodies while too many are half read, and takes them again after', async () => {
    const quiet = createLogger({ name: 'x', level: 'silent' })
    const door = createDoor({
      now: () => 0,
      publicUrl: 'https://node.example',
      logger: quiet,
      metrics: createMetrics(),
      halfReadBytesMost: 1000,
    })
    const app = door.app()
    app.post('/', async (c) => c.json({ a: (await door.body(c, z.strictObject({ a: z.string() }))).bytes.length }))
    const { url, port } = await served(app)
    const half = connect(port, '127.0.0.1')
    half.write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(900)}`,
    )
    const post = async (size: number) =>
      await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"a":"${'b'.repeat(size)}"}`,
      })
    await new Promise((resolve) => setTimeout(resolve, 50))
    const refused = await post(200)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await post(50)).status).toBe(200)
    half.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await post(900)).status).toBe(200)
  })
})

describe('close', () => {
  test('lets what is under way finish, takes nothing new, and destroys what does not end', async () => {
    const app = new Hono<DoorEnv>()
    let finish = (): void => {}
    app.get('/slow', async (c) => {
      await new Promise<void>((resolve) => (finish = resolve))
      return c.text('done')
    })
    app.get('/never', () => new Promise<Response>(() => {}))
    const { url, port, close } = await served(app)
    const kept = connect(port, '127.0.0.1')
    await once(kept, 'connect')
    const slow = fetch(`${url}/slow`)
    const never = fetch(`${url}/never`)
    never.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    const closed = close(300)
    await expect(fetch(`${url}/slow`)).rejects.toThrow('fetch failed')
    finish()
    expect(await (await slow).text()).toBe('done')
    await expect(never).rejects.toThrow('fetch failed')
    await closed
    expect(close()).toBe(close())
  })
})

describe('close, for a client that keeps its connection busy', () => {
  test('says of each further answer that it is the last', async () => {
    const app = new Hono<DoorEnv>()
    const begun = Promise.withResolvers<void>()
    app.get('/', async (c) => {
      begun.resolve()
      await new Promise((resolve) => setTimeout(resolve, 100))
      return c.text('x')
    })
    const { port, close } = await served(app)
    const busy = connect(port, '127.0.0.1')
    let read = ''
    busy.on('data', (part) => {
      read += part.toString()
      if (busy.writable) busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    })
    busy.on('error', () => {})
    busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await begun.promise
    const start = performance.now()
    await close(5_000)
    expect(performance.now() - start).toBeLessThan(4_000)
    expect(read).toContain('200')
  })
})

describe('close, for a client that reads slowly', () => {
  test('lets it read the answer to its end', async () => {
    const app = new Hono<DoorEnv>()
    const size = 16 * 1024 * 1024
    app.get('/', () => new Response(new Uint8Array(size)))
    const { port, close } = await served(app)
    const slow = connect(port, '127.0.0.1')
    slow.pause()
    slow.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const closed = close(10_000)
    await new Promise((resolve) => setTimeout(resolve, 200))
    let read = 0
    slow.on('data', (part) => (read += part.length))
    await once(slow.resume(), 'close')
    await closed
    expect(read).toBeGreaterThan(size)
  })
})

describe('untilSignalled', () => {
  test('resolves with the signal and leaves the next to its default', async () => {
    const before = process.listenerCount('SIGTERM')
    const signalled = untilSignalled()
    process.emit('SIGTERM', 'SIGTERM')
    expect(await signalled).toBe('SIGTERM')
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})
