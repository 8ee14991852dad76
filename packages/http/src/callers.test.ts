import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createCallers, networkOf } from './callers.ts'

const key = 'k'.repeat(43)
const input = `sig=("@method");created=1;expires=2;nonce="n";alg="ed25519";keyid="${key}";tag="dcann"`

/** A request from an address, as the parser leaves it. */
function from(address: string, headers: Readonly<Record<string, string>> = {}, url = '/v1/requests'): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  const incoming = new IncomingMessage(socket)
  incoming.url = url
  incoming.rawHeaders.push(...Object.entries(headers).flat())
  return incoming
}

const signed = { 'Signature-Input': input }
const kindOf = (path: string, name: string | undefined): string => `${name ?? 'nobody'} at ${path}`

describe('createCallers', () => {
  test('counts a name where its key has signed from the same address, and nowhere else', () => {
    const callers = createCallers({ kindOf })
    expect(callers.of(from('192.0.2.1', signed))).toEqual({ kind: 'nobody at /v1/requests', lane: '192.0.2.1' })
    callers.proved(from('192.0.2.1', signed), 'EE/requester/a')
    expect(callers.of(from('192.0.2.1', signed))).toEqual({
      kind: 'EE/requester/a at /v1/requests',
      lane: 'EE/requester/a',
    })
    expect(callers.of(from('192.0.2.2', signed)).lane).toBe('192.0.2.2')
    const other = { 'Signature-Input': input.replace(key, 'o'.repeat(43)) }
    expect(callers.of(from('192.0.2.1', other))).toEqual({ kind: 'nobody at /v1/requests', lane: '192.0.2.1' })
  })

  test('counts it no more after a signature that was not its own', () => {
    const callers = createCallers({ kindOf })
    callers.proved(from('192.0.2.1', signed), 'EE/requester/a')
    callers.failed(from('192.0.2.2', signed))
    expect(callers.of(from('192.0.2.1', signed)).lane).toBe('EE/requester/a')
    callers.failed(from('192.0.2.1', signed))
    expect(callers.of(from('192.0.2.1', signed)).lane).toBe('192.0.2.1')
  })

  test('counts what names no key by its address, as of whoever is known there', () => {
    const callers = createCallers({ kindOf })
    callers.proved(from('192.0.2.1', signed), 'someone')
    expect(callers.of(from('192.0.2.1', {}, '/v1/acts?a'))).toEqual({ kind: 'someone at /v1/acts', lane: '192.0.2.1' })
    expect(callers.of(from('192.0.2.2', {}, '/v1/acts'))).toEqual({ kind: 'nobody at /v1/acts', lane: '192.0.2.2' })
  })

  test('believes a proxy of the operator’s who is behind it, from the right, and nobody else', () => {
    const callers = createCallers({ kindOf, proxies: ['127.0.0.1', '192.0.2.9'] })
    const laneOf = (address: string, forwarded: string): string =>
      callers.of(from(address, { 'X-Forwarded-For': forwarded })).lane
    expect(laneOf('::ffff:127.0.0.1', '203.0.113.5, 198.51.100.7')).toBe('198.51.100.7')
    expect(laneOf('127.0.0.1', '203.0.113.5, 192.0.2.9')).toBe('203.0.113.5')
    expect(laneOf('127.0.0.1', 'unknown')).toBe('127.0.0.1')
    expect(laneOf('127.0.0.1', '')).toBe('127.0.0.1')
    expect(laneOf('192.0.2.1', '203.0.113.5')).toBe('192.0.2.1')
  })
})

describe('networkOf', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['', ''],
  ])('counts %s as %s', (address, network) => expect(networkOf(address)).toBe(network))
})
