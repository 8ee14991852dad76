// Starts a federation on loopback, tells its story, and stays up: npm start [-- --exit] [-- --checks] [-- --step] [-- --json] [-- --store postgres]
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { plainFetch } from '../packages/cli/src/plain-fetch.ts'
import { preferPorts } from './federation/part.ts'
import { type Federation, startFederation } from './federation/parts.ts'
import { postgresMissing, type PostgresServer, startPostgres } from '../test/postgres/server.ts'
import { acts } from './story/acts.ts'
import { NotAsTold, openStage, root, runCheck, type Told } from './story/stage.ts'

const folder = process.env['DCANN_DEMO_FOLDER'] ?? 'demo'
const seed = 'demo'

const { values: options } = parseArgs({
  options: {
    checks: { type: 'boolean' },
    exit: { type: 'boolean' },
    step: { type: 'boolean' },
    json: { type: 'boolean' },
    store: { type: 'string', default: 'level' },
  },
})
if (!['level', 'postgres'].includes(options.store)) {
  console.error(`--store ${options.store}: expected level or postgres`)
  process.exit(2)
}
const say = (line = ''): void => {
  if (!options.json) console.log(line)
}
let federation: Federation | undefined
let database: PostgresServer | undefined
let entered: AsyncIterator<string> | undefined
const began = performance.now()

try {
  await checkVerifyStrict()
  federation = await begin()
  // while the story is told, Ctrl-C ends everything that was started
  process.once('SIGINT', () => void end(130)).once('SIGTERM', () => void end(143))
  await tell(federation)
  if (!options.exit) await stayUp(federation)
  await end(0)
} catch (error) {
  const told =
    error instanceof NotAsTold
      ? `not as it should be: ${error.message}`
      : error instanceof Error
        ? error.message
        : String(error)
  console.error(`\n${told}`)
  await end(1)
}

async function begin(): Promise<Federation> {
  const at = join(root, folder)
  const mark = join(at, '.made-by-npm-start')
  if (existsSync(at) && !existsSync(mark))
    throw new Error(`the folder ${folder} is there and npm start did not make it; move it away first`)
  rmSync(at, { recursive: true, force: true })
  mkdirSync(at, { recursive: true })
  writeFileSync(mark, '')
  say(`DCANN, a federation on this machine. Everybody in it is made up; keys are made from the seed "${seed}".`)
  if (options.store === 'postgres') database = await startDatabase()
  const ports = await preferPorts(folder === 'demo' ? 4700 : 4720, 13)
  // what is compiled by now the others find done
  flushCompileCache()
  return await startFederation({
    folder: at,
    seed,
    ports,
    othersLater: true,
    witnessed: true,
    fetch: plainFetch,
    database: database?.url,
  })
}

/** A PostgreSQL of the demo's own, which goes away with it. */
async function startDatabase(): Promise<PostgresServer> {
  if (postgresMissing !== undefined) throw new Error(`--store postgres: ${postgresMissing}; leave it out`)
  const server = await startPostgres()
  say(`Registry and vault nodes keep what they know in PostgreSQL, at 127.0.0.1:${server.port}.`)
  return server
}

async function tell(running: Federation): Promise<void> {
  const stage = openStage(running, folder)
  let checked = 0
  const missing: string[] = []
  for (const [i, act] of acts.entries()) {
    const told = await Promise.race([act(stage), ...running.parts.map(died)])
    // what uses our own code says the same again; a doubter, and `--checks`, run it all the same
    const result = told.check.byOthers || options.checks ? await runCheck(told.check) : 'held'
    if (result === 'broken')
      throw new NotAsTold(`the check of act ${i + 1} does not say what it should: ${told.check.command}`)
    if (result === 'missing') missing.push(told.check.command.split(' ')[0] ?? '')
    else if (told.check.byOthers) checked++
    print(i + 1, told)
    if (options.step) await pause()
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const last = `${acts.length} claims, ${acts.length} shown, ${checked} checked by others' tools, in ${seconds} s.`
  say()
  if (missing.length) say(`Not checked, for these tools are not here: ${[...new Set(missing)].join(', ')}.`)
  say(last)
  if (options.json)
    console.log(
      JSON.stringify({
        claims: acts.length,
        shown: acts.length,
        checked_by_others: checked,
        missing,
        seconds: Number(seconds),
      }),
    )
}

/** A part that ends by itself ends the story; one that the story kills does not. */
async function died(part: Federation['parts'][number]): Promise<never> {
  throw new NotAsTold(await part.died)
}

function print(number: number, { claim, proof, check }: Told): void {
  if (options.json)
    return console.log(
      JSON.stringify({ act: number, claim, proof, check: check.command, by_others: check.byOthers ?? false }),
    )
  say(`${String(number).padStart(2)}  ${claim}`)
  for (const line of proof) say(`    ${line}`)
  say(`    check: ${check.command}`)
}

/** Waits for Enter; once the input has ended, for nothing. */
async function pause(): Promise<void> {
  say('    (Enter for the next act)')
  entered ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  await entered.next()
}

async function stayUp({ parts, registry, startPages, walletUrl, shopUrl, consoles }: Federation): Promise<void> {
  if (await buildPages()) {
    await startPages()
    say('In a browser:')
    say(`    a wallet, for a person      ${walletUrl}/`)
    say(`    a shop that asks            ${shopUrl}/`)
    say(`    the insurer's console       ${consoles.insurer.url}/`)
    say(`    the explorer, for anybody   ${registry.url}/`)
  }
  say('Still up, until Ctrl-C:')
  for (const { name, url } of parts) say(`    ${name} ${url}`)
  await new Promise(() => {})
}

/** Builds the pages, once; whether it could. Only a whole install brings what builds them. */
async function buildPages(): Promise<boolean> {
  try {
    const { apps, keepBuilt } = await import('./web/bundle.ts')
    for (const app of apps) await keepBuilt(app)
    return true
  } catch (error) {
    say(`The pages are not built: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

async function end(status: number): Promise<never> {
  // what an act had in flight breaks off with the processes it spoke to
  process.on('unhandledRejection', () => {})
  await federation?.stop()
  await database?.remove()
  process.exit(status)
}
