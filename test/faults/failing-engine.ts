import { join } from 'node:path'
import type { Disk } from '@dcann/store/disk'
import { openStore } from '@dcann/store/open'
import { type Battery, hasTime } from './battery.ts'

/** How the batch that fails does it: nothing of it is on disk, or all of it, or it says that all is well and is not. */
type Failing = 'before' | 'after' | 'lying'

/** Where system calls cannot be made to fail: a store over a disk whose `nth` batch does. */
export const failingEngine: Battery = async ({ until, folder, say }) => {
  const failures: string[] = []
  let tried = 0
  for (const failing of ['before', 'after'] as const)
    for (let nth = 1; nth <= 12 && hasTime({ until }); nth++, tried++)
      failures.push(...(await attempt(join(folder, `${failing}-${nth}`), failing, nth)))
  const lies = await attempt(join(folder, 'lying'), 'lying', 3)
  say(`${tried} batches made to fail, ${failures.length} failures`)
  return {
    count: tried,
    of: 'batches made to fail by a faulty engine',
    floor: 24,
    looked: `${tried} stores opened again`,
    failures,
    caught: lies.length > 0 ? `acknowledges what it drops: ${lies[0]}` : undefined,
  }
}

/** Commits until the disk fails, opens the store again, and holds it against what was acknowledged. */
async function attempt(at: string, failing: Failing, nth: number): Promise<string[]> {
  let batches = 0
  const disk = (sound: Disk): Disk =>
    new Proxy(sound, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        // `as`: what a method of LevelDB gives back is the caller's business
        const method = (value as (...rest: unknown[]) => unknown).bind(target)
        if (name !== 'batch') return method
        return async (...rest: unknown[]) => {
          const fails = ++batches === nth
          if (!fails || failing === 'after') await method(...rest)
          if (fails && failing !== 'lying') throw new Error('the disk fails here')
        }
      },
    })
  const acknowledged: number[] = []
  const store = await openStore(at, { buckets: 4, disk })
  for (let i = 0; i < nth + 2; i++) {
    const value = Uint8Array.of(i)
    const commit = { writes: ['left', 'right'].map((side) => ({ key: `${side}/${i}`, value })) }
    await store.commit(commit).then(
      () => acknowledged.push(i),
      () => {},
    )
  }
  await store.close()
  const failures: string[] = []
  try {
    const again = await openStore(at)
    for (let i = 0; i < nth + 2; i++) {
      const [left, right] = [`left/${i}`, `right/${i}`] as const
      const found = again.read([left, right])
      const there = [left, right].filter((key) => found.get(key)?.value[0] === i).length
      if (there === 1) failures.push(`commit ${i} stands in half`)
      if (there === 0 && acknowledged.includes(i)) failures.push(`commit ${i} is acknowledged, and not there`)
    }
    await again.close()
  } catch (error) {
    failures.push(error instanceof Error ? error.message : 'it does not open')
  }
  return failures
}
