import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { canonicalText } from '@dcann/protocol/canonical'
import { type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import { recordAnswer } from '@dcann/protocol/registry-api'
import { passportResolutionSchema, statementNoun } from '@dcann/protocol/resolution'
import { proveSigned, readSigned } from '@dcann/protocol/signed'
import type { z } from 'zod'
import { type Cast, type Holder, makeCast, makeHolder, signPassport, signPassportAfter, type Written } from '../cast.ts'

const clients = 8

/** The registry as it is, and one over a store that drops what it acknowledged. */
export const registry = fileURLToPath(new URL('../../registry/src/main.ts', import.meta.url))
export const dropping = fileURLToPath(new URL('../processes/registry-dropping.ts', import.meta.url))

/** What one client has sent under one name, and how much of it was acknowledged. */
export type Story = { readonly holder: Holder; readonly sent: Written<PassportRecord>[]; acknowledged: number }

/** A registry's folder and settings. */
export type RegistryBench = {
  readonly folder: string
  readonly cast: Cast
  readonly now: number
  readonly config: string
}

let made = 0

/** Makes the settings of a registry of three zones in an empty folder. */
export async function settleRegistry(folder: string): Promise<RegistryBench> {
  const now = Math.floor(Date.now() / 1000)
  const cast = await makeCast('registry-kill', now)
  const config = join(folder, 'config.json')
  writeFileSync(join(folder, 'root.json'), JSON.stringify(cast.root.signed))
  writeFileSync(join(folder, 'records.json'), JSON.stringify(cast.records))
  const settings = {
    publicUrl: 'https://registry.example',
    port: 0,
    store: { folder: 'store' },
    zones: [
      { zone: 'root', testKey: 'registry-kill/root/log' },
      { zone: 'IN', testKey: 'registry-kill/country/IN/log' },
      { zone: 'EE', testKey: 'registry-kill/country/EE/log' },
    ],
    rootFile: 'root.json',
    recordFiles: ['records.json'],
  }
  writeFileSync(config, JSON.stringify(settings))
  return { folder, cast, now, config }
}

/** Starts a registry and kills it `afterMs` later, whether it listens by then or not. */
export async function killStarting(bench: RegistryBench, afterMs: number): Promise<void> {
  const child = launch(bench, registry, '--config', bench.config)
  const gone = once(child, 'exit')
  await wait(afterMs)
  child.kill('SIGKILL')
  await gone
}

/** Lets clients submit until so many records were acknowledged, then kills the process without warning. */
export async function writeAndKill(
  bench: RegistryBench,
  main: string,
  stories: Story[],
  acks: number,
  afterMs: number,
): Promise<void> {
  const { child, url } = await begin(bench, main)
  const gone = once(child, 'exit')
  for (const story of stories) {
    const unsure = story.sent[story.acknowledged]
    if (!unsure) continue
    // killed before it answered: sent again, it is taken in or was
    const answer = await submit(url, unsure)
    if (answer?.id !== unsure.id) throw new Error('submitting again: a registry does not know what it was sent')
    story.acknowledged += 1
  }
  let acknowledged = 0
  const heard = (): void => {
    acknowledged += 1
    if (acknowledged === acks) setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  await Promise.all(Array.from({ length: clients }, () => client(bench, url, stories, heard)))
  const [, signal] = (await gone) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error('killing a registry: it ended by itself')
}

/** Makes passports of two or three records one after another until nobody answers. */
async function client({ cast, now }: RegistryBench, url: string, stories: Story[], heard: () => void): Promise<void> {
  for (;;) {
    const holder = makeHolder(`holder ${made++}`)
    const story: Story = { holder, sent: [], acknowledged: 0 }
    stories.push(story)
    const last = 2 + (stories.length % 2)
    for (let seq = 1; seq <= last; seq++) {
      const before = story.sent.at(-1)
      const record = before
        ? await signPassportAfter(before, holder, {}, now)
        : await signPassport(holder, 'IN', cast.nodes.tallinn, now)
      story.sent.push(record)
      const answer = await submit(url, record)
      if (answer === undefined) return
      const expected = { zone: 'IN', name: record.payload.name, seq, id: record.id, known: false }
      if (!isDeepStrictEqual(answer, expected)) throw new Error('submitting: a registry answers for another record')
      story.acknowledged = seq
      heard()
    }
  }
}

async function submit(url: string, record: Written<PassportRecord>): Promise<z.infer<typeof recordAnswer> | undefined> {
  let response: Response
  let body: string
  try {
    response = await fetch(`${url}/v1/records`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: canonicalText(record.signed),
    })
    body = await response.text()
  } catch {
    return undefined
  }
  // a registry that lost what it acknowledged refuses what follows
  return response.ok ? recordAnswer.parse(JSON.parse(body)) : undefined
}

/** Resolves every name anew: what was acknowledged has to stand, what stands has to have been sent, and to be stated. */
export async function faultsIn(bench: RegistryBench, main: string, stories: readonly Story[]): Promise<string[]> {
  const { cast } = bench
  const { child, url } = await begin(bench, main)
  const faults: string[] = []
  for (const { sent, acknowledged } of stories) {
    const name = sent[0]?.payload.name
    const response = await fetch(`${url}/v1/resolve/${name}`)
    if (!response.ok) {
      faults.push(`${name}: ${acknowledged} acknowledged, and answered with status ${response.status}`)
      continue
    }
    const { passport } = passportResolutionSchema.parse(await response.json())
    const found = passport.records.map((signed) => readSigned(passportNoun, signed).id)
    if (!passport.statement) throw new Error('a registry that speaks for its zone has stated nothing')
    const stated = readSigned(statementNoun, passport.statement)
    const { record } = (await proveSigned(stated, [cast.countries.IN.log.key])).payload
    if (found.length < acknowledged) faults.push(`${name}: ${acknowledged} acknowledged, ${found.length} found`)
    if (found.some((id, i) => id !== sent[i]?.id)) faults.push(`${name}: stands with another record`)
    if (record !== (found.at(-1) ?? null)) faults.push(`${name}: stated otherwise than it stands`)
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  return faults
}

/** Starts a registry and waits until it listens. */
async function begin(bench: RegistryBench, main: string): Promise<{ child: ChildProcess; url: string }> {
  const child = launch(bench, main, '--config', bench.config)
  const lines = createInterface(child.stdout)
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`starting a registry: it ended with status ${code}`)))
    lines.on('line', (line) => {
      // a line of the registry's own logger
      const { event, port } = JSON.parse(line) as { event?: string; port?: number }
      if (event === 'listening' && port !== undefined) resolve(port)
    })
  })
  return { child, url: `http://127.0.0.1:${port}` }
}

export async function fsckRegistry(bench: RegistryBench): Promise<{ code: number | null; said: string }> {
  const child = launch(bench, registry, '--config', bench.config, '--fsck')
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  // what 'close' carries first
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

function launch({ folder }: RegistryBench, main: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'compiled') },
  })
}
