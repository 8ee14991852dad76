import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openStore } from '@dcann/store/open'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const KILLS = 20
const writer = fileURLToPath(new URL('./store-kill-writer.ts', import.meta.url))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dcann-store-kill-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A seeded draw of a whole number below `n`. */
const draws =
  (seed: number) =>
  (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return Math.floor((seed / 0x80000000) * n)
  }

/**
 * Lets the clients write until they have said `acks` times that something is durable, kills them `afterMs` later, and
 * returns all they said. The wait takes the kill out of step with the acknowledgements, which come in bursts.
 */
const writeAndKill = async (at: string, acks: number, afterMs: number, engine: string[] = []): Promise<string[]> => {
  const child = spawn(process.execPath, [writer, at, ...engine], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length === acks) setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  const [status, signal] = await gone
  expect([status, signal]).toEqual([null, 'SIGKILL'])
  return said
}

/** What is wrong with the store after all that was said: acknowledged writes that are gone, commits found in half. */
const faultsAfter = async (
  at: string,
  said: readonly string[],
): Promise<{ lost: string[]; half: string[]; findings: unknown[] }> => {
  const store = await openStore(at)
  const newest = new Map<string, number>()
  const lost: string[] = []
  for (const line of said) {
    const [name, i] = line.split(' ')
    const stays = `stays/${name}/${i}`
    if (store.read([stays]).get(stays)?.value[199] !== Number(i) % 256) lost.push(line)
    newest.set(name!, Math.max(newest.get(name!) ?? 0, Number(i)))
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

describe('openStore killed', () => {
  it(`openStore killed ${KILLS} times while it writes keeps all it acknowledged, and nothing in half`, async () => {
    const draw = draws(20261123)
    const at = join(folder, 'store')
    const said: string[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      said.push(...(await writeAndKill(at, 20 + draw(200), draw(12))))
      expect(await faultsAfter(at, said)).toEqual({ lost: [], half: [], findings: [] })
    }
    console.log(`store-kill: ${KILLS} kills, ${said.length} acknowledged commits of 3 keys, 0 lost, 0 in half`)
    expect(said.length).toBeGreaterThanOrEqual(KILLS * 20)
    expect(new Set(said).size).toBe(said.length)
  })

  for (const [engine, what] of [
    ['early', 'acknowledges before it writes'],
    ['torn', 'writes a commit in pieces'],
  ] as const)
    it(`openStore killed: the checker finds an engine that ${what}`, async () => {
      const draw = draws(7)
      const found = { early: 0, torn: 0 }
      for (let kill = 0; kill < 10 && found[engine] === 0; kill++) {
        const at = join(folder, `store-${kill}`)
        const { lost, half } = await faultsAfter(at, await writeAndKill(at, 150 + draw(100), draw(12), [engine]))
        found.early += lost.length
        found.torn += half.length
      }
      expect(found[engine]).toBeGreaterThan(0)
    })
})
