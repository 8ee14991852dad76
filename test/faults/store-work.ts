import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openPlace } from '@dcann/store/engines'
import type { Snapshot } from '@dcann/store/store'
import { placeAt } from './store-place.ts'

/** Writes to a store with sixteen clients and says what was acknowledged; see there for the faults it can plant. */
export const storeWriter = fileURLToPath(new URL('store-writer.ts', import.meta.url))

/**
 * Lets the clients write until they have said `acks` times that something is durable, kills them `afterMs` later, and
 * returns all they said. The wait takes the kill out of step with the acknowledgements, which come in bursts. `meanwhile` is
 * done between the wait and the kill.
 */
export async function writeAndKill(
  at: string,
  acks: number,
  afterMs: number,
  engine: string[] = [],
  meanwhile?: () => Promise<void>,
): Promise<string[]> {
  const child = spawn(process.execPath, [storeWriter, at, ...engine], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length !== acks) continue
    setTimeout(() => void (meanwhile?.() ?? Promise.resolve()).then(() => child.kill('SIGKILL')), afterMs)
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
  const store = await openPlace(placeAt(at))
  const newest = new Map<string, number>()
  const lost: string[] = []
  for (let from = 0; from < said.length; from += 1000) {
    const lines = said.slice(from, from + 1000).map((line) => [line, ...line.split(' ')] as const)
    const snapshot = await store.read(lines.map(([, name = '', i = '']) => `stays/${name}/${i}`))
    for (const [line, name = '', i = ''] of lines) {
      if (snapshot.get(`stays/${name}/${i}`)?.value[199] !== Number(i) % 256) lost.push(line)
      newest.set(name, Math.max(newest.get(name) ?? 0, Number(i)))
    }
  }
  const half: string[] = []
  for (const [name, i] of newest) {
    const [left, right] = [`left/${name}`, `right/${name}`]
    const pair: Snapshot = await store.read([left, right])
    const [a, b] = [pair.get(left), pair.get(right)]
    if (a === undefined || b === undefined || a.version !== b.version || Buffer.compare(a.value, b.value) !== 0)
      half.push(name)
    else {
      const last = new DataView(a.value.slice().buffer).getUint32(0)
      const stays = [`stays/${name}/${last}`, `stays/${name}/${last + 1}`] as const
      const snapshot = await store.read(stays)
      if (last < i) lost.push(`${name} ${i}`)
      if (snapshot.get(stays[0]) === undefined || snapshot.get(stays[1]) !== undefined) half.push(name)
    }
  }
  const { findings } = await store.fsck()
  await store.close()
  return { lost, half, findings: findings.filter(({ code }) => code !== 'no-standby') }
}
