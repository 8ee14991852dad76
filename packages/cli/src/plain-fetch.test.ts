import { ProtocolError } from '@dcann/protocol/errors'
import { exchange } from '@dcann/sdk/exchange'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { bringBack } from '@dcann/sdk/bring-back'
import { plainFetch } from './plain-fetch.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serving(listener: RequestListener): Promise<string> {
  const opened = createServer(listener)
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  // a TCP server's address is never a path
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`
}

const answer = z.strictObject({ said: z.string() })
const ask = (url: string, more: { body?: Uint8Array; mostBytes?: number } = {}): Promise<{ said: string }> =>
  exchange({ fetch: plainFetch }, { url, answer, ...more })

/** The code with which a call fails, or nothing when it does not. */
async function codeOf(call: () => Promise<unknown>): Promise<string | undefined> {
  const failed = await call().then(
    () => undefined,
    (error: unknown) => error,
  )
  return failed instanceof ProtocolError ? failed.code : undefined
}

test('plainFetch carries a call and its answer, whole', async () => {
  const url = await serving((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const said = `${request.method} ${request.url} ${request.headers.accept} ${Buffer.concat(pieces).length}`
      response.write('{"said":')
      response.end(`${JSON.stringify(said)}}`)
    })
  })
  expect(await ask(`${url}/v1/x?y=1`)).toEqual({ said: 'GET /v1/x?y=1 application/json 0' })
  const body = new Uint8Array(200_000)
  expect(await ask(`${url}/v1/x`, { body })).toEqual({ said: 'POST /v1/x application/json 200000' })
})

test('plainFetch gives status and headers of what is no success', async () => {
  const url = await serving((_, response) => response.writeHead(503, { 'Retry-After': '7', 'x-two': ['a', 'b'] }).end())
  const { ok, status, headers } = await plainFetch(url)
  expect({ ok, status }).toEqual({ ok: false, status: 503 })
  expect([headers.get('retry-after'), headers.get('X-Two'), headers.get('none')]).toEqual(['7', 'a, b', null])
  expect(await codeOf(() => ask(url))).toBe('unavailable')
})

test('plainFetch follows nobody, decodes nothing, and reads no more than it may', async () => {
  const url = await serving(({ url: path }, response) => {
    if (path === '/moved') response.writeHead(302, { location: '/' })
    if (path === '/packed') response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end('{"said":"yes"}')
  })
  expect(await ask(url)).toEqual({ said: 'yes' })
  expect(await codeOf(() => ask(`${url}/moved`))).toBe('unreachable')
  expect(await codeOf(() => ask(`${url}/packed`))).toBe('unreachable')
  expect(await codeOf(() => ask(url, { mostBytes: 5 }))).toBe('answer-invalid')
})

test('plainFetch rejects when no answer comes, or not all of it, or not in time', async () => {
  const url = await serving(({ url: path, socket }, response) => {
    if (path === '/half') response.write('{"said":"y', () => socket.destroy())
    if (path === '/cut') socket.destroy()
  })
  expect(await codeOf(() => ask(`${url}/cut`))).toBe('unreachable')
  expect(await codeOf(() => ask(`${url}/half`))).toBe('unreachable')
  await expect(plainFetch(`${url}/silent`, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: 'AbortError',
  })
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve))
  expect(await codeOf(() => ask(url))).toBe('unreachable')
})

test('bringBack over plainFetch leaves no connection behind that a command would wait for', async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>()
  const url = await serving(({ socket }, response) => {
    socket.once('close', leave)
    response.write('thank you, and so on')
  })
  const brought = { grant: { payload: '', signatures: [] }, handle: 'x', node: 'EE/node/tallinn' }
  expect(await bringBack(url, brought, { offers: url, inbox: url }, { fetch: plainFetch })).toBe('brought')
  await left
})
