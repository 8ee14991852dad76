import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openStore } from '@dcann/store/open'

/** Writes to a store with sixteen clients and says what was acknowledged; see there for the faults it can plant. */
export const storeWriter = fileURLToPath(new URL('store-writer.ts', import.meta.url))

/**
 * Lets the clients write until they have said `acks` times that something is durable, kills them `afterMs` later, and
 * returns all they said. The wait takes the kill out of step with the acknowledgements, which come in bursts.
 */
export async function writeAndKill(
  at: string,
  acks: number,
  afterMs: number,
  engine: string[] = [],
): Promise<string[]> {
  const child = spawn(process.execPath, [storeWriter, at, ...engine], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length === acks) setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  const [status, signal] = (await gone) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`killing a writer: it ended by itself with status ${status}`)
  return said
}

/** What is wrong with the store after all that was said: acknowledged writes that are gone, commits found in half. */
export async function faultsAfter(
  at: string,
  said: readonly string[],
): Promise<{ lost: string[]; half: string[]; findings: unknown[] }> {
  const store = await openStore(at)
  const newest = new Map<string, number>()
  const lost: string[] = []
  for (const line of said) {
    const [name = '', i] = line.split(' ')
    const stays = `stays/${name}/${i}`
    if (store.read([stays]).get(stays)?.value[199] !== Number(i) % 256) lost.push(line)
    newest.set(name, Math.max(newest.get(name) ?? 0, Number(i)))
  }
  const half: string[] = []
  for (const [name, i] of newest) {
    const [left, right] = [`left/${name}`, `right/${name}`]
    const pair = store.read([left, right])
    const [a, b] = [pair.get(left), pair.get(right)]
    if (a === undefined || b === undefined || a.version !== b.version || Buffer.compare(a.value, b.value) !== 0)
      half.push(name)
    else {
      const at = new DataView(a.value.slice().buffer).getUint32(0)
      const stays = [`stays/${name}/${at}`, `stays/${name}/${at + 1}`] as const
      const snapshot = store.read(stays)
      if (at < i) lost.push(`${name} ${i}`)
      if (snapshot.get(stays[0]) === undefined || snapshot.get(stays[1]) !== undefined) half.push(name)
    }
  }
  const { findings } = await store.fsck()
  await store.close()
  return { lost, half, findings: [...findings] }
}
