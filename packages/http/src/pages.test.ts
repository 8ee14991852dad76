import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DoorEnv } from './exchange.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { servePages } from './pages.ts'
import { serve, type Serving } from './serve.ts'

let folder = ''
let serving: Serving

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcann-pages-'))
  const app = new Hono<DoorEnv>()
  app.get('/openapi.json', (c) => c.json({ openapi: '3.1.0' }))
  const early = [servePages({ folder: join(folder, 'built'), at: ['/', '/ask'], place: '{"a":1}', calls: 'https:' })]
  const logger = createLogger({ name: 'test', level: 'silent' })
  serving = await serve(app, { port: 0, logger, metrics: createMetrics(), early })
})

afterAll(async () => {
  await serving.close(0)
  rmSync(folder, { recursive: true })
})

const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  await fetch(serving.url + path, { headers })

test('servePages: says so while nothing is built, and leaves the routes alone', async () => {
  const missing = await get('/')
  expect(missing.status).toBe(404)
  expect(await missing.text()).toContain('npm run web')
  expect((await get('/openapi.json')).status).toBe(200)
})

test('servePages: serves what is built under a policy that admits its own scripts only', async () => {
  mkdirSync(join(folder, 'built/assets'), { recursive: true })
  writeFileSync(join(folder, 'built/index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'built/assets/a-1.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'not in the bundle')
  for (const path of ['/', '/ask']) {
    const page = await get(path)
    expect(await page.text()).toBe('<!doctype html>')
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  }
  const script = await get('/assets/a-1.js')
  expect(script.headers.get('content-type')).toContain('javascript')
  expect(script.headers.get('cache-control')).toContain('immutable')
  const etag = script.headers.get('etag') ?? ''
  expect((await get('/assets/a-1.js', { 'if-none-match': etag })).status).toBe(304)
  expect(await (await get('/place.json')).json()).toEqual({ a: 1 })
})

test('servePages: shows another build when one took its place', async () => {
  writeFileSync(join(folder, 'built/index.html'), '<!doctype html><p>')
  utimesSync(join(folder, 'built/index.html'), 1, 1)
  expect(await (await get('/')).text()).toBe('<!doctype html><p>')
})

test('servePages: gives no file by any other name, and answers no other method', async () => {
  for (const path of [
    '/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/secret.txt',
    '/index.txt',
    '/assets/',
  ])
    expect((await get(path)).status).toBeGreaterThanOrEqual(400)
  expect((await fetch(`${serving.url}/`, { method: 'POST', body: 'x' })).status).toBe(404)
  expect((await get('/openapi.json')).headers.get('access-control-allow-origin')).toBe('*')
})
