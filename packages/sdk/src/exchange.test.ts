import { utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { problem } from '../../../test/scripted-registry.ts'
import { codeOf } from '../../../test/code-of.ts'
import { addressBelow, exchange, requireSecure } from './exchange.ts'

const answer = z.strictObject({ ok: z.literal(true) })

async function caught(
  response: Response | Error,
  url = 'https://node.example/v1/x?name=secret',
): Promise<ProtocolError> {
  const fetch = async (): Promise<Response> => {
    if (response instanceof Error) throw response
    return response
  }
  try {
    await exchange({ fetch }, { url, answer, mostBytes: 4096 })
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('exchange', () => {
  test('gives the answer, and sends what it was told to', async () => {
    const sent: RequestInit[] = []
    const fetch = async (_: string, init?: RequestInit): Promise<Response> => {
      sent.push(init ?? {})
      return Response.json({ ok: true })
    }
    expect(await exchange({ fetch }, { url: 'https://node.example/', answer })).toEqual({ ok: true })
    await exchange({ fetch }, { url: 'https://node.example/', answer, body: utf8('{}'), headers: { 'x-a': 'b' } })
    expect(sent.map(({ method, redirect, credentials }) => [method, redirect, credentials])).toEqual([
      ['GET', 'error', 'omit'],
      ['POST', 'error', 'omit'],
    ])
  })

  test.for<[string, () => Response | Error, string]>([
    ['no answer', () => new TypeError('fetch failed'), 'unreachable'],
    ['what the platform says in its own words', () => new ProtocolError('unreachable', 'guarded'), 'unreachable'],
    ['a problem', () => problem(409, 'record-stale'), 'record-stale'],
    ['a problem that only a client concludes', () => problem(500, 'chain-broken'), 'answer-invalid'],
    ['a problem of no code', () => problem(418, 'teapot'), 'answer-invalid'],
    ['a gateway’s page', () => new Response('<html>', { status: 502 }), 'unavailable'],
    ['an error’s page', () => new Response('<html>', { status: 500 }), 'answer-invalid'],
    ['no JSON', () => new Response('<html>'), 'answer-invalid'],
    ['no UTF-8', () => new Response(Uint8Array.of(0xff)), 'answer-invalid'],
    ['nothing', () => new Response(null, { status: 204 }), 'answer-invalid'],
    ['another form', () => Response.json({ ok: true, more: 1 }), 'answer-invalid'],
    ['too deep a nesting', () => new Response('['.repeat(40) + ']'.repeat(40)), 'answer-invalid'],
    ['too long an answer', () => new Response('"'.padEnd(5000, 'a')), 'answer-invalid'],
  ])('refuses %s', async ([, response, code]) => {
    const error = await caught(response())
    expect(error.code).toBe(code)
    expect(error.message).not.toContain('secret')
  })

  test('takes over facts of plain values and when to come back', async () => {
    const response = problem(429, 'rate-limited', { scope: 'from', deep: { a: 1 }, detail: 'slower' })
    response.headers.set('retry-after', '7')
    expect((await caught(response)).facts).toEqual({ scope: 'from', retry_after: 7 })
  })

  test('names no person who stands in a path', async () => {
    const error = await caught(
      problem(404, 'not-found'),
      'https://node.example/v1/resolve/IN7K3F9XAAAAAAAAAAAAAAAAAAAA',
    )
    expect(error.message).not.toContain('7K3F9X')
  })
})

describe('addressBelow', () => {
  test('joins with one slash', () => {
    expect(addressBelow('https://a.example', '/v1/x')).toBe('https://a.example/v1/x')
    expect(addressBelow('https://a.example/', '/v1/x')).toBe('https://a.example/v1/x')
    expect(addressBelow('https://a.example/vault', '/v1/x')).toBe('https://a.example/vault/v1/x')
  })
})

describe('requireSecure', () => {
  test('admits plain http under a test root only', async () => {
    requireSecure('https://a.example', { test: false })
    requireSecure('http://localhost:8080', { test: true })
    expect(await codeOf(() => requireSecure('http://localhost:8080', { test: false }))).toBe('unreachable')
  })

  test('what is no address is not asked', async () => {
    expect((await caught(Response.json({}), 'registry.example')).code).toBe('unreachable')
  })
})
