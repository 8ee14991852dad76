import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Departing, departureOf, leaseMargin } from './departure.ts'
import type { DoorEnv } from './exchange.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { serve, type Serving } from './serve.ts'

/** More than the kernel takes for a client that does not read. */
const large = 32 * 1024 * 1024
const app = new Hono<DoorEnv>()
const departed: Departing[] = []

app.get('/slept/:size', (c) => {
  const departure = departureOf(
    c,
    () => 0,
    large,
    () => 12_000,
  )
  const bytes = Buffer.alloc(Number(c.req.param('size')), 'x')
  departed.push(departure.send({ bytes, until: 2_000, untilTime: 12_000 }))
  return departure.response()
})

app.get('/:size/:lease', (c) => {
  const departure = departureOf(c, () => performance.now(), large)
  const bytes = Buffer.alloc(Number(c.req.param('size')), 'x')
  departed.push(departure.send({ bytes, until: performance.now() + Number(c.req.param('lease')) }))
  return departure.response()
})

describe('departureOf, over a socket', () => {
  let serving: Serving
  const sockets: Socket[] = []
  beforeAll(async () => {
    const logger = createLogger({ name: 'test', level: 'silent' })
    serving = await serve(app, { port: 0, logger, metrics: createMetrics() })
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await serving.close(0)
  })

  /** A client that has asked and does not read until told to. */
  async function ask(...targets: string[]): Promise<{ socket: Socket; departing: Departing }> {
    const before = departed.length
    const socket = connect(serving.port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    socket.pause()
    socket.write(targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    while (departed.length < before + targets.length) await new Promise(setImmediate)
    return { socket, departing: departed.at(-1)! }
  }

  async function readAll(socket: Socket): Promise<string> {
    const parts: Buffer[] = []
    socket.on('data', (part) => parts.push(part))
    if (!socket.closed) await once(socket.resume(), 'close')
    return Buffer.concat(parts).toString()
  }

  test('send is sent when the kernel has taken every byte', async () => {
    const { socket, departing } = await ask('/1000/1000')
    expect(await departing.left).toBe('sent')
    socket.end()
    expect((await readAll(socket)).endsWith('x'.repeat(1000))).toBe(true)
  })

  test('cut after sent leaves the connection alone', async () => {
    const { socket, departing } = await ask('/10/1000')
    await departing.left
    departing.cut()
    socket.write('GET /10/1000 HTTP/1.1\r\nHost: a\r\n\r\n')
    socket.end()
    expect((await readAll(socket)).match(/HTTP\/1.1 200/g)).toHaveLength(2)
  })

  test('send is cut for a client that does not read, shortly before its lease ends', async () => {
    const start = performance.now()
    const { socket, departing } = await ask(`/${large}/400`)
    expect(await departing.left).toBe('cut')
    const took = performance.now() - start
    expect(took).toBeGreaterThan(400 - leaseMargin - 10)
    expect(took).toBeLessThan(2_000)
    const read = (await readAll(socket)).length
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(large)
  })

  test('cut destroys at once what the kernel has not taken', async () => {
    const { socket, departing } = await ask(`/${large}/60000`)
    const start = performance.now()
    departing.cut()
    expect(await departing.left).toBe('cut')
    expect(performance.now() - start).toBeLessThan(1_000)
    // were anything left in the process, a client that reads at last would get it
    expect((await readAll(socket)).length).toBeLessThan(large)
  })

  test('send is cut when the client goes away', async () => {
    const { socket, departing } = await ask(`/${large}/60000`)
    socket.resetAndDestroy()
    expect(await departing.left).toBe('cut')
  })

  test('send writes nothing when the lease has ended', async () => {
    const { socket, departing } = await ask(`/1000/${leaseMargin - 1}`)
    expect(await departing.left).toBe('cut')
    socket.end()
    const answer = await readAll(socket)
    expect(answer).toContain('HTTP/1.1 503')
    expect(answer).not.toContain('xx')
  })

  test('send writes nothing once the wall clock is past its lease, though the other clock stood still', async () => {
    const { socket, departing } = await ask('/slept/1000')
    expect(await departing.left).toBe('cut')
    socket.end()
    const answer = await readAll(socket)
    expect(answer).toContain('HTTP/1.1 503')
    expect(answer).not.toContain('xx')
  })

  test('send writes nothing into the queue behind a pipelined answer', async () => {
    const { socket, departing } = await ask(`/${large}/60000`, '/1000/60000')
    expect(await departing.left).toBe('cut')
    departed.at(-2)?.cut()
    expect((await readAll(socket)).length).toBeLessThan(large)
  })
})

describe('departureOf, in process', () => {
  test('send is sent at once', async () => {
    const response = await app.request('/3/1000')
    expect(await departed.at(-1)?.left).toBe('sent')
    expect(await response.text()).toBe('xxx')
  })

  test('send refuses what is too long, and a second answer', async () => {
    const outcomes: unknown[] = []
    const strict = new Hono<DoorEnv>()
    strict.get('/', (c) => {
      const departure = departureOf(c, () => 0, 2)
      const attempt = (act: () => unknown): void => {
        try {
          act()
          outcomes.push('done')
        } catch {
          outcomes.push('refused')
        }
      }
      attempt(() => departure.response())
      attempt(() => departure.send({ bytes: Buffer.from('xxx'), until: 1000 }))
      attempt(() => departure.send({ bytes: Buffer.from('xx'), until: 1000 }))
      attempt(() => departure.send({ bytes: Buffer.from('xx'), until: 1000 }))
      return departure.response()
    })
    expect(await (await strict.request('/')).text()).toBe('xx')
    expect(outcomes).toEqual(['refused', 'refused', 'done', 'refused'])
  })
})
