import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { keyDigest } from '@dcann/protocol/key'
import type { PassportRecord } from '@dcann/protocol/passport'
import { resolutionSchema } from '@dcann/protocol/resolution'
import { createLogClient } from '@dcann/sdk/log-client'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dispatch } from '../../packages/cli/src/dispatch.ts'
import { createScreen } from '../../packages/cli/src/screen.ts'
import { freePorts, type Part } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { makeHolder, signPassport, signPassportAfter, type Written } from '../cast.ts'

let base: string
let federation: Federation
let university: Part
let newspaper: Part

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dcann-watching-'))
  federation = await startFederation({
    folder: join(base, 'federation'),
    seed: 'watching',
    ports: await freePorts(11),
    withoutCompanies: true,
    witnessed: true,
  })
  const [first, second] = federation.witnesses
  if (!first || !second) throw new Error('starting: a witness is missing')
  university = first
  newspaper = second
  // the vault nodes are not what is watched here
  await Promise.all([federation.pune.end(), federation.tallinn.end()])
}, 120_000)

afterAll(async () => {
  await federation?.stop()
  await rm(base, { recursive: true, force: true })
})

const asha = makeHolder('watching/asha')
const thief = makeHolder('watching/thief')

async function at(machine: string, ...args: string[]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const code = await dispatch([...args, '--home', join(base, machine)], createScreen({ stdin, stdout, stderr }))
  const written = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '')
  return { code, out: written(stdout), err: written(stderr) }
}

const now = (): number => Math.floor(Date.now() / 1000)

async function submit(record: Written<PassportRecord>): Promise<Written<PassportRecord>> {
  await createRegistryClient(federation.world(), federation.registry.url).submit(record.signed)
  await untilShown(federation.registry.url, record)
  return record
}

/** Until the address resolves the passport to this record: its head has been cosigned, and followed there. */
async function untilShown(url: string, { id, payload }: Written<PassportRecord>): Promise<void> {
  const client = createRegistryClient(federation.world(), url)
  for (let tries = 0; tries < 400; tries++) {
    const found = await client.resolution('IN', payload.name).catch(() => undefined)
    if (found?.proof?.map.leaf?.record === id) return
    await wait(50)
  }
  throw new Error(`waiting: ${url} does not show record ${payload.seq}`)
}

/** The signed heads in an alarm's evidence, opened under the zone's own log key. */
async function headsIn(file: string): Promise<number[]> {
  const { alarms } = JSON.parse(await readFile(file, 'utf8')) as { alarms: { before: unknown; after: unknown }[] }
  const { origin, key } = federation.cast.countries.IN.record.payload.log
  return await Promise.all(
    alarms
      .flatMap(({ before, after }) => [before, after])
      .map(async (each) => {
        const note = resolutionSchema.parse(each).proof?.head.checkpoint ?? ''
        return (await openCheckpoint(note, { name: origin, key })).size
      }),
  )
}

test('a holder, an operator and anybody watch real processes, through kills, and an alarm is heard within one poll', async () => {
  const { cast, registry, rootFile } = federation
  for (const machine of ['holder', 'operator'])
    expect((await at(machine, 'setup', '--root', rootFile, '--registry', registry.url)).code).toBe(0)
  const born = await submit(await signPassport(asha, 'IN', cast.nodes.tallinn, now()))
  const { name } = born.payload
  const watch = ['monitor', '--passport', name, '--evidence', join(base, 'alarm.json')]

  // nothing is wrong: of a passport, a zone, everything, and from the log alone
  expect(await at('holder', ...watch, '--once')).toMatchObject({ code: 0, err: '' })
  expect(await at('holder', ...watch, '--once')).toMatchObject({ code: 0, out: expect.stringContaining('as before') })
  for (const zone of [['--zone', 'IN'], []]) {
    const looked = await at('operator', 'monitor', '--once', ...zone)
    expect(looked).toMatchObject({ code: 0, out: expect.stringMatching(/IN: \d+ acts.*every one replayed/) })
  }
  const saved = join(base, 'in-log')
  expect((await at('operator', 'verify-log', '--zone', 'IN', '--save', saved)).out).toContain('Everything holds.')

  // a witness is killed: the other one is a quorum; the mirror is killed: it goes on where it was
  await university.end('SIGKILL')
  const fed = await submit(await signPassportAfter(born, asha, {}, now()))
  await newspaper.end('SIGKILL')
  await Promise.all([university.again(), newspaper.again()])
  await untilShown(newspaper.url, fed)
  await untilShown(university.url, fed)
  expect(await at('holder', ...watch, '--once', '--accept')).toMatchObject({ code: 0, err: '' })

  // a rotation that the holder did not make, while the monitor runs
  const watching = at('holder', ...watch, '--every', '1')
  const stolen = await submit(
    await signPassportAfter(fed, asha, { keys: [asha.next.key], next: [keyDigest(thief.next.key)] }, now(), [
      asha.next,
    ]),
  )
  expect(await watching).toMatchObject({ code: 1, out: expect.stringContaining('If it is not yours, recover now') })
  const [before = 0, after = 0] = await headsIn(join(base, 'alarm.json'))
  expect(before).toBeGreaterThan(0)
  expect(after).toBeGreaterThan(before)

  // swapped and put back between two polls: the keys are as they were, and it is an alarm
  await at('holder', ...watch, '--once', '--accept')
  const stranger = makeHolder('watching/stranger')
  const swapped = await submit(
    await signPassportAfter(stolen, thief, { keys: [thief.next.key], next: [keyDigest(asha.next.key)] }, now(), [
      thief.next,
    ]),
  )
  await submit(
    await signPassportAfter(swapped, asha, { keys: [asha.next.key], next: [keyDigest(stranger.next.key)] }, now(), [
      asha.next,
    ]),
  )
  expect(await at('holder', ...watch, '--once')).toMatchObject({ code: 1, out: expect.stringContaining('record 5') })
  expect(await headsIn(join(base, 'alarm.json'))).toHaveLength(2)

  // whoever saved the log verifies it with nobody up, and every store is whole
  const shown = createLogClient(federation.world(), registry.url)
  expect((await shown.checkpoint('IN')).split('\n').length).toBeGreaterThan(5)
  await Promise.all([registry.end('SIGKILL'), university.end('SIGKILL'), newspaper.end()])
  expect((await at('operator', 'verify-log', '--zone', 'IN', '--saved', saved)).out).toContain('Everything holds.')
  for (const part of ['registry', 'university', 'newspaper']) {
    const checked = await at('operator', 'fsck', '--config', join(base, 'federation', part, 'config.json'))
    expect([part, checked.out]).toEqual([part, expect.stringContaining('Everything holds.')])
  }
})
