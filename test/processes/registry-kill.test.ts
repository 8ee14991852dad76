import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { canonicalText } from '@dcann/protocol/canonical'
import { type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import { recordAnswer } from '@dcann/protocol/registry-api'
import { passportResolutionSchema, statementNoun } from '@dcann/protocol/resolution'
import { proveSigned, readSigned } from '@dcann/protocol/signed'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cast, type Holder, makeCast, makeHolder, signPassport, signPassportAfter, type Written } from '../cast.ts'

const kills = 20
const clients = 8
const floor = kills * 12
const registry = fileURLToPath(new URL('../../registry/src/main.ts', import.meta.url))
const dropping = fileURLToPath(new URL('./registry-dropping.ts', import.meta.url))

/** What one client has sent under one name, and how much of it was acknowledged. */
type Story = { readonly holder: Holder; readonly sent: Written<PassportRecord>[]; acknowledged: number }

let folder: string
let cast: Cast
let now: number
let config: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcann-registry-kill-'))
  now = Math.floor(Date.now() / 1000)
  cast = await makeCast('registry-kill', now)
  config = join(folder, 'config.json')
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
  // what is killed keeps no compiled code, so one process ends well first
  await once(launch(registry, '--make-key', join(folder, 'unused.seed')), 'exit')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test(`a registry killed ${kills} times while it is written to keeps every record it acknowledged, whole`, async () => {
  const draw = draws(20261124)
  const stories: Story[] = []
  for (let kill = 0; kill < kills; kill++) {
    const begun = stories.length
    await writeAndKill(registry, stories, 12 + draw(24), draw(15))
    expect(stories.length).toBeGreaterThan(begun)
  }
  expect(await faultsIn(registry, stories)).toEqual([])
  expect(await fsck()).toEqual({ code: 0, said: expect.stringMatching(/ 0 problem\(s\)\n$/) })
  const acknowledged = stories.reduce((sum, story) => sum + story.acknowledged, 0)
  console.log(`registry-kill: ${kills} kills, ${acknowledged} acknowledged records (floor ${floor}), 0 lost, 0 in half`)
  expect(acknowledged).toBeGreaterThanOrEqual(floor)
})

test('the check finds a store that drops a write it has acknowledged', async () => {
  const stories: Story[] = []
  await writeAndKill(dropping, stories, 60, 0)
  expect((await faultsIn(registry, stories)).length).toBeGreaterThan(0)
})

/** Lets clients submit until so many records were acknowledged, then kills the process without warning. */
async function writeAndKill(main: string, stories: Story[], acks: number, afterMs: number): Promise<void> {
  const { child, url } = await begin(main)
  const gone = once(child, 'exit')
  for (const story of stories) {
    const unsure = story.sent[story.acknowledged]
    if (!unsure) continue
    // killed before it answered: sent again, it is taken in or was
    expect(await submit(url, unsure)).toMatchObject({ id: unsure.id })
    story.acknowledged += 1
  }
  let acknowledged = 0
  const heard = (): void => {
    acknowledged += 1
    if (acknowledged === acks) setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  await Promise.all(Array.from({ length: clients }, () => client(url, stories, heard)))
  expect(await gone).toEqual([null, 'SIGKILL'])
}

/** Makes passports of two or three records one after another until nobody answers. */
async function client(url: string, stories: Story[], heard: () => void): Promise<void> {
  for (;;) {
    const holder = makeHolder(`holder ${stories.length}`)
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
      expect(answer).toEqual({ zone: 'IN', name: record.payload.name, seq, id: record.id, known: false })
      story.acknowledged = seq
      heard()
    }
  }
}

async function submit(url: string, record: Written<PassportRecord>): Promise<unknown> {
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
async function faultsIn(main: string, stories: readonly Story[]): Promise<string[]> {
  const { child, url } = await begin(main)
  const faults: string[] = []
  for (const { sent, acknowledged } of stories) {
    const name = sent[0]?.payload.name
    const response = await fetch(`${url}/v1/resolve/${name}`)
    const { passport } = passportResolutionSchema.parse(await response.json())
    const found = passport.records.map((signed) => readSigned(passportNoun, signed).id)
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
async function begin(main: string): Promise<{ child: ChildProcess; url: string }> {
  const child = launch(main, '--config', config)
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

async function fsck(): Promise<{ code: number | null; said: string }> {
  const child = launch(registry, '--config', config, '--fsck')
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  // what 'close' carries first
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

function launch(main: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
  })
}

/** A seeded draw of a whole number below `n`. */
function draws(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return Math.floor((seed / 0x80000000) * n)
  }
}
