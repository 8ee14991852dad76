import type { IncomingMessage, ServerResponse } from 'node:http'
import { createLogger } from '@dcann/http/log'
import { createMetrics, type Metrics } from '@dcann/http/metrics'
import { canonicalText } from '@dcann/protocol/canonical'
import { testSigner } from '@dcann/protocol/key'
import type { Signed } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { createApp } from '@dcann/registry/app'
import type { HeadKeeper } from '@dcann/registry/log/keeper'
import { openRegistry, type Registry } from '@dcann/registry/registry'
import { createReadyAnswers } from '@dcann/registry/resolve/ready'
import type { WitnessKey } from '@dcann/registry/witness/cosign-head'
import type { PlainLog } from '@dcann/registry/witness/plain-logs'
import type { LogSigner } from '@dcann/registry/zones/delegation'
import type { LogClient } from '@dcann/sdk/log-client'
import type { Store } from '@dcann/store/store'
import { type Cast, makeCast } from './cast.ts'
import { testStore } from './test-store.ts'

/** What a request was answered with, its JSON read. */
export type Answered = {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
  readonly code: string
}

/** A registry without ports: the same routes over a store in memory, under a clock of the test's. */
export type InProcess = {
  readonly cast: Cast
  readonly registry: Registry
  readonly metrics: Metrics
  readonly clock: { now: Instant }
  /** As a client of another process reaches it. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answered>
  /** The bytes of an answer that is no JSON. */
  readonly bytes: (path: string) => Promise<Uint8Array>
  readonly post: (body: unknown) => Promise<Answered>
  /** What is answered before the router: status, head and body, or `undefined` where the router is to answer. */
  readonly early: (path: string, asked?: { method?: string; ifNoneMatch?: string }) => Early | undefined
}

export type Early = { readonly status: number; readonly headers: Headers; readonly text: string }

export type InProcessOptions = {
  readonly cast?: Cast
  readonly zones?: readonly string[]
  readonly store?: Store
  /** Records taken in at opening, after the root: all of the cast's unless said otherwise. */
  readonly records?: readonly Signed[]
  /** Where the heads that were shown are kept; in memory, and new, unless handed in. */
  readonly keeper?: HeadKeeper
  /** Zones that it follows, and where from. */
  readonly sources?: ReadonlyMap<string, LogClient>
  /** Cosigns what it follows. */
  readonly witness?: WitnessKey
  readonly witnessLogs?: readonly PlainLog[]
  /** Log keys instead of the cast's. */
  readonly logKeys?: Readonly<Record<string, LogSigner>>
}

export const castNow: Instant = 1_790_000_000

/** Opens a registry of the cast's zones. */
export async function openInProcess(options: InProcessOptions = {}): Promise<InProcess> {
  const cast = options.cast ?? (await makeCast('registry-tests', castNow))
  const clock = { now: cast.now }
  let elapsed = 0
  const logSigners: Readonly<Record<string, LogSigner>> = {
    root: cast.roles.log,
    IN: cast.countries.IN.log,
    EE: cast.countries.EE.log,
    ...options.logKeys,
  }
  const zones = new Map(
    (options.zones ?? ['root', 'IN', 'EE']).map((zone) => [zone, logSigners[zone] ?? testSigner(zone)]),
  )
  const registry = await openRegistry({
    store: options.store ?? (await testStore()),
    zones,
    root: [cast.root.signed],
    records: options.records ?? cast.records,
    now: clock.now,
    ...(options.keeper ? { keeper: options.keeper } : {}),
    ...(options.sources ? { sources: options.sources } : {}),
  })
  const metrics = createMetrics()
  const ready = createReadyAnswers(registry.heads, () => clock.now)
  const app = createApp(registry, {
    ready,
    publicUrl: 'https://registry.example',
    now: () => clock.now,
    logger: createLogger({ name: 'registry', level: 'silent' }),
    metrics,
    monotonic: () => elapsed,
    timer: async (milliseconds) => void (elapsed += milliseconds),
    ...(options.witness ? { witness: options.witness, witnessLogs: options.witnessLogs ?? [] } : {}),
  })
  const answered = async (response: Response): Promise<Answered> => {
    const text = await response.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const type = typeof body === 'object' && body !== null && 'type' in body ? String(body.type) : ''
    return { status: response.status, headers: response.headers, body, code: type.split(':').at(-1) ?? '' }
  }
  return {
    cast,
    registry,
    metrics,
    clock,
    fetch: async (url, init) => await app.request(url.slice(new URL(url).origin.length), init),
    get: async (path, headers = {}) => await answered(await app.request(path, { headers })),
    bytes: async (path) => new Uint8Array(await (await app.request(path)).arrayBuffer()),
    post: async (body) =>
      await answered(
        await app.request('/v1/records', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: canonicalText(body),
        }),
      ),
    early(path, { method = 'GET', ifNoneMatch } = {}) {
      const written = { status: 0, headers: new Headers(), text: '' }
      // of a request and its response, this is all that answers before the router look at
      const incoming = { method, url: path, headers: { 'if-none-match': ifNoneMatch } } as unknown as IncomingMessage
      const outgoing = {
        writeHead(status: number, headers: Record<string, string | number>) {
          written.status = status
          for (const [name, value] of Object.entries(headers)) written.headers.set(name, String(value))
        },
        end: (bytes?: Buffer) => void (written.text = bytes?.toString() ?? ''),
      } as unknown as ServerResponse
      return ready.early(incoming, outgoing) === true ? written : undefined
    },
  }
}
