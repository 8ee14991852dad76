import { createDoor, type DoorEnv } from '@dcann/http/door'
import type { Logger } from '@dcann/http/log'
import type { Metrics } from '@dcann/http/metrics'
import { publishApi } from '@dcann/http/publish-api'
import { ProtocolError } from '@dcann/protocol/errors'
import { isStoreError } from '@dcann/store/errors'
import type { Hono } from 'hono'
import { registryApi, witnessApi } from './api.ts'
import { logRoutes } from './log/routes.ts'
import { recordsRoutes } from './records/routes.ts'
import type { Registry } from './registry.ts'
import { createProveDesk } from './resolve/prove-name.ts'
import { createStateDesk } from './resolve/state-name.ts'
import { createReadyAnswers, type ReadyAnswers } from './resolve/ready.ts'
import { createRecent } from './resolve/resolve-name.ts'
import { resolveRoutes } from './resolve/routes.ts'
import { rootRoutes } from './root/routes.ts'
import { createCosigner, type WitnessKey } from './witness/cosign-head.ts'
import type { PlainLog } from './witness/plain-logs.ts'
import { witnessRoutes } from './witness/routes.ts'
import { trustRoutes } from './trust/routes.ts'
import { zonesRoutes } from './zones/routes.ts'

export type AppPorts = {
  readonly publicUrl: string
  /** Seconds since 1970. */
  readonly now: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly monotonic?: () => number
  readonly timer?: (milliseconds: number) => Promise<void>
  /** Cosigns the heads of the zones that are followed. */
  readonly witness?: WitnessKey
  /** Logs that are no zones' and that it cosigns as well. */
  readonly witnessLogs?: readonly PlainLog[]
  /** Whether heads are handed to witnesses, so that a submission is better answered when its head has come back. */
  readonly cosigned?: boolean
  /** Answers that whoever listens may give before the router; made here for nobody when left out. */
  readonly ready?: ReadyAnswers
}

/** Every route of a registry, over what `openRegistry` opened. */
export function createApp(registry: Registry, ports: AppPorts): Hono<DoorEnv> {
  const { store, zones, writer, heads, cache, follower, sources } = registry
  const door = createDoor({ ...ports, translate })
  const app = door.app()
  const outcomes = ports.metrics.counter({
    name: 'registry_records_total',
    help: 'Submitted records by kind of name and outcome',
    labels: ['kind', 'outcome'],
  })
  ports.metrics.gauge({ name: 'registry_waiting_records', help: 'Submitted records that wait to be judged' }, () =>
    writer.waiting(),
  )
  // zones may be taken up while this runs
  const here = (): Set<string> => new Set([...zones.keys(), ...sources.keys()])

  rootRoutes(app, door, { store })
  zonesRoutes(app, door, { store, zones: here })
  logRoutes(app, door, { store, heads })
  recordsRoutes(app, door, {
    store,
    get zones() {
      return [...here().add('root')]
    },
    writer,
    outcomes,
    ...(ports.cosigned ? { heads } : {}),
  })
  const resolving = {
    store,
    zones,
    followed: sources,
    ...createStateDesk(zones),
    ...createProveDesk(store, heads, cache),
    heads,
    recent: createRecent(),
    ready: ports.ready ?? createReadyAnswers(heads, ports.now),
  }
  resolveRoutes(app, door, resolving)
  trustRoutes(app, door, resolving)
  if (ports.witness) {
    witnessRoutes(app, door, {
      cosigner: createCosigner({ store, follower, key: ports.witness, logs: ports.witnessLogs ?? [] }),
      outcomes: ports.metrics.counter({
        name: 'registry_submitted_heads_total',
        help: 'Heads submitted to this witness by outcome',
        labels: ['outcome'],
      }),
    })
  }
  publishApi(app, ports.witness ? witnessApi : registryApi, ports.publicUrl)
  return app
}

/** Rules speak to every program; two of their words are a client's, and a server says the nearest it may send. */
function translate(error: unknown): unknown {
  if (error instanceof ProtocolError) {
    if (error.code === 'root-invalid') return new ProtocolError('not-entitled', error.message, error.facts)
    if (error.code === 'wrong-zone') return new ProtocolError('schema-mismatch', error.message, error.facts)
    return error
  }
  if (isStoreError(error, 'failed') || isStoreError(error, 'fenced') || isStoreError(error, 'closed')) {
    return new ProtocolError('unavailable', 'this process is going away; ask again')
  }
  return error
}
