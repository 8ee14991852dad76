import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts, type Part } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import {
  consent,
  type Consented,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'
import { consentCases } from '../hostile/consent-cases.ts'
import { doorBattery } from '../hostile/door-battery.ts'
import { doorCases, openCases } from '../hostile/door-cases.ts'
import { rawRequest } from '../hostile/raw-request.ts'

/** Stands in her data and nowhere else; it must not come back in any error or log. */
const canary = 'Kanaarilinnu 17'

let folder = ''
let federation: Federation
let person: Person
let other: Person
let agreed: Consented
let before = ''
const pids = new Map<string, number>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-hostile-'))
  federation = await startFederation({ folder, seed: 'hostile', ports: await freePorts(5), withoutCompanies: true })
  const world = federation.world()
  person = await settlePerson(world, 'hostile', 'IN', federation.cast.nodes.tallinn)
  other = await settlePerson(world, 'hostile-other', 'EE', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, 'mobility.rides', [
    {
      at: '2026-11-01T08:00:00Z',
      body: { begin_address: canary, city: 'Tallinn' },
      tags: ['mobility.ride'],
      moment: { driver: 'experience', channel: 'offline' },
      source: 'test',
      assurance: 'self',
      about: 'holder',
    },
  ])
  const { insurer } = federation.cast.requesters
  agreed = await consent(
    world,
    person,
    insurer,
    await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])]),
    ['rate'],
  )
  before = await stateOf()
  for (const part of federation.parts) pids.set(part.name, part.pid())
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What a hostile request must not change: everything but that it was refused. */
async function stateOf(): Promise<string> {
  const { strands } = await person.vault.listStrands(person.by)
  const { agreements } = await person.vault.listAgreements(person.by)
  const names = await Promise.all(
    ['operator', 'node', 'requester'].map(
      async (kind) => await (await fetch(`${federation.registry.url}/v1/zones/EE/records?kind=${kind}`)).text(),
    ),
  )
  return JSON.stringify({
    strands,
    agreements: agreements.map(({ refusals: _, answers: __, ...kept }) => kept),
    names,
    root: await (await fetch(`${federation.registry.url}/v1/root`)).text(),
  })
}

const isAlive = (part: () => Part) => (): boolean => part().pid() === pids.get(part().name)

describe('registry process', () => {
  doorBattery(openCases, () => ({
    port: Number(new URL(federation.registry.url).port),
    target: {
      host: 'a.example',
      open: { path: '/v1/records', body: canonicalBytes(federation.cast.root.signed), mostBytes: limits.bodyBytes },
    },
    good: () => rawRequest({ host: 'a.example', method: 'GET', target: '/v1/root' }),
    isGood: ({ status }) => status === 200,
    isAlive: isAlive(() => federation.registry),
  }))
})

describe('vault process', () => {
  doorBattery(doorCases, () => {
    const { cast, tallinn } = federation
    const [signer] = cast.requesters.insurer.keys
    if (!signer) throw new Error('the insurer has no key')
    const body = canonicalBytes({
      id: 'a'.repeat(22),
      from: cast.requesters.insurer.record.payload.name,
      to: '0'.repeat(26),
      purpose: 'dpv:ServiceProvision',
      items: [{ strand: 'finance.income' }],
    })
    return {
      port: Number(new URL(tallinn.url).port),
      target: {
        host: 'a.example',
        open: { path: '/v1/acts', body: canonicalBytes({ act: cast.root.signed }), mostBytes: limits.bodyBytes },
        signed: {
          path: '/v1/requests',
          publicUrl: tallinn.url,
          body,
          mostBytes: limits.payloadBytes,
          signer,
          now: () => Math.floor(Date.now() / 1000),
          nobody: 'EE/requester/nobody',
        },
      },
      good: () => rawRequest({ host: 'a.example', method: 'GET', target: '/v1/node' }),
      isGood: ({ status }) => status === 200,
      isAlive: isAlive(() => tallinn),
    }
  })
})

describe('consent under attack', () => {
  let refused = 0
  test.each(consentCases.map((hostile) => [hostile.name, hostile] as const))(
    'refuses %s',
    async (_, { attempt, expect: expected }) => {
      const { status, text } = await attempt({ federation, person, other, agreed })
      expect([status, /"type":"urn:dcann:error:([a-z-]+)"/.exec(text)?.[1]]).toEqual(expected)
      expect(text).not.toContain(canary)
      refused++
    },
  )

  test('has refused every case, and a good request is answered', async () => {
    console.log(`  ${refused} of ${consentCases.length} attacks on consent refused`)
    expect(refused).toBe(consentCases.length)
    const world = federation.world()
    expect((await send(world, await signQuery(world, agreed, ridesPerWeek))).status).toBe(200)
  })
})

describe('after all of it', () => {
  test('the same processes run, nothing has changed, and no log holds what a person wrote or a 5xx', async () => {
    expect(await stateOf()).toBe(before)
    for (const part of federation.parts) {
      expect([part.name, part.pid()]).toEqual([part.name, pids.get(part.name)])
      const log = readFileSync(part.log, 'utf8')
      expect(log).not.toContain(canary)
      expect(log).not.toContain(person.identifier)
      expect(log).not.toMatch(/"status":5\d\d/)
    }
  })
})
