import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256, utf8 } from '@dcann/protocol/bytes'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { consent, offerOf, type Person, ridesTerm } from '../consented.ts'

const command = fileURLToPath(new URL('../../packages/cli/bin/dcann.mjs', import.meta.url))

let base: string
let nowhere: string
let federation: Federation

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dcann-stop-'))
  nowhere = join(base, 'nowhere')
  await mkdir(nowhere)
  federation = await startFederation({
    folder: join(base, 'federation'),
    seed: 'stop-card',
    ports: await freePorts(5),
    withoutCompanies: true,
  })
}, 120_000)

afterAll(async () => {
  await federation?.stop()
  await rm(base, { recursive: true, force: true })
})

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

async function dcann(args: readonly string[], home: string): Promise<Ended> {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: nowhere,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, DCANN_HOME: join(home, 'state') },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = await once(child, 'close')
  return { code: typeof code === 'number' ? code : null, out, err }
}

describe('dcann card and stop', () => {
  const seed = sha256(utf8('test/person/stop-card'))
  let person: Person
  let code: string
  let id: string
  const atHome = async (...args: string[]): Promise<string> => {
    const { code: exit, out, err } = await dcann(args, base)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    return out
  }
  /** From a folder that is empty before and after. */
  const elsewhere = async (...args: string[]): Promise<Ended> => {
    const ended = await dcann(['stop', ...args], nowhere)
    expect(await readdir(nowhere)).toEqual([])
    return ended
  }
  const byRegistry = (): string[] => ['--root', federation.rootFile, '--registry', federation.registry.url]
  const standings = async (): Promise<string[]> =>
    (await person.vault.listAgreements(person.by)).agreements.map(({ standing }) => standing)

  test('card make prints it once, within 80 columns, and it names nobody', async () => {
    await atHome('setup', ...byRegistry())
    const seedFile = join(base, 'seed')
    await writeFile(seedFile, Buffer.from(seed).toString('hex'), { mode: 0o600 })
    const made = await atHome(
      'passport',
      'create',
      '--zone',
      'IN',
      '--node',
      'EE/node/tallinn',
      '--seed-file',
      seedFile,
    )
    const identifier = (/Identifier +(IN.*)/.exec(made)?.[1] ?? '').replaceAll(' ', '')
    const node = federation.cast.nodes.tallinn
    const vault = createVaultClient(federation.world(), node.record.payload.url)
    person = { seed, identifier, by: { from: identifier, signer: controlSigner(seed) }, vault, node }
    const out = await atHome('card', 'make')
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    code = /(?:[0-9A-Z]{6}-){5}[0-9A-Z]{6}/.exec(out)?.[0] ?? ''
    expect(out).toContain('EE/node/tallinn')
    expect(out.replaceAll(' ', '')).not.toContain(identifier)
    const listed = await atHome('card', 'list')
    expect(listed).not.toContain(code)
    id = /^[A-Za-z0-9_-]{43}$/m.exec(listed)?.[0] ?? ''
  })

  test('stop holds, and takes back, from an empty folder', async () => {
    const { insurer } = federation.cast.requesters
    const world = federation.world()
    for (const term of ['one', 'two']) {
      await consent(world, person, insurer, await offerOf(world, insurer, [ridesTerm(term, ['rides_per_week'])]), [
        term,
      ])
    }
    const held = await elsewhere('--card', code, '--node', 'EE/node/tallinn', '--pause', ...byRegistry())
    expect(held).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Held: nothing leaves any more') })
    expect(await standings()).toEqual(['paused', 'paused'])
    expect(await atHome('resume', '--requester', 'EE/requester/insurer')).toMatch(/insurer: active[^]*insurer: active/)
    expect(await atHome('pause', '--requester', 'EE/requester/insurer')).toContain('gets nothing now: paused')
    await atHome('resume', '--requester', 'EE/requester/insurer')
    const typed = code.toLowerCase().replaceAll('-', ' ')
    const taken = await elsewhere('--card', typed, '--vault', person.vault.url, '--json')
    expect(JSON.parse(taken.out)).toMatchObject({ kind: 'revoke', of: { all: true } })
    expect(await standings()).toEqual(['revoked', 'revoked'])
    expect(await atHome('trail')).toContain(`everything; by the key ${id}`.slice(0, 40))
  })

  test('stop refuses a mistyped card, a card without a vault, and one that was ended', async () => {
    const wrong = code.slice(0, -1) + (code.endsWith('0') ? '1' : '0')
    expect(await elsewhere('--card', wrong, '--vault', person.vault.url)).toMatchObject({
      code: 1,
      err: expect.stringContaining('code: wallet-invalid'),
    })
    expect(await elsewhere('--card', code)).toMatchObject({ code: 2 })
    expect(await elsewhere('--card', code, '--node', 'EE/node/pune', ...byRegistry())).toMatchObject({ code: 1 })
    expect(await elsewhere('--card', code, '--node', 'EE/node/tallinn')).toMatchObject({
      code: 1,
      err: expect.stringContaining('code: not-set-up'),
    })
    expect(await atHome('card', 'end', id)).toContain('The card is ended')
    expect(await atHome('device', 'list')).toContain(`${id}: ended`)
    expect(await elsewhere('--card', code, '--vault', person.vault.url)).toMatchObject({
      code: 1,
      err: expect.stringContaining('code: not-found'),
    })
  })
})
