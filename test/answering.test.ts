import type { Act } from '@dcann/protocol/act'
import { testSigner } from '@dcann/protocol/key'
import type { QueryItem } from '@dcann/protocol/request'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { makeAct } from '@dcann/sdk/wallet-documents'
import type { World } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import type { Commit } from '@dcann/store/store'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from './code-of.ts'
import {
  consent,
  type Consented,
  dailyRides,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  type Sealed,
  send,
  settlePerson,
  signQuery,
} from './consented.ts'
import { gated } from './gated.ts'
import { type Network, type NetworkVault, startNetwork } from './network.ts'

const gate = gated(memoryStore())
let network: Network
let world: World
let person: Person
let counter = 0
let skew = 0

beforeAll(async () => {
  await checkVerifyStrict()
  const stores = [memoryStore(), gate.store]
  const vaultStore = () => stores.shift() ?? memoryStore()
  network = await startNetwork({ seed: 'answering', vaultStore, vaultSkew: () => skew })
  world = network.world()
  person = await settlePerson(world, 'answering', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(world.now()), 5))
})

async function agree(change: Parameters<typeof ridesTerm>[2] = {}, lasts = 'P90D'): Promise<Consented> {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week', 'city'], change)], { lasts })
  return await consent(world, person, insurer, offer, ['rate'], counter++)
}

const ask = async (agreed: Consented, items: QueryItem[] = ridesPerWeek, id?: string) =>
  await send(world, await signQuery(world, agreed, items, id === undefined ? {} : { id }))

/** Sends to one process of the node, whichever the world reaches. */
async function sendTo({ vault }: NetworkVault, { url, body, headers }: Sealed): Promise<number> {
  // the bytes were made here and are no shared memory
  const request = new Request(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
  return (await vault.app.fetch(request)).status
}

/** Time for everything that waits for nothing else. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

const isAnswer = ({ lease }: Commit): boolean => lease !== undefined
const touches = (commit: Commit, shelf: string): boolean => commit.writes.some(({ key }) => key.startsWith(shelf))

describe('answer', () => {
  test('leaves when evidence, nonce, counters, stored answer and lease are durable in one commit', async () => {
    const agreed = await agree()
    const held = gate.hold(() => true)
    const before = gate.commits.length
    let status = 0
    const asked = ask(agreed).then((answered) => (status = answered.status))
    const commit = await held
    await settled()
    expect(status).toBe(0)
    const shelves = ['nonces/', 'evidence/lines/a/', 'evidence/trail/', 'agreements/states/', 'requests/repeats/']
    expect(shelves.filter((shelf) => !touches(commit, shelf))).toEqual([])
    expect(commit.lease?.scopes).toContain(agreed.agreement)
    gate.open()
    expect(await asked).toBe(200)
    await settled()
    expect(gate.commits.length - before).toBe(1)
  })

  test('a refusal too is durable before it is given, with its nonce', async () => {
    const agreed = await agree()
    const held = gate.hold(() => true)
    let status = 0
    const asked = ask(agreed, [{ strand: 'mobility.rides' }]).then((answered) => (status = answered.status))
    const commit = await held
    await settled()
    expect(status).toBe(0)
    expect([touches(commit, 'nonces/'), touches(commit, 'evidence/lines/a/')]).toEqual([true, true])
    gate.open()
    expect(await asked).toBe(403)
  })

  test('one signed request is answered once: at once, one after another, refused before, by another process, after a restart', async () => {
    const agreed = await agree()
    const good = await signQuery(world, agreed, ridesPerWeek)
    const first = network.vaults.tallinn
    const other = await network.again('tallinn')
    const statuses = await Promise.all(Array.from({ length: 12 }, (_, i) => sendTo(i % 2 ? first : other, good)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(new Set(statuses)).toEqual(new Set([200, 401]))
    const refused = await signQuery(world, agreed, [{ strand: 'mobility.rides' }])
    expect([await sendTo(other, refused), await sendTo(other, refused)]).toEqual([403, 401])
    const unknown = await signQuery(world, { ...agreed, agreement: 'A'.repeat(43) }, ridesPerWeek)
    expect([await sendTo(other, unknown), await sendTo(other, unknown)]).toEqual([404, 401])
    const third = await network.again('tallinn')
    for (const request of [good, refused, unknown]) expect(await sendTo(third, request)).toBe(401)
  })

  test('one signed request is answered once, though its nonce was forgotten and the clock is set back to its time', async () => {
    const agreed = await agree()
    const good = await signQuery(world, agreed, ridesPerWeek)
    expect((await send(world, good)).status).toBe(200)
    network.time.pass(400)
    expect((await ask(agreed)).status).toBe(200)
    const before = await gate.store.range({ prefix: 'nonces/', limit: 1_000 })
    await network.round()
    expect((await gate.store.range({ prefix: 'nonces/', limit: 1_000 })).length).toBeLessThan(before.length)
    skew = -400
    expect((await send(world, good)).status).toBe(401)
    // anew it believes no registry, since all are ahead of it
    expect(await sendTo(await network.again('tallinn'), good)).toBe(503)
    skew = 0
    await network.again('tallinn')
  })

  test('the same id gives the same answer for five minutes, counted once, and another body nothing', async () => {
    const agreed = await agree({ frequency: { max: 2, per: 'day' } })
    const id = 'the-same-question-1'
    const given = await ask(agreed, ridesPerWeek, id)
    expect(given.status).toBe(200)
    expect(await ask(agreed, ridesPerWeek, id)).toEqual(given)
    const { status, body } = await ask(agreed, [{ strand: 'mobility.rides', claims: ['city'] }], id)
    expect([status, body.type]).toEqual([409, 'urn:dcann:error:id-reused'])
    network.time.pass(299)
    expect(await ask(agreed, ridesPerWeek, id)).toEqual(given)
    network.time.pass(1)
    const anew = await ask(agreed, ridesPerWeek, id)
    expect([anew.status, anew.body['assertion'] === given.body['assertion']]).toEqual([200, false])
    expect(anew).not.toEqual(given)
    // two were counted, and two are all
    expect((await ask(agreed)).status).toBe(429)
    network.time.pass(86_400)
    expect((await ask(agreed)).status).toBe(200)
  })

  test('the same id gives nothing once the agreement has ended', async () => {
    const agreed = await agree()
    const id = 'the-same-question-2'
    expect((await ask(agreed, ridesPerWeek, id)).status).toBe(200)
    await agreed.revoke()
    expect((await ask(agreed, ridesPerWeek, id)).status).toBe(404)
  })

  test.each([
    ['a new question', undefined],
    ['the same id', 'the-same-question-3'],
  ])('%s that was decided before a revoke elsewhere is decided again', async (_, id) => {
    const agreed = await agree()
    if (id !== undefined) expect((await ask(agreed, ridesPerWeek, id)).status).toBe(200)
    const here = network.vaults.tallinn
    const elsewhere = await network.again('tallinn')
    const held = gate.hold(isAnswer)
    const asked = sendTo(here, await signQuery(world, agreed, ridesPerWeek, id === undefined ? {} : { id }))
    await held
    expect((await agreed.revoke()).standing).toBe('revoked')
    expect(elsewhere).toBe(network.vaults.tallinn)
    gate.open()
    expect(await asked).toBe(404)
  })

  test('ended, foreign and never made look the same to the byte', async () => {
    const revoked = await agree()
    await revoked.revoke()
    const never = { ...revoked, agreement: 'A'.repeat(43) }
    const { rides } = network.cast.requesters
    const foreign = { ...(await agree()), requester: rides }
    const expired = await agree({}, 'P1D')
    const answers = [await ask(revoked), await ask(never), await ask(foreign)]
    network.time.pass(86_400)
    answers.push(await ask(expired))
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })
})

describe('act', () => {
  test.each(['pause', 'revoke'] as const)(
    'a %s is acknowledged when no lease of the agreement lives, and no other is waited for',
    async (kind) => {
      const agreed = await agree()
      const from = Math.floor(network.time.now() * 1000)
      const take = async (id: string, scope: string): Promise<void> =>
        void (await gate.store.commit({ writes: [], lease: { id, scopes: [scope], from, until: from + 2_000 } }))
      await take(`${kind}-of-it`, agreed.agreement)
      await take(`${kind}-of-another`, 'another')
      let acknowledged = false
      const acting = agreed.act(kind).then(() => (acknowledged = true))
      const stopped = kind === 'pause' ? 403 : 404
      await expect.poll(async () => (await ask(agreed)).status).toBe(stopped)
      expect(acknowledged).toBe(false)
      await gate.store.release(`${kind}-of-it`)
      await acting
      expect(acknowledged).toBe(true)
    },
  )

  test.each(['pause', 'revoke'] as const)('a %s hangs on no clock, and a resume does', async (kind) => {
    const agreed = await agree()
    expect((await ask(agreed)).status).toBe(200)
    for (const wrong of [31_536_000, -31_536_000]) {
      skew = wrong
      expect((await agreed.act(kind)).standing).toBe(kind === 'pause' ? 'paused' : 'revoked')
    }
    skew = 31_536_000
    expect(await codeOf(() => agreed.act('resume'))).not.toBe('admitted')
    skew = 0
    expect((await ask(agreed)).status).toBe(kind === 'pause' ? 403 : 404)
    // and what the wrong clock read is forgotten
    if (kind === 'revoke') return
    await agreed.act('resume')
    expect((await ask(agreed)).status).toBe(200)
  })

  test('a stranger learns as little of an agreement that is there as of one that is not', async () => {
    const agreed = await agree()
    const stranger = testSigner('answering/stranger')
    const attempt = async (agreement: string, kind: Act['kind']) => {
      const act = await makeAct(world, kind, agreement, stranger)
      const answer = await world.fetch(`${network.vaults.tallinn.url}/v1/acts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ act }),
      })
      return [answer.status, await answer.text()]
    }
    for (const kind of ['revoke', 'retire'] as const)
      expect(await attempt(agreed.agreement, kind)).toEqual(await attempt('A'.repeat(43), kind))
    expect((await attempt(agreed.agreement, 'revoke'))[0]).toBe(404)
    expect((await ask(agreed)).status).toBe(200)
  })
})

test('a caller whose name is none of a requester, or that no zone has, is refused as unknown', async () => {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('rides', ['rides_per_week'])])
  const agreed = await consent(world, person, insurer, offer, ['rides'], 900)
  for (const from of [
    '/requester/',
    'EE/requester/',
    'ee/requester/insurer',
    'EE/requester/nobody',
    'ZZ/requester/nobody',
  ]) {
    const { status, body } = await send(world, await signQuery(world, agreed, ridesPerWeek, { from }))
    expect({ status, type: body.type }).toEqual({ status: 401, type: 'urn:dcann:error:key-unknown' })
  }
})
