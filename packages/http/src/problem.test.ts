import { type ErrorCode, errorCodes, ProtocolError } from '@dcann/protocol/errors'
import { describe, expect, test } from 'vitest'
import { problemBytes, problemOf, problems, problemResponse } from './problem.ts'

const clientOnly: readonly ErrorCode[] = [
  'root-invalid',
  'chain-broken',
  'chain-missing',
  'wrong-zone',
  'forked',
  'frozen',
  'unsettled',
  'proof-missing',
  'rollback',
  'uncosigned',
  'unreachable',
  'answer-invalid',
  'evidence-broken',
  'wallet-invalid',
]

describe('problemOf', () => {
  test.each(errorCodes)('gives %s a status, a title and its own name', (code) => {
    const { status, body, unexpected } = problemOf(new ProtocolError(code, 'doing: what'))
    const sent: ErrorCode = problems[code][0] === 500 ? 'internal' : code
    expect(JSON.parse(body)).toMatchObject({ type: `urn:dcann:error:${sent}`, title: problems[sent][1], status })
    expect(unexpected).toBe(sent === 'internal')
    expect(status >= 400 && status < 600).toBe(true)
  })

  test('sends no code that clients conclude by themselves', () => {
    for (const code of clientOnly) expect(problemOf(new ProtocolError(code, 'x')).code).toBe('internal')
    const never = errorCodes.filter((code) => problems[code][1] === 'never sent')
    expect(never.toSorted()).toEqual(clientOnly.toSorted())
  })

  test.each([new TypeError('SELECT secret'), 'text', null, undefined, { code: 'not-found' }])(
    'says nothing of %s',
    (thrown) => {
      const { status, body, unexpected } = problemOf(thrown)
      expect([status, body, unexpected]).toEqual([
        500,
        '{"type":"urn:dcann:error:internal","title":"Internal error","status":500}',
        true,
      ])
    },
  )

  test('carries facts, which cannot stand in for its own members', () => {
    const error = new ProtocolError('signature-expired', 'd', { check: 'window', now: 7, status: 200, type: 'x' })
    expect(JSON.parse(problemOf(error).body)).toEqual({
      check: 'window',
      now: 7,
      type: 'urn:dcann:error:signature-expired',
      title: 'The signature is outside its window',
      status: 401,
      detail: 'd',
    })
  })

  test.each(['é'.repeat(2000), '\u0001'.repeat(2000), '"'.repeat(2000), '💥'.repeat(2000)])(
    'stays within its bytes for a detail of %.1s',
    (detail) => {
      const { body } = problemOf(new ProtocolError('not-active', detail, { note: detail }))
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(problemBytes)
      expect(JSON.parse(body)).toMatchObject({ status: 403 })
    },
  )

  test('says when to come again', () => {
    const headersOf = (code: ErrorCode, facts = {}) => problemOf(new ProtocolError(code, 'x', facts)).headers
    expect(headersOf('rate-limited', { retry_after: 2.2 })['retry-after']).toBe('3')
    expect(headersOf('rate-limited')['retry-after']).toBe('1')
    expect(headersOf('unavailable')['retry-after']).toBe('5')
    expect(headersOf('not-active', { retry_after: 3 })['retry-after']).toBeUndefined()
  })
})

describe('problemResponse', () => {
  test('is application/problem+json and is not kept', async () => {
    const response = problemResponse(problemOf(new ProtocolError('moved', 'asking: it moved')))
    expect(response.status).toBe(410)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ status: 410 })
  })
})
