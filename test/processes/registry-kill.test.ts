import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { draws } from '../draws.ts'
import {
  dropping,
  faultsIn,
  fsckRegistry,
  registry,
  type RegistryBench,
  settleRegistry,
  type Story,
  writeAndKill,
} from '../faults/registry-work.ts'

const kills = 20
const floor = kills * 12

let folder: string
let bench: RegistryBench
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcann-registry-kill-'))
  bench = await settleRegistry(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test(`a registry killed ${kills} times while it is written to keeps every record it acknowledged, whole`, async () => {
  const draw = draws(20261124)
  const stories: Story[] = []
  for (let kill = 0; kill < kills; kill++) {
    const begun = stories.length
    await writeAndKill(bench, registry, stories, 12 + draw(24), draw(15))
    expect(stories.length).toBeGreaterThan(begun)
  }
  expect(await faultsIn(bench, registry, stories)).toEqual([])
  expect(await fsckRegistry(bench)).toEqual({ code: 0, said: expect.stringMatching(/ 0 problem\(s\)\n$/) })
  const acknowledged = stories.reduce((sum, story) => sum + story.acknowledged, 0)
  console.log(`registry-kill: ${kills} kills, ${acknowledged} acknowledged records (floor ${floor}), 0 lost, 0 in half`)
  expect(acknowledged).toBeGreaterThanOrEqual(floor)
})

test('the check finds a store that drops a write it has acknowledged', async () => {
  const stories: Story[] = []
  await writeAndKill(bench, dropping, stories, 60, 0)
  expect((await faultsIn(bench, registry, stories)).length).toBeGreaterThan(0)
})
