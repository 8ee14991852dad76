import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { draws } from '../draws.ts'
import { faultsAfter, writeAndKill } from '../faults/store-work.ts'

const KILLS = 20

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dcann-store-kill-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

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
