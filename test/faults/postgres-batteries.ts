import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { draws } from '../draws.ts'
import { postgresMissing, startPostgres } from '../postgres/server.ts'
import { type Battery, hasTime, type Outcome } from './battery.ts'
import { failOverOnce } from './failover.ts'
import { fightOver } from './sequencers.ts'
import { faultsAfter, writeAndKill } from './store-work.ts'
import { startThree } from './three-processes.ts'

/** A new schema, or new people, after so many: what is looked through after each does not grow without end. */
const round = 25

function without(of: string, floor: number): Outcome {
  return { count: 0, of, floor, looked: 'nothing', failures: [], caught: undefined, without: postgresMissing ?? '' }
}

/** Kills, in turn by chance, sixteen clients of one process that write to a database, and the database under them. */
export const postgresKills: Battery = async ({ count = 200, until, seed, folder, say }) => {
  const of = 'kill -9 of the process or the database'
  if (postgresMissing !== undefined) return without(of, 200)
  const server = await startPostgres()
  const draw = draws(seed)
  const failures: string[] = []
  let [kills, acks, schemas, ofServer] = [0, 0, 0, 0]
  const fresh = (): string => `${server.url}?schema=k${schemas++}#${join(folder, `k${schemas}.keys`)}`
  try {
    while (kills < count && hasTime({ until })) {
      const at = fresh()
      const said: string[] = []
      for (let kill = 0; kill < round && kills < count && hasTime({ until }); kill++, kills++) {
        const meanwhile = async (): Promise<void> => {
          await server.end('SIGKILL')
          await server.again()
          ofServer++
        }
        said.push(...(await writeAndKill(at, 20 + draw(100), draw(30), [], draw(3) === 0 ? meanwhile : undefined)))
        const { lost, half, findings } = await faultsAfter(at, said)
        failures.push(
          ...lost.map((line) => `lost: ${line}`),
          ...half.map((name) => `in half: ${name}`),
          ...findings.map((finding) => `fsck: ${JSON.stringify(finding)}`),
        )
      }
      acks += said.length
      say(`${kills} kills, ${acks} acknowledged commits, ${failures.length} failures`)
    }
    const caught: string[] = []
    for (const engine of ['early', 'torn']) {
      for (let kill = 0; kill < 10 && caught.length < (engine === 'early' ? 1 : 2); kill++) {
        const at = fresh()
        const { lost, half } = await faultsAfter(at, await writeAndKill(at, 150 + draw(100), draw(12), [engine]))
        if (lost.length + half.length > 0) caught.push(`${engine}: ${lost.length} lost, ${half.length} in half`)
      }
    }
    return {
      ...{ count: kills, of, floor: 200, failures },
      looked: `${acks} acknowledged commits of 3 keys; ${ofServer} kills were of the database`,
      caught: caught.length === 2 ? caught.join('; ') : undefined,
    }
  } finally {
    await server.remove()
  }
}

/** Kills the primary of a pair under sixteen clients, and looks at the standby for what was acknowledged. */
export const failovers: Battery = async ({ count = 100, until, folder, say }) => {
  const of = 'failovers to a synchronous standby'
  if (postgresMissing !== undefined) return without(of, 20)
  let [done, acknowledged] = [0, 0]
  const failures: string[] = []
  for (; done < count && hasTime({ until }); done++) {
    const one = await failOverOnce(folder, `pair${done}`, 100)
    acknowledged += one.acknowledged
    failures.push(...one.lost.map((key) => `failover ${done}: lost ${key}`))
    say(`${done + 1} failovers, ${acknowledged} acknowledged ends, ${failures.length} failures`)
  }
  const planted = await failOverOnce(folder, 'planted', 20, false)
  return {
    ...{ count: done, of, floor: 20, failures },
    looked: `${acknowledged} acknowledged ends`,
    caught:
      planted.lost.length > 0
        ? `nobody waits for the standby: ${planted.lost.length} of ${planted.acknowledged} lost`
        : undefined,
  }
}

/** Kills or freezes whichever of three processes sequences a zone. */
export const sequencers: Battery = async ({ count = 60, until, seed, folder, say }) => {
  const of = 'takeovers of a killed or frozen sequencer'
  if (postgresMissing !== undefined) return without(of, 20)
  const server = await startPostgres({ max_connections: '200' })
  const draw = draws(seed)
  const failures: string[] = []
  let [takeovers, acknowledged, heads, rounds] = [0, 0, 0, 0]
  const inFolder = (): string => {
    mkdirSync(join(folder, `z${rounds}`))
    return join(folder, `z${rounds++}`)
  }
  try {
    while (takeovers < count && hasTime({ until })) {
      const plan = { takeovers: Math.min(10, count - takeovers), draw, isOver: () => !hasTime({ until }) }
      const fought = await fightOver(`${server.url}?schema=z${rounds}`, inFolder(), plan)
      takeovers += fought.takeovers
      acknowledged += fought.acknowledged
      heads += fought.heads
      failures.push(...fought.failures)
      say(`${takeovers} takeovers, ${acknowledged} acknowledged records, ${failures.length} failures`)
    }
    const plan = { takeovers: 20, draw, planted: true }
    const planted = await fightOver(`${server.url}?schema=z${rounds}`, inFolder(), plan)
    return {
      ...{ count: takeovers, of, floor: 20, failures },
      looked: `${acknowledged} acknowledged records, ${heads} heads`,
      caught:
        planted.failures[0] === undefined ? undefined : `three without a fence: ${planted.failures[0].slice(0, 24)}`,
    }
  } finally {
    await server.remove()
  }
}

/** Revokes at one of three processes while all answer, with kills, pauses and jumping clocks; counts what came after. */
export const revokes: Battery = async ({ count = 20_000, until, seed, folder, say }) => {
  const of = 'questions after an acknowledged revoke'
  const floor = 5_000
  if (postgresMissing !== undefined) return without(of, floor)
  const three = await startThree(folder)
  const draw = draws(seed)
  const seen = three.fresh()
  let rounds = 0
  try {
    while (seen.sentAfter < count && hasTime({ until })) {
      if (rounds % round === 0) await three.settle(rounds)
      await three.revokeUnderLoad(rounds, seen, three.processes, three.disturbance(draw))
      rounds++
      if (rounds % 10 === 0) say(`${rounds} revokes, ${seen.sentAfter} asked after, ${seen.answeredAfter} answered`)
    }
    const replay = await three.replay(300)
    const failures = [
      ...(seen.answeredAfter > 0 ? [`${seen.answeredAfter} questions answered after a revoke`] : []),
      ...(seen.numberedPast > 0 ? [`${seen.numberedPast} answers numbered past a revoke`] : []),
      ...(seen.lateBytes > 0 ? [`${seen.lateBytes} answers let out by a process that woke after a revoke`] : []),
      ...(replay.answered === 1 ? [] : [`one signed request answered ${replay.answered} times`]),
    ]
    const planted = await three.planted(seen)
    return {
      ...{ count: seen.sentAfter, of, floor, failures },
      looked: `${rounds} revokes among three processes, ${seen.pauses} pauses, ${seen.kills} kills, ${seen.jumps} clock jumps; ${replay.sent} copies of one request, ${replay.answered} answered`,
      caught: planted > 0 ? `believes a state for 2 s: ${planted} answered` : undefined,
    }
  } finally {
    await three.end()
  }
}
