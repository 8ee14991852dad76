import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readToken, serveAdmin } from './admin.ts'
import type { DoorEnv } from './exchange.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Serving } from './serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'admin-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('readToken', () => {
  test('makes a token that only its owner reads, once', () => {
    const file = join(folder, 'made')
    const token = readToken(file)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readToken(file)).toBe(token)
  })

  test('refuses a file that others read, and one that holds no token', () => {
    const file = join(folder, 'wrong')
    writeFileSync(file, 'x'.repeat(40), { mode: 0o600 })
    expect(readToken(file)).toBe('x'.repeat(40))
    chmodSync(file, 0o640)
    expect(() => readToken(file)).toThrow('chmod 600')
    chmodSync(file, 0o600)
    for (const text of ['', 'short', `${'x'.repeat(40)}\n${'x'.repeat(40)}`]) {
      writeFileSync(file, text)
      expect(() => readToken(file)).toThrow('does not hold')
    }
  })
})

describe('serveAdmin', () => {
  let serving: Serving
  let token = ''
  let reached = 0
  beforeAll(async () => {
    const app = new Hono<DoorEnv>()
    app.get('/things', (c) => c.text(String(++reached)))
    app.get('/docs', (c) => c.text('reference'))
    const tokenFile = join(folder, 'token')
    const metrics = createMetrics()
    metrics.counter({ name: 'a_total', help: 'A' }).add()
    serving = await serveAdmin(app, {
      port: 0,
      tokenFile,
      logger: createLogger({ name: 'x', level: 'silent' }),
      metrics,
    })
    token = readFileSync(tokenFile, 'utf8').trim()
  })
  afterAll(() => serving.close(0))

  function get(
    path: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; headers: object; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request(serving.url + path, { headers }, (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (part: string) => (body += part))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
      })
      call.on('error', reject).end()
    })
  }

  test('answers who has the token', async () => {
    const authorization = `Bearer ${token}`
    expect(await get('/things', { authorization })).toMatchObject({ status: 200, body: '1' })
    expect(await get('/things', { authorization, host: `localhost:${serving.port}` })).toMatchObject({ status: 200 })
    const metrics = await get('/metrics', { authorization })
    expect(metrics.body).toContain('a_total 1')
    expect(Object.keys(metrics.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('answers health to anybody on this machine', async () => {
    expect((await get('/healthz', {})).status).toBe(200)
    expect((await get('/readyz', {})).status).toBe(200)
  })

  test('shows the reference to whoever reads it here, and to no other page or host', async () => {
    expect(await get('/docs', {})).toMatchObject({ status: 200, body: 'reference' })
    for (const path of ['/docs?x=1', '/docs/', '/DOCS']) expect((await get(path, {})).status).toBe(401)
    for (const headers of [{ origin: 'https://page.example' }, { host: 'rebound.example' }]) {
      expect((await get('/docs', headers)).status).toBe(403)
    }
  })

  test.each([
    ['no token', {}, 401],
    ['another token', { authorization: `Bearer ${'x'.repeat(43)}` }, 401],
    ['the token and more', { authorization: 'MORE' }, 401],
    ['the token in another scheme', { authorization: 'SCHEME' }, 401],
    ['an Origin', { authorization: 'GOOD', origin: 'https://page.example' }, 403],
    ['the Origin null', { authorization: 'GOOD', origin: 'null' }, 403],
    ['its own Origin', { authorization: 'GOOD', origin: 'SELF' }, 403],
    ['a foreign Host', { authorization: 'GOOD', host: 'rebound.example' }, 403],
    ['another port in Host', { authorization: 'GOOD', host: '127.0.0.1:1' }, 403],
    ['no port in Host', { authorization: 'GOOD', host: '127.0.0.1' }, 403],
  ])('refuses %s', async (_, given, status) => {
    const before = reached
    const headers: Record<string, string> = { ...given }
    const written: Record<string, string> = {
      GOOD: `Bearer ${token}`,
      MORE: `Bearer ${token}x`,
      SCHEME: `Basic ${token}`,
      SELF: serving.url,
    }
    for (const [name, value] of Object.entries(headers)) headers[name] = written[value] ?? value
    for (const path of ['/things', '/metrics']) expect((await get(path, headers)).status).toBe(status)
    expect(reached).toBe(before)
  })
})
