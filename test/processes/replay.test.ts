import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import {
  consent,
  type Consented,
  dailyRides,
  offerOf,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  sendUntilTaken,
  settlePerson,
  signQuery,
} from '../consented.ts'

let folder = ''
let federation: Federation
let agreed: Consented

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-replay-'))
  federation = await startFederation({ folder, seed: 'replay', ports: await freePorts(5), withoutCompanies: true })
  const world = federation.world()
  const person = await settlePerson(world, 'replay', 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(world.now()), 30))
  const { insurer } = federation.cast.requesters
  agreed = await consent(
    world,
    person,
    insurer,
    await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])]),
    ['rate'],
  )
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('one signed request, sent 1,000 times at once and again after a restart, is answered once', async () => {
  const world = federation.world()
  const request = await signQuery(world, agreed, ridesPerWeek)
  const copies = 1_000
  // so many at once are more than one requester may have waiting
  const answers = await Promise.all(Array.from({ length: copies }, () => sendUntilTaken(world, request)))
  await federation.tallinn.end('SIGKILL')
  await federation.tallinn.again()
  answers.push(await send(world, request))

  const answered = answers.filter(({ status }) => status === 200)
  const replayed = answers.filter(({ status, body }) => status === 401 && body.type === 'urn:dcann:error:replayed')
  console.log(`replay: ${answered.length} of ${answers.length} copies answered, ${replayed.length} refused as replayed`)
  expect(answered).toHaveLength(1)
  expect(replayed).toHaveLength(copies)
})

test('the same id and body under a new nonce gets the very same answer, counted once; another body is refused', async () => {
  const world = federation.world()
  const id = 'a-repeat-of-this-id-1'
  const before = await answersGiven()
  const first = await send(world, await signQuery(world, agreed, ridesPerWeek, { id }))
  const second = await send(world, await signQuery(world, agreed, ridesPerWeek, { id }))
  const other = await send(
    world,
    await signQuery(world, agreed, [{ strand: 'mobility.rides', claims: ['rides_per_week'], limit: 5 }], { id }),
  )
  expect(first.status).toBe(200)
  expect(second).toEqual(first)
  expect([other.status, other.body.type]).toEqual([409, 'urn:dcann:error:id-reused'])
  expect((await answersGiven()) - before).toBe(1)
})

async function answersGiven(): Promise<number> {
  const { agreements } = await agreed.person.vault.listAgreements(agreed.person.by)
  return agreements[0]?.answers ?? 0
}
