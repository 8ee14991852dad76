import { readFileSync } from 'node:fs'
import cluster from 'node:cluster'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serveAdmin } from '@dcann/http/admin'
import { runJobs } from '@dcann/http/jobs'
import { createLogger, errorFields, type Logger } from '@dcann/http/log'
import { createMetrics, type Metrics } from '@dcann/http/metrics'
import { createOutbound, refuseUrl } from '@dcann/http/outbound'
import { serve, untilSignalled } from '@dcann/http/serve'
import { measureProcess, measureStore } from '@dcann/http/vitals'
import { startWorkers, untilAskedToLeave, watchWorkers } from '@dcann/http/workers'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import { parseName } from '@dcann/protocol/name'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned } from '@dcann/protocol/signed'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { readRootFile } from '@dcann/sdk/trust'
import type { World as SdkWorld } from '@dcann/sdk/world'
import { BEAT_MS, createClaim, soleClaim } from '@dcann/store/claim'
import { openPlace } from '@dcann/store/engines'
import type { Store } from '@dcann/store/store'
import { randomBytes } from 'node:crypto'
import { createVault, jobsForAll } from './app.ts'
import { type Config, openKeys, readConfig } from './config.ts'
import { watchOwnRecord } from './following/own-record.ts'
import { passportsBy, requestersBy, selfBy, submitBy, zoneActsBy } from './following/registries.ts'
import { seenInStore } from './following/seen.ts'
import { checkVault } from './fsck.ts'
import { ownerOf } from './owner.ts'
import type { World } from './world.ts'

/** A vault node at work. */
export type Running = {
  readonly url: string
  readonly adminUrl: string | undefined
  /** Resolves when everything under way has ended and the store is closed; `gently` also lets idle connections live out. */
  readonly stop: (gently?: boolean) => Promise<void>
}

const world: World = {
  now: () => Date.now() / 1000,
  monotonic: () => performance.now(),
  random: (bytes) => new Uint8Array(randomBytes(bytes)),
}

/** What a test hands in: another logger, or a store that stands over the one that was opened. */
export type StartPorts = {
  readonly logger?: Logger
  readonly metrics?: Metrics
  readonly overStore?: (store: Store) => Store
}

/** Starts a vault node. Rejects before it listens when keys, store, root or predicate are not as they must be. */
export async function start(config: Config, ports: StartPorts = {}): Promise<Running> {
  const {
    logger = createLogger({ name: 'vault-node' }),
    metrics = createMetrics(),
    overStore = (store) => store,
  } = ports
  const engine = await checkVerifyStrict()
  const keys = openKeys(config)
  const pinned = readRootFile(readFileSync(config.root, 'utf8'))
  const isTest = readSigned(rootNoun, pinned).payload.test
  if (config.testSeed !== undefined && !isTest)
    throw new Error('starting: testSeed is for test roots only; take it out of the configuration')
  const opened = await openPlace(config.store, {
    check: config.check,
    ownerOf,
    onFinding: (finding) => logger.warn('store finding', { code: finding.code }),
    // what a failed sync left behind is unknown: nothing may be answered from it
    onFailed: (error) => {
      logger.error('store failed', errorFields(error))
      process.exit(1)
    },
  })
  measureProcess(metrics)
  measureStore(metrics, () => opened.figures())
  const store = overStore(opened)
  // a resolution carries up to 256 records of a zone
  const outbound = createOutbound({ allowLoopbackHttp: isTest, mostBytes: 16 * 1024 * 1024 })
  // of what inboxes answer only the status counts
  const callOut = createOutbound({ allowLoopbackHttp: isTest, deadlineMilliseconds: 5_000, mostBytes: 16 * 1024 })
  const stopping = new AbortController()
  try {
    const outside: SdkWorld = { fetch: outbound, now: world.now, random: world.random, seen: seenInStore(store) }
    const openResolver = async (): Promise<Resolver> =>
      await createResolver({ world: outside, pinned, registries: config.registries })
    const resolver = await openResolver()
    const vault = await createVault({
      name: config.name,
      publicUrl: new URL(config.publicUrl).origin,
      store,
      world,
      logger,
      metrics,
      identitySigner: keys.identity,
      assertionSigner: keys.assertion,
      cursorSecret: keys.cursorSecret,
      resolveRequester: requestersBy(resolver),
      submit: submitBy(resolver, outside),
      readActs: zoneActsBy(resolver, outside),
      resolveSelf: selfBy(openResolver, config.name),
      showPassport: passportsBy(resolver, outside),
      callOut,
      refusesUrl: (url) => refuseUrl(url, isTest),
      pushSecret: keys.pushSecret,
      // a database is a few round trips away, during which another request can go on
      places: config.places ?? (typeof config.store === 'string' ? 8 : 32),
      proxies: config.proxies,
      ...(config.witnesses.length > 0
        ? {
            witnessing: {
              witnesses: config.witnesses,
              policy: () => witnessPolicy(resolver.trust.current().payload, parseName(config.name).zone),
            },
          }
        : {}),
      closing: stopping.signal,
    })
    const serving = await serve(vault.app, {
      host: config.host,
      port: config.port,
      logger,
      metrics,
      refuse: vault.shedding.atHead,
    })
    const admin = config.admin ? await serveAdmin(undefined, { ...config.admin, logger, metrics }) : undefined
    // what is done once for the whole node is done by one of its processes
    const claim =
      typeof config.store === 'string'
        ? soleClaim()
        : createClaim(opened, 'vault-jobs', config.store.writer ?? 'main', () => '')
    const jobs = runJobs(
      {
        claim: async () => (await claim.beat(), BEAT_MS),
        ...asJobs(vault.jobs, claim.isHeld),
        root: async () => (await resolver.trust.refresh(), 60_000),
        record: watchOwnRecord(
          openResolver,
          {
            name: config.name,
            url: new URL(config.publicUrl).origin,
            identityKey: keys.identity.key,
            assertionKey: keys.assertion.key,
          },
          logger,
        ),
      },
      { signal: stopping.signal, now: world.now, logger, metrics },
    )
    logger.info('serving', { part: `${config.name}, Ed25519 by ${engine}`, port: serving.port })
    return {
      url: serving.url,
      adminUrl: admin?.url,
      stop: async (gently = false) => {
        stopping.abort()
        await Promise.all([serving.close(undefined, gently), admin?.close(), jobs.then(() => claim.letGo())])
        await callOut.close()
        await outbound.close()
        await store.close()
      },
    }
  } catch (error) {
    await callOut.close()
    await outbound.close()
    await store.close()
    throw error
  }
}

function asJobs(
  rounds: Awaited<ReturnType<typeof createVault>>['jobs'],
  isMine: () => boolean,
): Parameters<typeof runJobs>[0] {
  return Object.fromEntries(
    Object.entries(rounds).map(([name, round]) => [
      name,
      async (_: AbortSignal, now: () => number) =>
        jobsForAll.includes(name) && !isMine() ? BEAT_MS : await round(Math.floor(now())),
    ]),
  )
}

/** Checks a stopped node's store: every value, then every chain. Prints what is wrong; returns whether nothing is. */
export async function fsck(config: Config, print: (line: string) => void): Promise<boolean> {
  return await checkVault(config, print)
}

/** Serves until it is told to stop; as several processes over one database where more than one is asked for. */
export async function run(file: string, workers: number | undefined, ports: StartPorts = {}): Promise<void> {
  if (workers !== undefined && !cluster.isWorker) return await runWorkers(file, workers, ports)
  const config = readConfig(file)
  const metrics = createMetrics()
  // whoever watches over it serves the operator
  const running = await start(cluster.isWorker ? { ...config, admin: undefined } : config, { metrics, ...ports })
  const leave = untilAskedToLeave(() => metrics.render()).then(() => 'leave')
  const why = await Promise.race([untilSignalled(), leave])
  await running.stop(why === 'leave')
  if (cluster.isWorker) process.exit(0)
}

/** Watches over processes that share one database and one port, and serves the operator for all of them. */
async function runWorkers(
  file: string,
  count: number,
  { logger = createLogger({ name: 'vault-node' }) }: StartPorts,
): Promise<void> {
  const { store, admin } = readConfig(file)
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new Error(`starting workers: expected 1 to 64 of them, got ${count}`)
  if (typeof store === 'string')
    throw new Error(
      'starting workers: the store is a folder, which one process owns; put it into a database (dcann store copy), or leave --workers out',
    )
  const workers = await startWorkers({
    count,
    program: fileURLToPath(import.meta.url),
    args: ['--config', file],
    envOf: (slot) => ({ DCANN_VAULT_WRITER: `${store.writer ?? 'main'}-${slot}` }),
    logger,
  })
  const metrics = createMetrics()
  const serving = admin && (await serveAdmin(undefined, { ...admin, logger, metrics, render: workers.metrics }))
  await watchWorkers(workers)
  await serving?.close()
}

/** `node vault-node/src/main.ts --config file.json [--fsck | --workers n]` */
async function main(words: readonly string[]): Promise<void> {
  const file = words[words.indexOf('--config') + 1]
  if (!words.includes('--config') || file === undefined) {
    throw new Error('starting: expected --config and a file; example: --config vault.json')
  }
  if (words.includes('--fsck')) {
    process.exitCode = (await fsck(readConfig(file), (line) => process.stdout.write(`${line}\n`))) ? 0 : 1
    return
  }
  await run(file, words.includes('--workers') ? Number(words[words.indexOf('--workers') + 1]) : undefined)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`vault-node: ${error instanceof Error ? error.message : 'failed'}\n`)
    process.exitCode = 1
    // the channel to whoever watches would keep it
    if (cluster.isWorker) process.exit()
  })
}
