import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { ProtocolError } from '@dcann/protocol/errors'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createOutbound, type Outbound, type OutboundOptions, refuseUrl } from './outbound.ts'

const forbidden = [
  'http://registry.example/',
  'ftp://registry.example/',
  'file:///etc/passwd',
  'data:application/json,{}',
  'gopher://registry.example/',
  'blob:https://registry.example/x',
  'https://u@registry.example/',
  'https://u:p@registry.example/',
  'https://:p@registry.example/',
  'https://registry.example:22/',
  'https://registry.example:25/',
  'https://registry.example:80/',
  'https://registry.example:6379/',
  'https://registry.example:0/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://2130706433/',
  'https://①②⑦.⓪.⓪.①/',
  'https://%31%32%37.0.0.1/',
  'https://0/',
  'https://10.0.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:8.8.8.8]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://localhost/',
  'https://localhost./',
  'https://x.localhost/',
  'https://printer.local/',
  'https://metadata.google.internal/',
  'https://metadata/',
  'https://registry.example./',
  'https://ｌｏｃａｌｈｏｓｔ/',
  'https://',
  'registry.example',
  '',
]

describe('refuseUrl', () => {
  test.each(forbidden)('refuses %s', (url) => expect(refuseUrl(url, false)).toBeTypeOf('string'))

  test.each([
    'https://registry.example/v1',
    'https://registry.example:8443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ])('admits %s', (url) => expect(refuseUrl(url, false)).toBeUndefined())

  test('admits plain http to this machine only when told', () => {
    for (const url of ['http://127.0.0.1:4001/', 'http://localhost:4001/', 'http://[::1]:4001/']) {
      expect(refuseUrl(url, true)).toBeUndefined()
      expect(refuseUrl(url, false)).toBeTypeOf('string')
    }
    for (const url of [
      'http://10.0.0.1:4001/',
      'http://registry.example:4001/',
      'http://localhost.:4001/',
      'http://127.0.0.1:22/',
      'http://u@127.0.0.1:4001/',
      'https://10.0.0.1/',
    ]) {
      expect(refuseUrl(url, true)).toBeTypeOf('string')
    }
  })
})

describe('createOutbound', () => {
  let server: Server
  let port = 0
  let answer: RequestListener = () => {}
  let connections = 0
  const made: Outbound[] = []
  beforeAll(async () => {
    server = createServer((incoming, outgoing) => answer(incoming, outgoing)).on('connection', () => connections++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // a TCP server's address is never a path
    port = (server.address() as AddressInfo).port
  })
  afterEach(async () => {
    await Promise.all(made.splice(0).map((outbound) => outbound.close()))
    connections = 0
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  function outboundOf(options: Partial<OutboundOptions> = {}): Outbound {
    const outbound = createOutbound({ allowLoopbackHttp: true, deadlineMilliseconds: 500, mostBytes: 1000, ...options })
    made.push(outbound)
    return outbound
  }

  const here = (path = '/') => `http://127.0.0.1:${port}${path}`

  /** The message of an `unreachable`, which is checked for what it may not repeat. */
  async function refusal(call: Promise<unknown>): Promise<string> {
    const error = await call.then(
      () => new Error('it was answered'),
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ code: 'unreachable' })
    const { message } = error instanceof Error ? error : new Error('none')
    expect(message).not.toContain('secret')
    return message
  }

  test('is a fetch', async () => {
    answer = (incoming, outgoing) => {
      incoming.resume().on('end', () => {
        outgoing.writeHead(201, {
          'x-method': incoming.method,
          'x-signature': incoming.headers['signature'] ?? '',
          'x-encoding': incoming.headers['accept-encoding'],
        })
        outgoing.end('{"a":1}')
      })
    }
    const response = await outboundOf()(here('/a?b'), { method: 'POST', body: '{}', headers: { signature: 's' } })
    expect(response.status).toBe(201)
    expect([...['x-method', 'x-signature', 'x-encoding'].map((name) => response.headers.get(name))]).toEqual([
      'POST',
      's',
      'identity',
    ])
    expect(await response.json()).toEqual({ a: 1 })
    expect((await outboundOf()(new Request(here(), { method: 'HEAD' }))).headers.get('x-method')).toBe('HEAD')
    answer = (_, outgoing) => outgoing.writeHead(304, { etag: '"x"' }).end()
    expect((await outboundOf()(new URL(here()))).status).toBe(304)
  })

  test('returns errors of the other side as they are', async () => {
    answer = (_, outgoing) => outgoing.writeHead(503).end('secret')
    expect((await outboundOf()(here())).status).toBe(503)
  })

  test.each(forbidden)('opens no connection to %s', async (url) => {
    await refusal(outboundOf({ allowLoopbackHttp: false })(url))
    expect(connections).toBe(0)
  })

  test.each([301, 302, 303, 307, 308])('follows no %d', async (status) => {
    let asked = 0
    answer = (_, outgoing) => (asked++, outgoing.writeHead(status, { location: here('/secret') }).end())
    expect(await refusal(outboundOf()(here(), { headers: { signature: 'secret' } }))).toContain('redirects')
    expect(asked).toBe(1)
  })

  test('reads no more than its cap, declared or not', async () => {
    answer = (_, outgoing) => outgoing.end('secret'.repeat(1000))
    expect(await refusal(outboundOf()(here()))).toContain('longer')
    answer = (_, outgoing) => {
      const timer = setInterval(() => outgoing.write('secret'.repeat(20)), 1)
      outgoing.on('close', () => clearInterval(timer))
    }
    expect(await refusal(outboundOf()(here()))).toContain('longer')
  })

  test('inflates nothing', async () => {
    answer = (_, outgoing) => outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000)))
    expect(await refusal(outboundOf()(here()))).toContain('encoded')
  })

  test.each([
    ['silence', () => {}],
    ['a head and silence', (_, outgoing) => outgoing.writeHead(200).flushHeaders()],
    [
      'a byte now and then',
      (_, outgoing) => {
        const timer = setInterval(() => outgoing.write('x'), 50)
        outgoing.on('close', () => clearInterval(timer))
      },
    ],
  ] satisfies [string, RequestListener][])('waits for %s no longer than its deadline', async (_, hostile) => {
    answer = hostile
    const start = performance.now()
    expect(await refusal(outboundOf()(here()))).toContain('500 ms')
    expect(performance.now() - start).toBeLessThan(1500)
  })

  test.each([
    ['a torn connection', (incoming) => incoming.socket.resetAndDestroy()],
    ['what is not HTTP', (incoming) => incoming.socket.end('secret\r\n\r\n')],
    [
      'a body shorter than it says',
      (_, outgoing) => outgoing.writeHead(200, { 'content-length': 10 }).end('x', () => outgoing.socket?.destroy()),
    ],
    ['a head of 32 KiB', (_, outgoing) => outgoing.writeHead(200, { 'x-a': 'secret'.repeat(6000) }).end()],
  ] satisfies [string, RequestListener][])('says unreachable of %s', async (_, hostile) => {
    answer = hostile
    expect(await refusal(outboundOf()(here()))).toContain('connection failed')
  })

  test('throws the reason of a caller who gives up', async () => {
    answer = () => {}
    const reason = new Error('enough')
    const controller = new AbortController()
    const call = outboundOf()(here(), { signal: controller.signal })
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
  })

  test.each([
    ['private', ['10.0.0.1']],
    ['loopback', ['127.0.0.1']],
    ['public and private', ['8.8.8.8', '10.0.0.1']],
    ['public and, in IPv6, this machine', ['8.8.8.8', '::1']],
    ['no', []],
  ])('connects to no name with %s addresses', async (_, addresses) => {
    const call = outboundOf({ allowLoopbackHttp: false, resolve: async () => addresses })(
      `https://rebound.example:${port}/`,
    )
    expect(await refusal(call)).toContain('not public')
    expect(connections).toBe(0)
  })

  test('resolves a name once for a connection, and keeps to what it judged', async () => {
    let asked = 0
    answer = (_, outgoing) => outgoing.end('ok')
    // the second answer is the one that an attacker swaps in
    const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['10.0.0.1'])
    const outbound = outboundOf({ resolve })
    for (let i = 0; i < 3; i++) {
      expect((await outbound(`http://localhost:${port}/`)).status).toBe(200)
      // the pool takes a connection back a turn later
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect([asked, connections]).toEqual([1, 1])
  })

  test('takes localhost for this machine only', async () => {
    const call = outboundOf({ resolve: async () => ['8.8.8.8'] })(`http://localhost:${port}/`)
    expect(await refusal(call)).toContain('not public')
  })

  test('speaks TLS to a server that its authority vouches for, under that name alone', async () => {
    const secure = createSecureServer(vouched, (_, outgoing) => outgoing.end('ok'))
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    // a TCP server's address is never a path
    const at = (secure.address() as AddressInfo).port
    const resolve = async () => ['127.0.0.1']
    try {
      const outbound = outboundOf({ resolve, ca: vouched.cert })
      expect(await (await outbound(`https://localhost:${at}/`)).text()).toBe('ok')
      expect(await refusal(outbound(`https://127.0.0.1:${at}/`))).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
      expect(await refusal(outbound(`https://other.example:${at}/`))).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
      expect(await refusal(outboundOf({ resolve })(`https://localhost:${at}/`))).toContain(
        'DEPTH_ZERO_SELF_SIGNED_CERT',
      )
    } finally {
      secure.closeAllConnections()
      secure.close()
    }
  })

  test('speaks TLS to https, and believes no certificate that nobody vouches for', async () => {
    expect(await refusal(outboundOf()(`https://127.0.0.1:${port}/`))).toContain('connection failed')
  })

  test('says unreachable where nobody listens', async () => {
    expect(await refusal(outboundOf()('http://127.0.0.1:1025/'))).toContain('ECONNREFUSED')
  })
})

/** For `localhost`, signed by itself: worth nothing to anybody. */
const vouched = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQge63KuPNLpnAtWnpf
lmcnSlZsJoskToYHaU3Q49pIHvOhRANCAASxikY9HSMRjTQ5TXC/ymG95fbuZ9jq
C8VaHzO+sOoc70SQcH6nuhUtFHO2m7nNsGFadd/5EHZvPtVmb/aRNrKh
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUVrM8hxr6+3vnXnJxvq9HJmZAa8MwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA2MTI1NVoYDzIxMjYxMDMx
MDYxMjU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASxikY9HSMRjTQ5TXC/ymG95fbuZ9jqC8VaHzO+sOoc70SQcH6nuhUt
FHO2m7nNsGFadd/5EHZvPtVmb/aRNrKho2kwZzAdBgNVHQ4EFgQUu1Qm3FiY6sSj
54Kn5AXXP3oRnhowHwYDVR0jBBgwFoAUu1Qm3FiY6sSj54Kn5AXXP3oRnhowDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAKSucF++auMs0EJ7vfcZY4Oh9m0SZxNf8LtxMhN24ucEAiEAp+eRQaFY
oHGHDVJ7tQaqRHsUGv/y1JTqQYeK8EorU2s=
-----END CERTIFICATE-----`,
}
