import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { type Draw, draws } from '../draws.ts'
import { type Battery, type Budget, hasTime, type Outcome } from './battery.ts'
import { cannotMount, makeImage, mountImage } from './image.ts'
import { faultsAfter, storeWriter } from './store-work.ts'

const floor = 100
/** Cuts of one writer's life: what was acknowledged, and is looked through after each, does not grow without end. */
const round = 4

/**
 * Cuts the power under sixteen clients that write to one store: their process stands still, the block device is copied
 * as it is, and what the kernel still had in memory is not in the copy. A copy is mounted, which replays its journal,
 * opened and held against all that was acknowledged before the cut. It shows nothing of drives that lie about a sync.
 */
export const powerCuts: Battery = async (budget) => {
  const { count = floor, until, seed, say } = budget
  // in memory where there is that: copying is then a matter of milliseconds
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dcann-cuts-'))
  try {
    const reason = cannotMount(join(folder, 'try'))
    if (reason !== undefined) return withoutImages(reason)
    const draw = draws(seed)
    const failures: string[] = []
    let [cuts, acknowledged] = [0, 0]
    for (let life = 0; cuts < count && hasTime({ until }); life++) {
      const lived = await live(join(folder, `life-${life}`), [], Math.min(round, count - cuts), draw, budget)
      cuts += lived.cuts
      acknowledged += lived.acknowledged
      failures.push(...lived.failures)
      say(`${cuts} cuts, ${acknowledged} acknowledged commits, ${failures.length} failures`)
    }
    // the planted fault is shown whatever the time
    const planted = await live(join(folder, 'planted'), ['unsynced'], 3, draw, { ...budget, until: Infinity })
    return {
      count: cuts,
      of: 'power cuts',
      floor,
      looked: `${acknowledged} acknowledged commits of 3 keys`,
      failures,
      caught: planted.failures.length > 0 ? `leaves syncing to the kernel: ${planted.failures[0]}` : undefined,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Life = { cuts: number; acknowledged: number; readonly failures: string[] }

/** One writer on one image, cut several times. */
async function live(folder: string, engine: string[], most: number, draw: Draw, { until }: Budget): Promise<Life> {
  const image = makeImage(`${folder}.img`, `${folder}.mnt`)
  const child = spawn(process.execPath, [storeWriter, join(image.mounted, 'store'), ...engine], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const said: string[] = []
  createInterface(child.stdout).on('line', (line) => said.push(line))
  const failures: string[] = []
  let cuts = 0
  try {
    while (cuts < most && hasTime({ until })) {
      const before = said.length
      for (let tries = 0; said.length < before + 10 && tries < 5000; tries++) await wait(2)
      await wait(draw(40))
      const copy = `${folder}.cut`
      await standing(child, said, () => image.copy(copy))
      failures.push(...(await faultsOf(copy, `${folder}.look`, said.slice(), engine)))
      rmSync(copy)
      cuts++
    }
    return { cuts, acknowledged: said.length, failures }
  } finally {
    child.kill('SIGKILL')
    await gone
    image.unmount()
    rmSync(`${folder}.img`)
  }
}

/** Lets a process stand still, hears all it has said by then, and does something meanwhile. */
async function standing(child: ChildProcess, said: readonly string[], act: () => void): Promise<void> {
  child.kill('SIGSTOP')
  for (let heard = -1; heard < said.length;) {
    heard = said.length
    await wait(15)
  }
  act()
  child.kill('SIGCONT')
}

async function faultsOf(
  copy: string,
  at: string,
  said: readonly string[],
  engine: readonly string[],
): Promise<string[]> {
  const image = mountImage(copy, at)
  try {
    const { lost, half, findings } = await faultsAfter(join(image.mounted, 'store'), said)
    const faults = [
      ...(lost.length > 0 ? [`${lost.length} of ${said.length} acknowledged commits lost`] : []),
      ...half.map((name) => `in half: ${name}`),
      ...findings.map((finding) => `fsck: ${JSON.stringify(finding)}`),
    ]
    return faults
  } catch (error) {
    return [`${engine.join('')} ${error instanceof Error ? error.message : 'it does not open'}`.trim()]
  } finally {
    image.unmount()
  }
}

/** Without loop devices nothing is shown, and the battery says so. */
function withoutImages(reason: string): Outcome {
  return {
    count: 0,
    of: 'power cuts',
    floor,
    looked: 'nothing',
    failures: [],
    caught: undefined,
    without: `block images cannot be mounted: ${reason}`,
  }
}
