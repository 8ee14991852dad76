import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Network, startNetwork } from '../network.ts'
import { stories } from './all.ts'
import type { Setting } from './setting.ts'

let network: Network

beforeAll(async () => {
  await checkVerifyStrict()
  network = await startNetwork({ seed: 'stories' })
})

describe('in one process, without ports', () => {
  for (const [name, { claims, tell }] of Object.entries(stories)) {
    test(`story ${name}: ${claims}`, { timeout: 60_000 }, async () => {
      await expect(tell(settingOf(network))).resolves.toBe(undefined)
    })
  }
})

function settingOf({ cast, world, resolver, submit, round }: Network): Setting {
  return { cast, world, resolver, submit: (record) => submit(record), settle: round, label: 'network' }
}
