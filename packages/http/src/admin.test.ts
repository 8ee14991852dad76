import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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

type Got = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }

function send({ url }: Serving, path: string, headers: Record<string, string>, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = request(url + path, { method, headers }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part: string) => (body += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
    })
    call.on('error', reject).end()
  })
}

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

  const get = async (path: string, headers: Record<string, string>): Promise<Got> => await send(serving, path, headers)

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

describe('serveAdmin with pages of its own', () => {
  let serving: Serving
  let token = ''
  let reached = 0
  beforeAll(async () => {
    const bundle = join(folder, 'pages')
    mkdirSync(join(bundle, 'assets'), { recursive: true })
    writeFileSync(join(bundle, 'index.html'), '<!doctype html>')
    writeFileSync(join(bundle, 'assets', 'page.js'), 'x')
    const app = new Hono<DoorEnv>()
    app.post('/things', (c) => c.text(String(++reached)))
    const tokenFile = join(folder, 'pages-token')
    const pages = { folder: bundle, at: ['/'], place: '{}', calls: '' }
    const logger = createLogger({ name: 'x', level: 'silent' })
    serving = await serveAdmin(app, { port: 0, tokenFile, logger, metrics: createMetrics(), pages })
    token = readFileSync(tokenFile, 'utf8').trim()
  })
  afterAll(() => serving.close(0))

  test('shows them without the token, to nobody who frames, runs or reads them from elsewhere', async () => {
    for (const path of ['/', '/assets/page.js', '/place.json']) {
      const shown = await send(serving, path, {})
      expect(shown.status).toBe(200)
      expect(shown.headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(shown.headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(shown.headers['access-control-allow-origin']).toBeUndefined()
      for (const site of ['cross-site', 'same-site'])
        for (const dest of ['iframe', 'script', 'empty', 'image']) {
          const asked = { 'sec-fetch-site': site, 'sec-fetch-dest': dest }
          expect((await send(serving, path, asked)).status).toBe(403)
        }
      expect((await send(serving, path, { host: 'rebound.example' })).status).toBe(403)
    }
    const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await send(serving, '/', followed)).status).toBe(200)
    expect((await send(serving, '/things', followed, 'POST')).status).toBe(403)
  })

  test.each<[string, (own: string, port: number) => Record<string, string>, number]>([
    ['its page with the token', (origin) => ({ origin }), 200],
    [
      'its page under the other name of this machine',
      (_, port) => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` }),
      200,
    ],
    ['its page without the token', (origin) => ({ origin, authorization: '' }), 401],
    ['a page of another port', (_, port) => ({ origin: `http://127.0.0.1:${port - 1}` }), 403],
    ['a page of the same place by https', (own) => ({ origin: own.replace('http', 'https') }), 403],
    ['a page under another of its names', (_, port) => ({ origin: `http://localhost:${port}` }), 403],
    [
      'a page that somebody rebound',
      (_, port) => ({ host: `x.example:${port}`, origin: `http://x.example:${port}` }),
      403,
    ],
    ['a page that hides where it is from', () => ({ origin: 'null' }), 403],
    ['a page whose browser says it is elsewhere', (origin) => ({ origin, 'sec-fetch-site': 'same-site' }), 403],
  ])('%s', async (_, headers, status) => {
    const before = reached
    const given = { authorization: `Bearer ${token}`, ...headers(serving.url, serving.port) }
    expect((await send(serving, '/things', given, 'POST')).status).toBe(status)
    expect(reached).toBe(status === 200 ? before + 1 : before)
  })
})
