import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { serveAdmin } from '@dcann/http/admin'
import type { DoorEnv } from '@dcann/http/door'
import { type Job, runJobs } from '@dcann/http/jobs'
import { createLogger, errorFields, type Logger } from '@dcann/http/log'
import { createMetrics, type Metrics } from '@dcann/http/metrics'
import { callsUnder, type Pages, servePages } from '@dcann/http/pages'
import type { Outbound } from '@dcann/http/outbound'
import { serve, untilSignalled } from '@dcann/http/serve'
import { measureProcess, measureStore } from '@dcann/http/vitals'
import { startWorkers, untilAskedToLeave, watchWorkers } from '@dcann/http/workers'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { createLogClient, type LogClient } from '@dcann/sdk/log-client'
import { isStoreError } from '@dcann/store/errors'
import { type OpenedStore, openPlace, type PlaceOptions } from '@dcann/store/engines'
import type { Store } from '@dcann/store/store'
import type { Hono } from 'hono'
import { createApp } from './app.ts'
import { type Config, placeOf, readConfig, readRecords } from './config.ts'
import { fsck } from './fsck.ts'
import { type HeadKeeper, memoryKeeper } from './log/keeper.ts'
import { openKeeper, openSharedKeeper } from './log/open-keeper.ts'
import { ownerOf } from './records/shelf.ts'
import { followDelegated } from './mirror/follow-delegated.ts'
import { followZone } from './mirror/job.ts'
import { openRegistry, type Registry } from './registry.ts'
import { createReadyAnswers } from './resolve/ready.ts'
import { eraseEnded } from './records/job.ts'
import { watchDelegations } from './root/job.ts'
import { openSeat } from './sequencing/seat.ts'
import type { LogSigner, ServedZones } from './zones/delegation.ts'
import { takeDelegations } from './zones/job.ts'
import { createHander } from './witness/hand-head.ts'
import { handHeads } from './witness/job.ts'
import { makeLogKey, readLogKey } from './zones/log-key.ts'

/** What a process takes from outside itself; tests hand in their own. */
export type World = {
  /** Seconds since 1970. */
  readonly now: () => number
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** The store instead of the folder that the settings name. */
  readonly store?: Store
  /** Where heads are kept apart, instead of the file beside the folder; with a store of their own, tests may leave it out. */
  readonly keeper?: HeadKeeper
}

export type Running = {
  /** Where it listens, which is not where the world sees it. */
  readonly url: string
  readonly adminUrl: string | undefined
  readonly app: Hono<DoorEnv>
  /** Lets what is under way finish, then closes the store; `gently` also lets idle connections live out. */
  readonly stop: (gently?: boolean) => Promise<void>
  /** Resolves when the store or a log has failed for good: what was last written is unknown, so the process has to end. */
  readonly failed: Promise<Error>
}

const systemWorld: World = { now: () => Date.now() / 1000 }

/** Starts a registry. Rejects, with everything closed again, when anything of it cannot be had. */
export async function start(config: Config, world: World = systemWorld): Promise<Running> {
  const { now } = world
  const logger = world.logger ?? createLogger({ name: 'registry', level: config.logLevel })
  const { metrics = createMetrics() } = world
  logger.info('signatures are judged', { engine: await checkVerifyStrict() })
  const root = readRecords(config.rootFile)
  const zones = readZones(config, root)
  const records = config.recordFiles.flatMap(readRecords)
  const { place, ...keys } = placeOf(config.store)
  const store = world.store ?? measured(await openPlace(place, { ...keys, ...storeOptions(config, logger) }), metrics)
  const opened: (() => Promise<unknown>)[] = [() => store.close()]
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0)) await close()
  }
  try {
    const shared =
      world.store || typeof place === 'string'
        ? undefined
        : await openSharedKeeper({ place, restored: config.store.restored, at: headsOf(config) }, store)
    if (shared) opened.unshift(shared.close)
    const seat = shared && openSeat(store, writerOf(config), shared.keeper, logger)
    if (seat) opened.unshift(seat.leave)
    const keeper =
      shared?.keeper ??
      world.keeper ??
      (world.store ? memoryKeeper() : await openKeeper({ place, restored: config.store.restored }, store))
    const outbound = await outboundFor(config, root)
    if (outbound) opened.unshift(outbound.close)
    const sources = new Map(
      config.follows.map(({ zone, from }) => [zone, createLogClient({ fetch: outbound ?? refuse }, from)]),
    )
    const registry = await openRegistry({
      ...{ zones, root, records, now: Math.floor(now()), keeper, sources },
      ...{ store: seat?.store ?? store, standsBy: seat !== undefined },
    })
    opened.unshift(() => registry.writer.idle())
    const witness = config.witness && {
      name: config.witness.name,
      signer: readKey(config.witness, root, `the witness ${quote(config.witness.name)}`),
    }
    const cosigned = config.witnesses.length > 0
    const answers = createReadyAnswers(registry.heads, now)
    const app = createApp(registry, {
      ready: answers,
      publicUrl: config.publicUrl,
      now,
      logger,
      metrics,
      cosigned,
      ...(witness ? { witness, witnessLogs: config.witnessLogs } : {}),
    })
    let failed = false
    const ended = Promise.race([store.failed, registry.broken, ...(seat ? [seat.lost] : [])])
    void ended.then(() => (failed = true))
    const ready = (): boolean => !failed

    if (seat) {
      const internal = await serve(app, { ...config.internal, exclusive: true, logger, metrics, early: [seat.relay] })
      opened.unshift(() => internal.close(config.drainSeconds * 1000))
      await seat.begin(registry, internal.url, Math.floor(now()))
    }
    const ending = new AbortController()
    const ofSequencer = {
      ...mirrorJobs(registry, logger),
      ...(config.followsDelegated && outbound ? delegatedJob(registry, outbound, logger) : {}),
      ...(outbound ? handingJobs(registry, config.witnesses, outbound, logger) : {}),
    }
    const jobs = runJobs(
      {
        ...(seat ? { sequencing: seat.job } : {}),
        ...Object.fromEntries(Object.entries(ofSequencer).map(([name, job]) => [name, seat ? seat.alone(job) : job])),
        'watch-delegations': watchDelegations(registry, logger),
        'erase-ended': eraseEnded(registry, logger),
        'take-delegations': takeDelegations(registry, logger),
      },
      { signal: ending.signal, now, logger, metrics },
    )
    opened.unshift(() => (ending.abort(), jobs))
    const admin = config.admin && (await serveAdmin(undefined, { ...config.admin, logger, metrics, ready }))
    if (admin) opened.unshift(() => admin.close(config.drainSeconds * 1000))
    const pages = config.explorer === undefined ? [] : [servePages(explorerOf(config, root))]
    const early = [...(seat ? [seat.relay] : []), answers.early, ...pages]
    const serving = await serve(app, { host: config.host, port: config.port, logger, metrics, ready, early })
    const stop = async (gently = false): Promise<void> => {
      await serving.close(config.drainSeconds * 1000, gently)
      await closeAll()
    }
    return { url: serving.url, adminUrl: admin?.url, app, stop, failed: ended }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** The command: serves until it is told to stop, or checks, or makes a key. Answers the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const asked = readConfig(args)
  if (asked.mode === 'make-key') {
    say(makeLogKey(asked.file))
    return 0
  }
  const { config } = asked
  if (asked.mode === 'fsck') {
    await checkVerifyStrict()
    const problems = await fsck(config, say)
    return problems === 0 ? 0 : 1
  }
  const logger = createLogger({ name: 'registry', level: config.logLevel })
  if (asked.workers !== undefined && !cluster.isWorker) return await runWorkers(config, args, asked.workers, logger)
  const metrics = createMetrics()
  // whoever watches over a worker serves the operator
  const { admin, ...rest } = config
  const running = await start(cluster.isWorker || !admin ? rest : config, { ...systemWorld, logger, metrics })
  const leave = untilAskedToLeave(() => metrics.render()).then(() => 'leave')
  const ended = await Promise.race([untilSignalled(), leave, running.failed])
  if (ended instanceof Error) {
    logger.error('the store has failed', errorFields(ended))
    return 1
  }
  logger.info('stopping', { signal: ended })
  await running.stop(ended === 'leave')
  if (cluster.isWorker) process.exit(0)
  return 0
}

/** Watches over processes that share one database and one port, and serves the operator for all of them. */
async function runWorkers(
  { store, admin, drainSeconds }: Config,
  args: readonly string[],
  count: number,
  logger: Logger,
): Promise<number> {
  if (!('url' in store))
    throw new Error(
      'starting workers: the store is a folder, which one process owns; put it into a database (dcann store copy), or leave --workers out',
    )
  const workers = await startWorkers({
    count,
    program: fileURLToPath(import.meta.url),
    args,
    envOf: (slot) => ({ DCANN_REGISTRY_WRITER: `${store.writer ?? 'main'}-${slot}` }),
    logger,
  })
  const serving =
    admin && (await serveAdmin(undefined, { ...admin, logger, metrics: createMetrics(), render: workers.metrics }))
  await watchWorkers(workers)
  await serving?.close(drainSeconds * 1000)
  return 0
}

function readZones({ zones }: Config, root: readonly Signed[]): ServedZones {
  return new Map(
    zones.map((each): [string, LogSigner] => {
      const whose = `the zone ${quote(each.zone)}`
      const signer = readKey('logKeyFile' in each ? { keyFile: each.logKeyFile } : each, root, whose)
      const next = 'logKeyFile' in each ? each.nextLogKeyFile : each.nextTestKey
      if (next === undefined) return [each.zone, signer]
      const key = 'logKeyFile' in each ? { keyFile: next } : { testKey: next }
      return [each.zone, { ...signer, next: readKey(key, root, whose) }]
    }),
  )
}

/** A key from its file, or under a test root one that anybody can make again. */
function readKey(
  key: { readonly keyFile: string } | { readonly testKey: string },
  root: readonly Signed[],
  whose: string,
): Signer {
  if ('keyFile' in key) return readLogKey(key.keyFile)
  if (isTest(root)) return testSigner(key.testKey)
  throw new Error(`reading the settings: ${whose} has a test key, which only a test root admits; give a file`)
}

/** The explorer begins with the root that this process began with, and says so. */
function explorerOf({ explorer: folder = '', publicUrl }: Config, root: readonly Signed[]): Pages {
  const place = JSON.stringify({ root: root[0], registries: [publicUrl] })
  return { folder, at: ['/'], place, calls: callsUnder({ test: isTest(root) }) }
}

function isTest([genesis]: readonly Signed[]): boolean {
  return genesis !== undefined && readSigned(rootNoun, genesis).payload.test
}

/** The client for what is called from here, which is loaded only where somebody is. */
async function outboundFor({ follows, witnesses }: Config, root: readonly Signed[]): Promise<Outbound | undefined> {
  if (follows.length + witnesses.length === 0) return undefined
  const { createOutbound } = await import('@dcann/http/outbound')
  return createOutbound({ allowLoopbackHttp: isTest(root), mostBytes: 32 * 1024 * 1024 })
}

async function refuse(): Promise<never> {
  throw new Error('calling out: nothing in the settings says whom')
}

function mirrorJobs(registry: Registry, logger: Logger): Record<string, Job> {
  return Object.fromEntries(
    [...registry.sources.keys()].map((zone) => [`follow-${zone}`, followZone(registry, zone, logger)]),
  )
}

function delegatedJob(registry: Registry, fetch: Outbound, logger: Logger): Record<string, Job> {
  const clientOf = (url: string): LogClient => createLogClient({ fetch }, url)
  return { 'follow-delegated': followDelegated({ ...registry, clientOf }, logger) }
}

function handingJobs(
  { store, heads, zones }: Registry,
  witnesses: readonly string[],
  fetch: Outbound,
  logger: Logger,
): Record<string, Job> {
  const hander = createHander({ store, heads, fetch: async (url, init) => await fetch(url, init) })
  return Object.fromEntries(
    witnesses.map((prefix, i) => [
      `witness-${i + 1}`,
      handHeads({ heads, hander, zones: [...zones.keys()] }, prefix, logger),
    ]),
  )
}

function storeOptions({ store }: Config, logger: Logger): PlaceOptions {
  const { check, restored } = store
  return {
    check,
    restored,
    ownerOf,
    onFinding: ({ code }) => logger.warn('store opened with a finding', { part: 'store', code }),
  }
}

/** A process of its own, and its store, are what an operator watches. */
function measured(opened: OpenedStore, metrics: Metrics): OpenedStore {
  measureProcess(metrics)
  measureStore(metrics, () => opened.figures())
  return opened
}

function writerOf({ store }: Config): string {
  return ('url' in store && store.writer) || 'main'
}

function headsOf({ store }: Config): string | undefined {
  return 'url' in store ? store.heads : undefined
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Why it did not start, its code first where it has one: the README says what to do about each. */
function wordsOf(error: unknown): string {
  if (isStoreError(error) || error instanceof ProtocolError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

if (import.meta.main) {
  process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${wordsOf(error)}\n`)
    return 1
  })
  // a failed store leaves connections open that nobody must answer on
  if (process.exitCode !== 0) process.exit()
}
