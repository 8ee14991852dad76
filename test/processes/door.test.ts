import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pieceBytes } from '@dcann/http/hand-over'
import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { serve, type Serving } from '@dcann/http/serve'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import { testSigner } from '@dcann/protocol/key'
import { createApp } from '@dcann/registry/app'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { castUrls } from '../cast.ts'
import { doorBattery } from '../hostile/door-battery.ts'
import type { DoorTarget, OpenTarget } from '../hostile/door-case.ts'
import { doorCases, openCases } from '../hostile/door-cases.ts'
import { chunked, rawRequest } from '../hostile/raw-request.ts'
import { goodSignedRequest } from '../hostile/signature-cases.ts'
import { faultsOf, strike } from '../hostile/strike.ts'
import { type Network, startNetwork } from '../network.ts'
import { openInProcess } from '../registry-in-process.ts'

const target: DoorTarget = {
  host: 'small.example',
  open: { path: '/v1/things', body: Buffer.from('{"a":"b"}'), mostBytes: limits.bodyBytes },
  signed: {
    path: '/v1/questions',
    publicUrl: 'https://small.example',
    body: Buffer.from('{"from":"EE/requester/good","id":"1","question":"why"}'),
    mostBytes: limits.payloadBytes,
    signer: testSigner('small'),
    now: () => Math.floor(Date.now() / 1000),
    nobody: 'EE/requester/nobody',
  },
}

const goodOpen = rawRequest({
  host: target.host,
  target: target.open.path,
  headers: [['Content-Type', 'application/json']],
  body: target.open.body,
})

describe('door', () => {
  const node = startedFor({})

  test('answers good requests', async () => {
    expect((await strike(node.port, goodOpen)).body).toBe('{"a":"b"}')
    expect((await strike(node.port, await goodSignedRequest(target))).body).toBe(
      '{"from":"EE/requester/good","question":"why"}',
    )
    const inChunks = rawRequest({
      host: target.host,
      target: target.open.path,
      headers: [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['Transfer-Encoding', 'chunked'],
      ],
      body: chunked(target.open.body, 1, 2),
    })
    expect((await strike(node.port, inChunks)).body).toBe('{"a":"b"}')
  })

  doorBattery(doorCases, () => ({
    port: node.port,
    target,
    good: () => goodOpen,
    isGood: ({ status, body }) => status === 200 && body === '{"a":"b"}',
    isAlive: () => node.process.exitCode === null,
  }))

  test('says nothing about an error of its own', async () => {
    const answer = await strike(node.port, rawRequest({ host: target.host, method: 'GET', target: '/v1/broken' }))
    expect(faultsOf(answer, { status: 500, code: 'internal' })).toEqual([])
    expect(answer.body).not.toContain('secret')
  })

  test('answers a preflight for any origin', async () => {
    const preflight = rawRequest({
      host: target.host,
      method: 'OPTIONS',
      target: target.signed.path,
      headers: [
        ['Origin', 'https://page.example'],
        ['Access-Control-Request-Method', 'POST'],
      ],
    })
    const { status, headers } = await strike(node.port, Buffer.concat([preflight])).catch(() =>
      strike(node.port, preflight),
    )
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-headers')).toContain('signature-input')
    expect(headers.has('access-control-allow-credentials')).toBe(false)
  })

  test('leaves its memory alone', async () => {
    for (let i = 0; i < 200; i++) {
      const huge = rawRequest({
        host: target.host,
        target: target.open.path,
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Length', String(2 ** 31)],
        ],
      })
      expect((await strike(node.port, huge)).status).toBe(413)
    }
    expect((await strike(node.port, goodOpen)).status).toBe(200)
  })
})

describe('door of a registry and of a vault node', () => {
  const up: { network?: Network; registry?: Serving; vault?: Serving } = {}
  const logger = createLogger({ name: 'test', level: 'silent' })
  beforeAll(async () => {
    const network = await startNetwork({ seed: 'door' })
    const { registry } = await openInProcess({ cast: network.cast })
    const app = createApp(registry, { ...network.time, publicUrl: castUrls.registry, logger, metrics: createMetrics() })
    up.network = network
    up.registry = await serve(app, { port: 0, logger, metrics: createMetrics() })
    up.vault = await serve(network.vaults.pune.vault.app, { port: 0, logger, metrics: createMetrics() })
  })
  afterAll(async () => void (await Promise.all([up.registry?.close(0), up.vault?.close(0)])))
  const is = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the nodes have not started')
    return value
  }
  const get = (path: string): Buffer => rawRequest({ host: 'a.example', method: 'GET', target: path })
  const ok = ({ status }: { readonly status: number }): boolean => status === 200
  const open = (path: string, body: unknown): OpenTarget => ({
    host: 'a.example',
    open: { path, body: canonicalBytes(body), mostBytes: limits.bodyBytes },
  })

  describe('registry', () => {
    doorBattery(openCases, () => ({
      port: is(up.registry).port,
      target: open('/v1/records', is(up.network).cast.root.signed),
      good: () => get('/v1/root'),
      isGood: ok,
      isAlive: () => true,
    }))
  })

  describe('vault node', () => {
    doorBattery(doorCases, () => {
      const { cast, time, vaults } = is(up.network)
      const asked = {
        id: 'a'.repeat(22),
        from: cast.requesters.insurer.record.payload.name,
        to: '0'.repeat(26),
        purpose: 'dpv:ServiceProvision',
        items: [{ strand: 'finance.income' }],
      }
      return {
        port: is(up.vault).port,
        target: {
          ...open('/v1/passports', { genesis: cast.root.signed }),
          signed: {
            path: '/v1/requests',
            publicUrl: vaults.pune.url,
            body: canonicalBytes(asked),
            mostBytes: limits.payloadBytes,
            signer: is(cast.requesters.insurer.keys[0]),
            now: () => Math.floor(time.now()),
            nobody: 'EE/requester/nobody',
          },
        },
        good: () => get('/v1/node'),
        isGood: ok,
        isAlive: () => true,
      }
    })
  })
})

describe('departure, of a process that was frozen', () => {
  const node = startedFor({})

  test('hands nothing over on waking when the lease has ended', async () => {
    let frozen = 0
    // where the machine is busy, a node may be frozen before it has begun to send, which shows nothing
    for (let i = 0; i < 25 && frozen < 5; i++) {
      const deaf = connect(node.port, '127.0.0.1').on('error', () => {})
      deaf.pause()
      deaf.write(rawRequest({ host: target.host, method: 'GET', target: '/v1/leased' }))
      await wait(100)
      node.process.kill('SIGSTOP')
      await wait(700)
      // reading makes room in the kernel: whatever still waited in the process could go out now
      let read = 0
      deaf.on('data', (part) => (read += part.length))
      deaf.resume()
      await wait(300)
      const before = read
      node.process.kill('SIGCONT')
      await once(deaf, 'close')
      if (before <= pieceBytes) continue
      frozen++
      // frozen inside of a write, it ends that write on waking
      expect(read - before).toBeLessThanOrEqual(pieceBytes)
    }
    expect(frozen).toBe(5)
    expect((await strike(node.port, goodOpen)).status).toBe(200)
  })
})

describe('door, slow clients', () => {
  const node = startedFor({ headersTimeout: 300, requestTimeout: 600, idleTimeout: 800 })

  test.each([
    ['a head that never ends', Buffer.from(`POST ${target.open.path} HTTP/1.1\r\nHost: ${target.host}\r\n`)],
    [
      'a body that never ends',
      rawRequest({
        host: target.host,
        target: target.open.path,
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Length', '100'],
        ],
        body: '{',
      }),
    ],
  ])('cuts %s with 408', async (_, bytes) => {
    expect(faultsOf(await strike(node.port, bytes), { status: 408, code: 'request-timeout' })).toEqual([])
    expect((await strike(node.port, goodOpen)).status).toBe(200)
  })

  test('cuts an idle socket and a client that does not read', async () => {
    const idle = connect(node.port, '127.0.0.1')
    const deaf = connect(node.port, '127.0.0.1')
    deaf.pause()
    deaf.write(rawRequest({ host: target.host, method: 'GET', target: '/v1/large' }))
    idle.on('error', () => {})
    deaf.on('error', () => {})
    await once(idle.resume(), 'close')
    const before = performance.now()
    expect((await strike(node.port, goodOpen)).status).toBe(200)
    expect(performance.now() - before).toBeLessThan(500)
    await wait(3_000)
    let read = 0
    deaf.on('data', (part) => (read += part.length))
    await once(deaf.resume(), 'close')
    expect(read).toBeLessThan(64 * 1024 * 1024)
  })

  test('stops by SIGTERM under load: whole answers or none, and exit code 0', async () => {
    const outcomes = { whole: 0, none: 0 }
    const torn: string[] = []
    const clients = Array.from({ length: 8 }, async () => {
      for (;;) {
        const answer = await strike(node.port, goodOpen).catch((error: unknown) => String(error))
        if (typeof answer === 'object' && answer.body === '{"a":"b"}') outcomes.whole++
        else if (answer === 'Error: closed after 0 bytes of an answer') return outcomes.none++
        else torn.push(typeof answer === 'object' ? `${answer.status} ${answer.body}` : answer)
      }
    })
    await expect.poll(() => outcomes.whole, { timeout: 10_000 }).toBeGreaterThan(20)
    const start = performance.now()
    node.process.kill('SIGTERM')
    expect(await once(node.process, 'exit')).toEqual([0, null])
    expect(performance.now() - start).toBeLessThan(2_000)
    await Promise.all(clients)
    expect(torn).toEqual([])
  })
})

/** A small node in its own process, for the tests around it. */
function startedFor(listener: Record<string, number>): { readonly process: ChildProcess; readonly port: number } {
  const started: { process?: ChildProcess; port?: number } = {}
  beforeAll(async () => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../hostile/small-node.ts', import.meta.url)), JSON.stringify(listener)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    started.process = child
    started.port = await new Promise<number>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said: unknown = JSON.parse(line)
        if (typeof said === 'object' && said !== null && 'port' in said && typeof said.port === 'number')
          resolve(said.port)
      })
    })
  })
  afterAll(() => void started.process?.kill('SIGKILL'))
  return {
    get process() {
      if (!started.process) throw new Error('the small node has not started')
      return started.process
    },
    get port() {
      if (started.port === undefined) throw new Error('the small node has not said its port')
      return started.port
    },
  }
}
