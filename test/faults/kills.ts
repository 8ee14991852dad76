import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { draws } from '../draws.ts'
import { type Battery, hasTime } from './battery.ts'
import {
  dropping,
  faultsIn,
  fsckRegistry,
  killStarting,
  registry,
  settleRegistry,
  type Story,
  writeAndKill,
} from './registry-work.ts'
import { faultsAfter, writeAndKill as writeStoreAndKill } from './store-work.ts'
import { killAgain, settle, startAgain, startNodes, startPlanted } from './vault-work.ts'

/** A new person, or a new folder, after so many kills: what is looked through after each does not grow without end. */
const round = 25
const floor = 500

/** Kills a vault node at work and while it starts. */
export const vaultKills: Battery = async ({ count = floor, until, seed, folder, say }) => {
  const federation = await startNodes(folder, 'faults')
  const draw = draws(seed)
  const sum = { kills: 0, acks: 0, checks: 0 }
  const failures: string[] = []
  try {
    // what is killed keeps no compiled code, so the node ends well once
    await federation.tallinn.end()
    await startAgain(federation.tallinn)
    while (sum.kills < count && hasTime({ until })) {
      const bench = await settle(federation, `faults ${seed} ${sum.kills}`)
      const kills = Math.min(round, count - sum.kills)
      const plan = { kills, draw, acks: 6, lookEvery: 5, fsckEvery: round, alsoStarting: true }
      const killed = await killAgain(bench, federation.tallinn, { ...plan, isOver: () => !hasTime({ until }) })
      sum.kills += killed.kills
      sum.acks += killed.acks
      sum.checks += killed.checks
      failures.push(...killed.lost, ...killed.faults)
      say(`${sum.kills} kills, ${sum.acks} acknowledged writes, ${failures.length} failures`)
    }
    // a node that writes later than it says could lose the person too, before anything is asked
    const bench = await settle(federation, `faults ${seed} planted`)
    const planted = await startPlanted(federation.tallinn, 'forgetful')
    const { acks, lost } = await killAgain(bench, planted, { kills: 2, draw, acks: 20, lookEvery: 1, fsckEvery: 9 })
    await planted.end('SIGKILL')
    const looked = `${sum.acks} acknowledged writes, ${sum.checks} checks of the stopped store`
    const caught =
      lost.length > 0
        ? `acknowledges before it writes: ${lost.length} losses told in 2 looks at ${acks} acknowledged writes`
        : undefined
    return { count: sum.kills, of: 'kill -9', floor, looked, failures, caught }
  } finally {
    await federation.stop()
  }
}

/** Kills a registry at work and while it starts. */
export const registryKills: Battery = async ({ count = floor, until, seed, folder, say }) => {
  const draw = draws(seed)
  const failures: string[] = []
  let [kills, acknowledged, rounds] = [0, 0, 0]
  const benchIn = async (name: string) => {
    mkdirSync(join(folder, name))
    return await settleRegistry(join(folder, name))
  }
  while (kills < count && hasTime({ until })) {
    const bench = await benchIn(`round-${rounds++}`)
    const stories: Story[] = []
    for (let kill = 0; kill < round && kills < count && hasTime({ until }); kill++) {
      if (draw(4) === 0) await killStarting(bench, draw(600))
      else await writeAndKill(bench, registry, stories, 6 + draw(18), draw(15))
      kills++
    }
    failures.push(...(await faultsIn(bench, registry, stories)))
    const { code, said } = await fsckRegistry(bench)
    if (code !== 0) failures.push(`fsck: ${said}`)
    acknowledged += stories.reduce((sum, story) => sum + story.acknowledged, 0)
    say(`${kills} kills, ${acknowledged} acknowledged records, ${failures.length} failures`)
  }
  const bench = await benchIn('planted')
  const stories: Story[] = []
  await writeAndKill(bench, dropping, stories, 60, 0)
  const found = await faultsIn(bench, registry, stories)
  const looked = `${acknowledged} acknowledged records, ${rounds} checks of the stopped store`
  const caught = found.length > 0 ? `drops every tenth record: ${found.length} found` : undefined
  return { count: kills, of: 'kill -9', floor, looked, failures, caught }
}

/** Kills sixteen clients that write to one store. */
export const storeKills: Battery = async ({ count = floor, until, seed, folder, say }) => {
  const draw = draws(seed)
  const failures: string[] = []
  let [kills, acks] = [0, 0]
  for (let at = ''; kills < count && hasTime({ until });) {
    at = join(folder, `store-${kills}`)
    const said: string[] = []
    for (let kill = 0; kill < round && kills < count && hasTime({ until }); kill++, kills++) {
      said.push(...(await writeStoreAndKill(at, 20 + draw(200), draw(12))))
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
      const at = join(folder, `${engine}-${kill}`)
      const { lost, half } = await faultsAfter(at, await writeStoreAndKill(at, 150 + draw(100), draw(12), [engine]))
      if (lost.length + half.length > 0) caught.push(`${engine}: ${lost.length} lost, ${half.length} in half`)
    }
  }
  const looked = `${acks} acknowledged commits of 3 keys`
  return {
    count: kills,
    of: 'kill -9',
    floor,
    looked,
    failures,
    caught: caught.length === 2 ? caught.join('; ') : undefined,
  }
}
