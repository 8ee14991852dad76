import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts, type Part, startPart } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import {
  consent,
  dailyRides,
  offerOf,
  type Person,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
  type Sealed,
} from '../consented.ts'

let folder = ''
let federation: Federation
let person: Person

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-revocation-'))
  federation = await startFederation({ folder, seed: 'revocation', ports: await freePorts(5), withoutCompanies: true })
  const world = federation.world()
  person = await settlePerson(world, 'revocation', 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(world.now()), 90))
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

const wholeRides = [{ strand: 'mobility.rides', limit: 90 }]

type Seen = {
  /** Requests sent, answered with data, and answered with data though they were sent after the acknowledgement. */
  sent: number
  answered: number
  sentAfter: number
  answeredAfter: number
  /** Answers numbered past the revoke in the chain. */
  numberedPast: number
  repeatsAnswered: number
  slowWhole: number
  slowCut: number
}

/** Asks without pause under one agreement, revokes it on the way, and goes on asking for a while. */
async function revokeUnderLoad(round: number, seen: Seen): Promise<void> {
  const world = federation.world()
  const { insurer } = federation.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('all', null)])
  const agreed = await consent(world, person, insurer, offer, ['all'], round)
  const firstId = `before-the-revoke-${round}`
  const first = await send(world, await signQuery(world, agreed, wholeRides, { id: firstId }))
  expect(first.status).toBe(200)

  let acknowledged = false
  let revokeNumber = Number.POSITIVE_INFINITY
  const numbers: number[] = []
  const progress = { given: 0 }
  const ask = async (): Promise<void> => {
    for (let after = 0; after < 5 && progress.given < 400;) {
      const request = await signQuery(world, agreed, wholeRides)
      const isAfter = acknowledged
      if (isAfter) after++
      const { status, body } = await send(world, request)
      seen.sent++
      if (isAfter) seen.sentAfter++
      if (status !== 200) continue
      progress.given++
      seen.answered++
      if (isAfter) seen.answeredAfter++
      numbers.push(numberOf(body))
    }
  }
  const slow = await Promise.all([
    slowReader(await signQuery(world, agreed, wholeRides)),
    slowReader(await signQuery(world, agreed, wholeRides)),
  ])
  const asking = Array.from({ length: 10 }, ask)
  const enough = 50 + round
  for (let tries = 0; progress.given < enough && tries < 2_000; tries++) await wait(2)
  // signed beforehand, so that they are there the moment the acknowledgement is
  const ready = await Promise.all(Array.from({ length: 30 }, () => signQuery(world, agreed, wholeRides)))
  const done = await agreed.revoke()
  acknowledged = true
  const atOnce = await Promise.all(ready.map((request) => send(world, request)))
  const given200 = atOnce.filter(({ status }) => status === 200).length
  seen.sent += ready.length
  seen.sentAfter += ready.length
  seen.answered += given200
  seen.answeredAfter += given200
  revokeNumber = done.n
  await Promise.all(asking)
  const repeat = await send(world, await signQuery(world, agreed, wholeRides, { id: firstId }))
  if (repeat.status === 200) seen.repeatsAnswered++
  seen.numberedPast += numbers.filter((n) => n > revokeNumber).length
  for (const reader of slow) {
    const text = await reader()
    if (/^HTTP\/1.1 200/.test(text) && text.includes('"assertion"')) seen.slowWhole++
    else seen.slowCut++
  }
}

function numberOf(body: Readonly<Record<string, unknown>>): number {
  const { payload } = body['assertion'] as { payload: string }
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { n: number }).n
}

/** Sends a request and reads nothing until it is asked what came. */
async function slowReader({ url, body, headers }: Sealed): Promise<() => Promise<string>> {
  const { hostname, port, pathname } = new URL(url)
  const socket: Socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.pause()
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${lines.join('')}content-length: ${body.length}\r\nconnection: close\r\n\r\n`,
  )
  socket.write(body)
  return async () => {
    const parts: Buffer[] = []
    socket.on('data', (part: Buffer) => parts.push(part))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    await Promise.race([closed, wait(3_000)])
    socket.destroy()
    return Buffer.concat(parts).toString('latin1')
  }
}

const fresh = (): Seen => ({
  sent: 0,
  answered: 0,
  sentAfter: 0,
  answeredAfter: 0,
  numberedPast: 0,
  repeatsAnswered: 0,
  slowWhole: 0,
  slowCut: 0,
})

test(
  'revoke: nothing is answered after it was acknowledged, whoever asks, repeats or reads slowly',
  { timeout: 120_000 },
  async () => {
    const seen = fresh()
    for (let round = 0; round < 20; round++) await revokeUnderLoad(round, seen)
    console.log(
      `revocation: ${seen.answeredAfter} of ${seen.sentAfter} questions asked after an acknowledged revoke were answered; ${seen.answered} of ${seen.sent} answered in all, ${seen.numberedPast} numbered past the revoke, ${seen.repeatsAnswered} of 20 repeats answered, slow readers: ${seen.slowWhole} had it whole before, ${seen.slowCut} got nothing`,
    )
    expect(seen.sent).toBeGreaterThanOrEqual(2_000)
    expect(seen.answered).toBeGreaterThan(100)
    expect(seen.sentAfter).toBeGreaterThan(500)
    expect(seen.answeredAfter).toBe(0)
    expect(seen.numberedPast).toBe(0)
    expect(seen.repeatsAnswered).toBe(0)
  },
)

test('revoke: the same check catches a node that believes a state for 50 ms', { timeout: 120_000 }, async () => {
  await federation.tallinn.end()
  const { args, url, folder: own, log } = federation.tallinn
  const planted: Part = await startPart({
    name: 'planted',
    main: fileURLToPath(new URL('planted-vault.ts', import.meta.url)),
    args: ['cached', ...args],
    url,
    folder: own,
    log,
  })
  try {
    const seen = fresh()
    for (let round = 100; round < 106; round++) await revokeUnderLoad(round, seen)
    console.log(
      `revocation, fault planted: ${seen.answeredAfter} of ${seen.sentAfter} answered after the acknowledgement, ${seen.numberedPast} numbered past the revoke`,
    )
    expect(seen.answeredAfter + seen.numberedPast).toBeGreaterThan(0)
  } finally {
    await planted.end()
    await federation.tallinn.again()
  }
})
