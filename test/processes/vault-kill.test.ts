import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Federation } from '../../scripts/federation/parts.ts'
import { draws } from '../draws.ts'
import { type Bench, killAgain, settle, startNodes, startPlanted } from '../faults/vault-work.ts'

let folder = ''
let federation: Federation
let bench: Bench

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-vault-kill-'))
  federation = await startNodes(folder, 'vault-kill')
  bench = await settle(federation, 'vault-kill')
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

test(
  'kill -9 of a vault node: every acknowledged write is there, nothing half, fsck clean',
  { timeout: 240_000 },
  async () => {
    const seed = 20_261_124
    const plan = { kills: 20, draw: draws(seed), acks: 20, lookEvery: 5, fsckEvery: 5 }
    const { kills, acks, checks, lost, faults } = await killAgain(bench, federation.tallinn, plan)
    console.log(
      `vault kills (seed ${seed}): ${lost.length} of ${acks} acknowledged writes lost over ${kills} kills, ${faults.length} of ${checks} checks found something`,
    )
    expect(acks).toBeGreaterThanOrEqual(400)
    expect(lost).toEqual([])
    expect(faults).toEqual([])
  },
)

test(
  'kill -9: the same check catches a node that acknowledges what it has yet to write',
  { timeout: 120_000 },
  async () => {
    const planted = await startPlanted(federation.tallinn, 'forgetful')
    try {
      const plan = { kills: 2, draw: draws(7), acks: 20, lookEvery: 1, fsckEvery: 5 }
      const { acks, lost } = await killAgain(bench, planted, plan)
      console.log(`vault kills, fault planted: ${lost.length} losses told in 2 looks at ${acks} acknowledged writes`)
      expect(lost.length).toBeGreaterThan(0)
    } finally {
      await planted.end('SIGKILL')
      await federation.tallinn.again()
    }
  },
)
