import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DoorEnv } from './exchange.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { serveScript } from './script.ts'
import { serve, type Serving } from './serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'script-'))
const file = join(folder, 'ask.js')
let serving: Serving

beforeAll(async () => {
  const early = [serveScript('/ask.js', file)]
  const logger = createLogger({ name: 'x', level: 'silent' })
  serving = await serve(new Hono<DoorEnv>(), { port: 0, logger, metrics: createMetrics(), early })
})
afterAll(async () => {
  await serving.close(0)
  rmSync(folder, { recursive: true })
})

test('serveScript: says when it is not built, then gives what was, to pages of every origin, once', async () => {
  const at = `${serving.url}/ask.js`
  expect((await fetch(at)).status).toBe(404)
  writeFileSync(file, 'one')
  const given = await fetch(at, { headers: { origin: 'https://shop.example' } })
  expect(await given.text()).toBe('one')
  expect(Object.fromEntries(given.headers)).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  })
  const etag = given.headers.get('etag') ?? ''
  expect((await fetch(at, { headers: { 'if-none-match': etag } })).status).toBe(304)
  writeFileSync(file, 'another')
  expect(await (await fetch(at, { headers: { 'if-none-match': etag } })).text()).toBe('another')
  expect((await fetch(`${at}?x`)).status).toBe(404)
  expect((await fetch(at, { method: 'POST', body: 'x' })).status).toBe(404)
})
