import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { World } from '@dcann/sdk/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts, type Part, startPart } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import {
  type Answered,
  consent,
  dailyRides,
  offerOf,
  type Person,
  ridesStrand,
  ridesTerm,
  type Sealed,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'
import { postgresMissing, type PostgresServer, startPostgres } from '../postgres/server.ts'

if (postgresMissing) console.warn(`NOT TESTED: several processes of one vault node; ${postgresMissing}`)

const wholeRides = [{ strand: 'mobility.rides', limit: 90 }]

describe.skipIf(postgresMissing !== undefined)('one vault node as three processes over one database', () => {
  let server: PostgresServer
  let federation: Federation
  /** The node's own process, and two more that answer under the same name. */
  let processes: readonly Part[]
  let person: Person
  const folder = mkdtempSync(join(tmpdir(), 'dcann-processes-'))

  beforeAll(async () => {
    server = await startPostgres()
    const options = { folder, seed: 'processes', ports: await freePorts(5), withoutCompanies: true }
    federation = await startFederation({ ...options, database: server.url })
    processes = [federation.tallinn, await another('tallinn-2'), await another('tallinn-3')]
    // whoever answers, everybody sees: the holder speaks to the second
    person = await settlePerson(through(1), 'processes', 'IN', federation.cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(Date.now() / 1000), 90))
  }, 240_000)

  afterAll(async () => {
    await Promise.allSettled(processes?.slice(1).map((part) => part.end()) ?? [])
    await federation?.stop()
    await server?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Starts one more process of the node, by this program, under a writer's name of its own. */
  async function another(name: string, program = 'vault-node/src/main.ts', words: string[] = []): Promise<Part> {
    const [port = 0] = await freePorts(1)
    // `as`: settings that this test's own federation wrote
    const settings = JSON.parse(readFileSync(join(folder, 'tallinn', 'config.json'), 'utf8')) as { store: object }
    const file = join(folder, `${name}.json`)
    writeFileSync(file, JSON.stringify({ ...settings, port, store: { ...settings.store, writer: name } }))
    return await startPart({
      name,
      main: fileURLToPath(new URL(`../../${program}`, import.meta.url)),
      args: [...words, '--config', file],
      url: `http://127.0.0.1:${port}`,
      folder: join(folder, name),
      log: join(folder, `${name}.log`),
    })
  }

  /** A world in which the node's address leads to one of its processes, as a balancer in front of them would have it. */
  function through(place: number, parts = processes): World {
    const world = federation.world()
    const to = parts[place % parts.length]?.url ?? ''
    return { ...world, fetch: (url, init) => world.fetch(url.replace(federation.tallinn.url, to), init) }
  }

  type Seen = { sent: number; answered: number; sentAfter: number; answeredAfter: number; numberedPast: number }

  /** Asks all processes under one agreement, revokes at one of them, and goes on asking for a while. */
  async function revokeUnderLoad(round: number, seen: Seen, parts: readonly Part[], during: () => Promise<void>) {
    const world = through(round, parts)
    const { insurer } = federation.cast.requesters
    const offer = await offerOf(world, insurer, [ridesTerm('all', null)])
    const agreed = await consent(world, person, insurer, offer, ['all'], round)
    const numbers: number[] = []
    const revoked = { acknowledged: false }
    const given = { count: 0 }
    const ask = async (place: number): Promise<void> => {
      for (let after = 0; after < 4 && given.count < 200;) {
        const request = await signQuery(world, agreed, wholeRides)
        const isAfter = revoked.acknowledged
        if (isAfter) after++
        // a process that was killed answers nothing, which is no fault here
        const answer = await send(through(place, parts), request).catch((): Answered => ({ status: 0, body: {} }))
        seen.sent++
        if (isAfter) seen.sentAfter++
        if (answer.status !== 200) continue
        given.count++
        seen.answered++
        if (isAfter) seen.answeredAfter++
        numbers.push(numberOf(answer.body))
      }
    }
    const asking = Array.from({ length: 6 }, (_, place) => ask(place))
    await until(() => given.count >= 15)
    const [done] = await Promise.all([agreed.revoke(), during()])
    revoked.acknowledged = true
    const ready = await Promise.all(Array.from({ length: 12 }, () => signQuery(world, agreed, wholeRides)))
    const atOnce = await Promise.allSettled(ready.map((request, i) => send(through(i, parts), request)))
    const late = atOnce.filter((one) => one.status === 'fulfilled' && one.value.status === 200).length
    seen.sent += ready.length
    seen.sentAfter += ready.length
    seen.answered += late
    seen.answeredAfter += late
    await Promise.all(asking)
    seen.numberedPast += numbers.filter((n) => n > done.n).length
  }

  const fresh = (): Seen => ({ sent: 0, answered: 0, sentAfter: 0, answeredAfter: 0, numberedPast: 0 })
  const nothing = async (): Promise<void> => {}

  test('what one process was told, all go by: nothing is answered after a revoke, with kills and pauses', async () => {
    const seen = fresh()
    await revokeUnderLoad(0, seen, processes, nothing)
    const [, , third] = processes
    await revokeUnderLoad(2, seen, processes, async () => {
      // its leases run out while it stands still, and when it goes on it knows
      process.kill(processes[0]?.pid() ?? 0, 'SIGSTOP')
      await wait(700)
      process.kill(processes[0]?.pid() ?? 0, 'SIGCONT')
    })
    await revokeUnderLoad(3, seen, processes, async () => await third?.end('SIGKILL'))
    await third?.again()
    await revokeUnderLoad(5, seen, processes, nothing)
    console.log(
      `three processes: ${seen.answeredAfter} of ${seen.sentAfter} questions asked after an acknowledged revoke were answered, ${seen.numberedPast} of ${seen.answered} answers numbered past it; ${seen.sent} sent`,
    )
    expect(seen.answered).toBeGreaterThanOrEqual(60)
    expect(seen.sentAfter).toBeGreaterThanOrEqual(100)
    expect(seen.answeredAfter).toBe(0)
    expect(seen.numberedPast).toBe(0)
  })

  test('the same check catches a process that believes a state for two seconds', async () => {
    const planted = await another('tallinn-9', 'test/processes/planted-vault.ts', ['cached-2000'])
    try {
      const seen = fresh()
      for (let round = 100; round < 106 && seen.answeredAfter + seen.numberedPast === 0; round++)
        await revokeUnderLoad(round, seen, [federation.tallinn, planted], nothing)
      expect(seen.answeredAfter + seen.numberedPast).toBeGreaterThan(0)
    } finally {
      await planted.end()
    }
  })

  test('--workers: a rolling restart loses no request, and a worker that was killed comes back', async () => {
    const workers = await another('tallinn-w', 'vault-node/src/main.ts', ['--workers', '2'])
    const said = (): string => readFileSync(workers.log, 'utf8')
    try {
      const world = through(0, [workers])
      const { insurer } = federation.cast.requesters
      const offer = await offerOf(world, insurer, [ridesTerm('all', null)])
      const agreed = await consent(world, person, insurer, offer, ['all'], 300)
      const over = new AbortController()
      const counts = new Map<string, number>()
      const ask = async (): Promise<void> => {
        while (!over.signal.aborted) {
          const answer = await send(
            world,
            await signQuery(world, agreed, [{ strand: 'mobility.rides', limit: 2 }]),
          ).catch((error: unknown): Answered => ({ status: 0, body: { type: String(error) } }))
          const how = answer.status === 200 ? 'answered' : `${answer.status} ${String(answer.body['type'])}`
          counts.set(how, (counts.get(how) ?? 0) + 1)
          await wait(5)
        }
      }
      const asking = Array.from({ length: 4 }, ask)
      await until(() => (counts.get('answered') ?? 0) >= 20)
      process.kill(workers.pid(), 'SIGHUP')
      await until(() => said().includes('workers renewed'))
      over.abort()
      await Promise.all(asking)
      console.log(`rolling restart under load: ${JSON.stringify(Object.fromEntries(counts))}`)
      expect([...counts.keys()]).toEqual(['answered'])
      expect(counts.get('answered')).toBeGreaterThanOrEqual(100)

      const before = said().match(/"serving"/g)?.length ?? 0
      const pid = Number(
        /"pid":(\d+)[^\n]*"serving"/.exec(
          said()
            .split('\n')
            .findLast((line) => line.includes('"serving"')) ?? '',
        )?.[1],
      )
      process.kill(pid, 'SIGKILL')
      await until(() => (said().match(/"serving"/g)?.length ?? 0) > before)
      const answer = await send(world, await signQuery(world, agreed, [{ strand: 'mobility.rides', limit: 2 }]))
      expect(answer.status).toBe(200)
    } finally {
      await workers.end()
    }
  })

  test('every line of every process stands in the one log of the node', async () => {
    const { Client } = await import('pg')
    const client = new Client({ connectionString: server.url })
    await client.connect()
    const count = async (under: string): Promise<number> => {
      const { rows } = await client.query<{ n: number }>(
        'select count(*)::int as n from tallinn.entries where key like $1',
        [`${under}/%`],
      )
      return rows[0]?.n ?? 0
    }
    let [lines, placed, waiting] = [0, -1, -1]
    await until(async () => {
      ;[lines, placed, waiting] = [
        await count('evidence/lines'),
        await count('evidence/index'),
        await count('evidence/pending'),
      ]
      return waiting === 0 && placed === lines
    })
    await client.end()
    console.log(`three processes: ${placed} of ${lines} lines of evidence in one log, ${waiting} waiting`)
    expect(placed).toBe(lines)
    expect(lines).toBeGreaterThan(100)
  })

  test('one signed request, sent to all processes at once and again after a kill, is answered once', async () => {
    const world = through(0)
    const { insurer } = federation.cast.requesters
    const offer = await offerOf(world, insurer, [ridesTerm('all', null)])
    const agreed = await consent(world, person, insurer, offer, ['all'], 200)
    const request: Sealed = await signQuery(world, agreed, wholeRides)
    const copies = 150
    const answers = await Promise.all(Array.from({ length: copies }, (_, i) => send(through(i), request)))
    await processes[1]?.end('SIGKILL')
    await processes[1]?.again()
    answers.push(await send(through(1), request))
    const answered = answers.filter(({ status }) => status === 200).length
    const replayed = answers.filter(({ body }) => body.type === 'urn:dcann:error:replayed').length
    console.log(`three processes: ${answered} of ${answers.length} copies answered, ${replayed} refused as replayed`)
    expect(answered).toBe(1)
    expect(replayed).toBe(copies)
  })
})

/** The number of an answer in the agreement's chain. */
function numberOf(body: Answered['body']): number {
  // `as`: an assertion that the node under test signed
  const { payload } = body['assertion'] as { payload: string }
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { n: number }).n
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(5)
}
