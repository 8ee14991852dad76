import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dispatch } from '../../packages/cli/src/dispatch.ts'
import { createScreen } from '../../packages/cli/src/screen.ts'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { startAgain } from '../faults/vault-work.ts'

let base: string
let federation: Federation

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dcann-life-'))
  federation = await startFederation({
    folder: join(base, 'federation'),
    seed: 'life',
    ports: await freePorts(5),
    withoutCompanies: true,
  })
}, 120_000)

afterAll(async () => {
  await federation?.stop()
  await rm(base, { recursive: true, force: true })
})

type Ended = { readonly code: number; readonly out: string; readonly err: string }

/** A person at a machine of theirs, with a folder that is not there at first. */
function at(machine: string): (...args: string[]) => Promise<Ended> {
  return async (...args) => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const code = await dispatch([...args, '--home', join(base, machine)], createScreen({ stdin, stdout, stderr }))
    const written = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '')
    return { code, out: written(stdout), err: written(stderr) }
  }
}

async function told<T>(run: (...args: string[]) => Promise<Ended>, ...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json')
  expect({ code, err, out: code === 0 ? '' : out }).toEqual({ code: 0, err: '', out: '' })
  // `as`: each caller says what it looks at, and fails where it is not there
  return JSON.parse(out) as T
}

test('a passport is protected, changed, lost to a thief, got back from an empty folder, and ended', async () => {
  const home = at('home')
  const byRegistry = ['--root', federation.rootFile, '--registry', federation.registry.url]
  await told(home, 'setup', ...byRegistry)
  const { identifier } = await told<{ identifier: string }>(
    home,
    'passport',
    'create',
    '--zone',
    'IN',
    '--node',
    'EE/node/tallinn',
  )
  const { recovery_sheet: sheet, followed } = await told<{ recovery_sheet: string; followed: boolean }>(
    home,
    'passport',
    'protect',
  )
  expect(followed).toBe(true)
  expect(sheet).toMatch(/^([0-9A-Z]{5}-){13}[0-9A-Z]{5}$/)
  const { card } = await told<{ card: string }>(home, 'card', 'make')

  // the vault is killed, and goes on where it was
  const rotated = await told<{ seq: number; followed: boolean }>(home, 'passport', 'rotate')
  expect(rotated).toMatchObject({ seq: 3, followed: true })
  await federation.tallinn.end('SIGKILL')
  await startAgain(federation.tallinn)
  expect(await told(home, 'passport', 'show')).toMatchObject({ identifier, strands: [] })

  // whoever has the wallet changes the key; its owner's copy opens nothing any more
  const elsewhere = at('elsewhere')
  await told(elsewhere, 'setup', ...byRegistry)
  await writeFile(join(base, 'sheet'), sheet)
  const stranger = await elsewhere('passport', 'recover', identifier, '--sheet', join(base, 'nothing'))
  expect(stranger).toMatchObject({ code: 1 })
  expect(stranger.err).toContain('there is no file')
  const recovered = await told<{ seq: number; undone: string; followed: boolean; node: string }>(
    elsewhere,
    'passport',
    'recover',
    identifier,
    '--sheet',
    join(base, 'sheet'),
    '--undo',
  )
  expect(recovered).toMatchObject({ seq: 4, followed: true, node: 'EE/node/tallinn' })
  expect(recovered.undone).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const former = await home('passport', 'show')
  expect(former).toMatchObject({ code: 1 })
  expect(former.err).toContain('dcann passport recover')
  expect(await told(elsewhere, 'passport', 'show')).toMatchObject({ identifier })
  const trail = await elsewhere('trail')
  for (const word of ['changed', 'rotated', 'recovered']) expect(trail.out).toContain(word)
  expect(await elsewhere('resolve', identifier, '--settled')).toMatchObject({ code: 1 })
  expect((await elsewhere('resolve', identifier)).out).toContain('Settled')

  // a card that was made before still stops, and an ended passport is over
  const stopped = await elsewhere('stop', '--card', card.split(' ')[1] ?? '', '--node', 'EE/node/tallinn')
  expect(stopped).toMatchObject({ code: 0 })
  expect(await elsewhere('passport', 'end')).toMatchObject({ code: 1 })
  expect(await told(elsewhere, 'passport', 'end', '--yes')).toMatchObject({ seq: 5, ended: true, followed: true })
  expect((await elsewhere('resolve', identifier)).out).toContain('ended')
  expect(await elsewhere('passport', 'rotate')).toMatchObject({ code: 1 })
}, 120_000)

test('people who were named get a passport back together, and one of them does not', async () => {
  const byRegistry = ['--root', federation.rootFile, '--registry', federation.registry.url]
  const [home, elsewhere] = [at('friend-of-three'), at('recovered-by-two')]
  const keys = ['a', 'b', 'c'].map((name) => join(base, `${name}.key`))
  const [set, after] = [join(base, 'set.json'), join(base, 'set-after.json')]
  await told(home, 'setup', ...byRegistry)
  await told(elsewhere, 'setup', ...byRegistry)
  for (const key of keys) await told(home, 'key', 'make', key)
  const where = ['--zone', 'EE', '--node', 'EE/node/tallinn']
  const { identifier } = await told<{ identifier: string }>(home, 'passport', 'create', ...where)
  const named = keys.flatMap((key) => ['--key', key])
  await told(home, 'passport', 'protect', ...named, '--threshold', '2', '--out', set)
  const by = (...some: readonly string[]): string[] => [
    ...['passport', 'recover', identifier, '--set', set, '--out', after],
    ...some.flatMap((key) => ['--key', key]),
  ]
  const alone = await elsewhere(...by(keys[0] ?? ''))
  expect(alone.code).not.toBe(0)
  expect(alone.err).toContain('1 more key')
  expect(await told(elsewhere, ...by(...keys.slice(0, 2)))).toMatchObject({ seq: 3, followed: true, file: after })
  expect(await told(elsewhere, 'passport', 'show')).toMatchObject({ identifier })
  // the set was shown, so another one stands in its place
  const again = at('recovered-again')
  await told(again, 'setup', ...byRegistry)
  expect((await again(...by(...keys.slice(1)).map((word) => (word === set ? after : word)))).err).toContain(
    'another set',
  )
}, 120_000)
