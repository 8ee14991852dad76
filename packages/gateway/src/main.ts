import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { serveAdmin } from '@dcann/http/admin'
import { runJobs } from '@dcann/http/jobs'
import { createLogger, errorFields, type Logger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { createOutbound } from '@dcann/http/outbound'
import type { Pages } from '@dcann/http/pages'
import { serveScript } from '@dcann/http/script'
import { serve, untilSignalled } from '@dcann/http/serve'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { readRootFile } from '@dcann/sdk/trust'
import { openStore } from '@dcann/store/open'
import { createGateway } from './app.ts'
import { type Config, readConfig, readPassphrase } from './config.ts'
import { fsck } from './fsck.ts'
import { openKey } from './keys/open.ts'
import { openSealing } from './keys/sealing.ts'
import { makeSeedFile, type SeedUse } from './keys/seed-file.ts'
import { seenInStore } from './seen.ts'

/** A gateway at work. */
export type Running = {
  readonly url: string
  readonly consoleUrl: string
  /** Resolves when everything under way has ended and the store is closed. */
  readonly stop: () => Promise<void>
}

/** Starts a gateway. Rejects, with everything closed again, when key, root, store or a port cannot be had. */
export async function start(config: Config, ports: { readonly logger?: Logger } = {}): Promise<Running> {
  const { logger = createLogger({ name: 'gateway', level: config.logLevel }) } = ports
  logger.info('signatures are judged', { engine: await checkVerifyStrict() })
  const pinned = readRootFile(readFileSync(config.root, 'utf8'))
  const isTest = readSigned(rootNoun, pinned).payload.test
  const opened: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0)) await close()
  }
  try {
    const { signer, close } = await openKey(config.key, isTest)
    opened.unshift(close)
    const sealing = await openSealing(config.sealing, isTest)
    opened.unshift(sealing.close)
    const store = await openStore(config.store, {
      check: config.check,
      onFinding: ({ code }) => logger.warn('store finding', { code }),
      // what a failed sync left behind is unknown: nothing may be answered from it
      onFailed: (error) => {
        logger.error('store failed', errorFields(error))
        process.exit(1)
      },
    })
    opened.unshift(() => store.close())
    const fetch = createOutbound({ allowLoopbackHttp: isTest })
    opened.unshift(() => fetch.close())
    const now = (): number => Date.now() / 1000
    const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))
    const metrics = createMetrics()
    const { publicApp, consoleApp, jobs } = createGateway({
      ...config,
      name: config.requester,
      consoleUrl: `http://127.0.0.1:${config.console.port}`,
      signer,
      sealing,
      pinned,
      store,
      world: { fetch, now, random, seen: seenInStore(store) },
      logger,
      metrics,
    })
    const ending = new AbortController()
    const working = runJobs(jobs, { signal: ending.signal, now, logger, metrics })
    opened.unshift(() => (ending.abort(), working))
    const pages = config.pages === undefined ? {} : { pages: consoleOf(config.pages, config, pinned) }
    const console = await serveAdmin(consoleApp, { ...config.console, logger, metrics, ...pages })
    opened.unshift(() => console.close())
    const early = config.pages === undefined ? [] : [serveScript('/ask.js', join(config.pages, 'element', 'ask.js'))]
    const serving = await serve(publicApp, { host: config.host, port: config.port, logger, metrics, early })
    opened.unshift(() => serving.close())
    return { url: serving.url, consoleUrl: console.url, stop: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** The console's pages, told which root evidence is proved from, and where the person before them finds the token. */
function consoleOf(pages: string, { requester, registries, console: { tokenFile } }: Config, root: Signed): Pages {
  const place = JSON.stringify({ root, registries, requester, token_file: tokenFile })
  return { folder: join(pages, 'console'), at: ['/'], place, calls: '' }
}

/** Makes a key for `key.file`, or for one of `sealing`, sealed under a passphrase; gives its public half. */
export async function makeKey(file: string, passphraseFile: string | undefined, use: SeedUse): Promise<string> {
  return await makeSeedFile(file, readPassphrase(passphraseFile), use)
}

/** `node packages/gateway/src/main.ts --config gateway.json [--fsck]` */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, fsck: { type: 'boolean' } } })
  if (values.config === undefined)
    throw new Error('starting: expected --config and a file; example: --config gateway.json')
  const config = readConfig(values.config)
  if (values.fsck) return (await fsck(config, (line) => process.stdout.write(`${line}\n`))) ? 0 : 1
  const running = await start(config)
  await untilSignalled()
  await running.stop()
  return 0
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    process.stderr.write(`gateway: ${error instanceof Error ? error.message : 'failed'}\n`)
    return 1
  })
}
