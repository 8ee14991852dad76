import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { createResolver } from '@dcann/sdk/resolver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { stories } from '../stories/all.ts'
import type { Setting } from '../stories/setting.ts'

let folder = ''
let federation: Federation

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-stories-'))
  federation = await startFederation({ folder, seed: 'stories', ports: await freePorts(5), withoutCompanies: true })
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('against real processes, over HTTP and LevelDB', () => {
  for (const [name, { claims, tell }] of Object.entries(stories)) {
    test(`story ${name}: ${claims}`, { timeout: 120_000 }, async () => {
      await expect(tell(settingOf(federation))).resolves.toBe(undefined)
    })
  }
})

function settingOf({ cast, world, registry }: Federation): Setting {
  return {
    cast,
    world,
    resolver: () => createResolver({ world: world(), pinned: cast.root.signed, registries: [registry.url] }),
    submit: async (record) => void (await createRegistryClient(world(), registry.url).submit(record)),
    // a node signs the next head of its evidence log within about a second
    settle: () => wait(2_500),
    label: 'processes',
  }
}
