import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { World } from '@dcann/sdk/world'
import { Client } from 'pg'
import { freePorts, type Part } from '../../scripts/federation/part.ts'
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
  sendUntilTaken,
  settlePerson,
  signQuery,
} from '../consented.ts'
import type { Draw } from '../draws.ts'
import { startAnother } from '../postgres/another.ts'
import { type PostgresServer, startPostgres } from '../postgres/server.ts'

/** What was seen around revokes. */
export type Seen = {
  sent: number
  answered: number
  /** Sent after the acknowledgement, and those of them that were answered. */
  sentAfter: number
  answeredAfter: number
  /** Answers whose number lies past the revoke. */
  numberedPast: number
  /** Answers whose first byte came after a process woke that had been frozen until after the acknowledgement. */
  lateBytes: number
  pauses: number
  kills: number
  jumps: number
}

/** What is done while a revoke is on its way, and once it is acknowledged. */
export type Disturbance = {
  readonly during: (seen: Seen) => Promise<void>
  readonly afterwards?: (seen: Seen) => Promise<void>
  /** The process that is frozen over the acknowledgement, and when it woke. */
  readonly frozen?: { readonly place: number; woke: number }
}

/** One vault node as three processes over one database, a person who lives there, and a company that asks. */
export type Three = {
  readonly server: PostgresServer
  readonly federation: Federation
  readonly processes: readonly Part[]
  /** A world in which the node's address leads to one of its processes, as a balancer in front of them would have it. */
  readonly through: (place: number, parts?: readonly Part[]) => World
  /** One more process of the node, by this program, under a writer's name of its own. */
  readonly another: (name: string, program?: string, words?: readonly string[]) => Promise<Part>
  readonly person: () => Person
  /** A new person, whose answers are asked for from then on. */
  readonly settle: (round: number) => Promise<void>
  readonly fresh: () => Seen
  readonly disturbance: (draw: Draw) => Disturbance
  /** Asks all processes under one agreement, revokes at one of them, and goes on asking for a while. */
  readonly revokeUnderLoad: (round: number, seen: Seen, parts: readonly Part[], by: Disturbance) => Promise<void>
  /** Sends copies of one signed request to all processes at once, and one more after one was killed. */
  readonly replay: (copies: number) => Promise<{ sent: number; answered: number; replayed: number }>
  /** How many questions a process that believes a state for two seconds answers after a revoke. */
  readonly planted: (from: Seen) => Promise<number>
  readonly end: () => Promise<void>
}

const wholeRides = [{ strand: 'mobility.rides', limit: 90 }]
const plantedVault = 'test/processes/planted-vault.ts'

export const quietly: Disturbance = { during: async () => {} }

export async function startThree(folder: string): Promise<Three> {
  const server = await startPostgres({ max_connections: '200' })
  const options = { folder, seed: 'processes', ports: await freePorts(5), withoutCompanies: true }
  const federation = await startFederation({ ...options, database: server.url })
  const skewFile = join(folder, 'skew')
  writeFileSync(skewFile, '0')
  const more: Part[] = []

  const another: Three['another'] = async (name, program, words) => {
    const part = await startAnother(folder, name, program, words)
    more.push(part)
    return part
  }
  const processes = [
    federation.tallinn,
    await another('tallinn-2'),
    await another('tallinn-3', 'test/faults/skewed-vault.ts', [skewFile]),
  ]
  const through: Three['through'] = (place, parts = processes) => {
    const world = federation.world()
    const to = parts[place % parts.length]?.url ?? ''
    return { ...world, fetch: (url, init) => world.fetch(url.replace(federation.tallinn.url, to), init) }
  }
  const settle = async (round: number): Promise<Person> => {
    // whoever answers, everybody sees: the holder speaks to the second
    const made = await settlePerson(through(1), `processes ${round}`, 'IN', federation.cast.nodes.tallinn)
    await made.vault.makeStrand(made.by, ridesStrand)
    await made.vault.addEntries(made.by, ridesStrand.name, dailyRides(Math.floor(Date.now() / 1000), 90))
    return made
  }
  let person = await settle(0)

  const agree = async (world: World, round: number) => {
    const { insurer } = federation.cast.requesters
    return await consent(
      world,
      person,
      insurer,
      await offerOf(world, insurer, [ridesTerm('all', null)]),
      ['all'],
      round,
    )
  }

  const revokeUnderLoad: Three['revokeUnderLoad'] = async (round, seen, parts, by) => {
    const world = through(by.frozen === undefined ? round : by.frozen.place + 1, parts)
    const agreed = await agree(world, round)
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
        // what a frozen process let out before is long here when it is woken
        if (by.frozen !== undefined && place % parts.length === by.frozen.place && performance.now() > by.frozen.woke)
          seen.lateBytes++
        numbers.push(numberOf(answer.body))
      }
    }
    const asking = Array.from({ length: 6 }, (_, place) => ask(place))
    await until(() => given.count >= 15)
    const [done] = await Promise.all([agreed.revoke(), by.during(seen)])
    revoked.acknowledged = true
    await by.afterwards?.(seen)
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

  const freeze = (draw: Draw): Disturbance => {
    const frozen = { place: 0, woke: Infinity }
    const pid = (): number => processes[0]?.pid() ?? 0
    return {
      frozen,
      async during() {
        await wait(draw(4))
        process.kill(pid(), 'SIGSTOP')
      },
      async afterwards(seen) {
        await wait(150)
        frozen.woke = performance.now()
        process.kill(pid(), 'SIGCONT')
        seen.pauses++
      },
    }
  }
  const pause: Disturbance = {
    async during(seen) {
      // its leases run out while it stands still, and when it goes on it knows
      process.kill(processes[0]?.pid() ?? 0, 'SIGSTOP')
      await wait(700)
      process.kill(processes[0]?.pid() ?? 0, 'SIGCONT')
      seen.pauses++
    },
  }
  const kill: Disturbance = {
    async during(seen) {
      await processes[2]?.end('SIGKILL')
      seen.kills++
    },
    afterwards: async () => await processes[2]?.again(),
  }
  const jump = (draw: Draw): Disturbance => ({
    async during(seen) {
      await setDatabaseClock(server, draw(2) === 0 ? 3_600 : -3_600)
      writeFileSync(skewFile, String(draw(2) === 0 ? 3_000 : -3_000))
      seen.jumps++
    },
    async afterwards() {
      await wait(60)
      writeFileSync(skewFile, '0')
    },
  })

  return {
    ...{ server, federation, processes, through, another, revokeUnderLoad },
    person: () => person,
    settle: async (round) => void (person = await settle(round + 1)),
    fresh: () => ({
      ...{ sent: 0, answered: 0, sentAfter: 0, answeredAfter: 0, numberedPast: 0, lateBytes: 0 },
      ...{ pauses: 0, kills: 0, jumps: 0 },
    }),
    disturbance: (draw) => [quietly, pause, kill, freeze(draw), jump(draw)][draw(5)] ?? quietly,
    async replay(copies) {
      const world = through(0)
      const request: Sealed = await signQuery(world, await agree(world, 100_000), wholeRides)
      const answers = await Promise.all(Array.from({ length: copies }, (_, i) => sendUntilTaken(through(i), request)))
      await processes[1]?.end('SIGKILL')
      await processes[1]?.again()
      answers.push(await send(through(1), request))
      return {
        sent: answers.length,
        answered: answers.filter(({ status }) => status === 200).length,
        replayed: answers.filter(({ body }) => body.type === 'urn:dcann:error:replayed').length,
      }
    },
    async planted(from) {
      const seen: Seen = { ...from, answeredAfter: 0, numberedPast: 0 }
      const part = await another('tallinn-9', plantedVault, ['cached-2000'])
      for (let round = 200_000; round < 200_006 && seen.answeredAfter + seen.numberedPast === 0; round++)
        await revokeUnderLoad(round, seen, [federation.tallinn, part], quietly)
      await part.end()
      return seen.answeredAfter + seen.numberedPast
    },
    async end() {
      await Promise.allSettled(more.map((part) => part.end()))
      await federation.stop()
      await server.remove()
    },
  }
}

/** Puts functions with another idea of the time before the database's own; connections that begin from then on call them. */
async function setDatabaseClock({ url }: PostgresServer, seconds: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('create schema if not exists jumped')
  for (const clock of ['clock_timestamp', 'now', 'statement_timestamp', 'transaction_timestamp'])
    await client.query(
      `create or replace function jumped.${clock}() returns timestamptz language sql volatile as $$ select pg_catalog.${clock}() + interval '${seconds} seconds' $$`,
    )
  await client.query(`alter role dcann set search_path = jumped, pg_catalog, public`)
  await client.end()
}

/** The number of an answer in the agreement's chain. */
function numberOf(body: Answered['body']): number {
  // `as`: an assertion that the node under test signed
  const { payload } = body['assertion'] as { payload: string }
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { n: number }).n
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5)
}
