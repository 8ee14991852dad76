import type { Resolver } from '@dcann/sdk/resolver'
import { memoryStore } from '@dcann/store/memory'
import { expect, test } from 'vitest'
import { selfBy } from './registries.ts'
import { noteSelf } from './self.ts'

/** A zone that has the node's record, or not yet, and counts resolvers. */
function scripted() {
  const zone = { node: undefined as string | undefined, operator: 'active', opened: 0 }
  const openResolver = async (): Promise<Pick<Resolver, 'resolveName'>> => {
    zone.opened++
    const known = new Map<string, unknown>()
    const resolveName = async (name: string) => {
      const status = name.includes('/operator/') ? zone.operator : zone.node
      // what was found once is remembered by whoever found it
      if (!known.has(name)) known.set(name, status && { payload: { status, operator: 'EE/operator/laht' } })
      return { record: known.get(name) }
    }
    // of a resolver this reads what stands under two names
    return { resolveName } as unknown as Pick<Resolver, 'resolveName'>
  }
  return { zone, resolveSelf: selfBy(openResolver, 'EE/node/tallinn') }
}

test('selfBy: an absence found before the node has its record is remembered by nobody', async () => {
  const { zone, resolveSelf } = scripted()
  expect(await resolveSelf()).toBe(undefined)
  zone.node = 'active'
  expect(await resolveSelf()).toEqual({ node: 'active', operator: 'active', operatorName: 'EE/operator/laht' })
  expect(zone.opened).toBe(2)
})

test('noteSelf tells of a change, of nothing else, and of none twice', async () => {
  const { zone, resolveSelf } = scripted()
  const world = { now: () => 1_790_000_000, monotonic: () => 0, random: (bytes: number) => new Uint8Array(bytes) }
  const desk = { store: memoryStore(), world, node: 'EE/node/tallinn', resolveSelf }
  const note = async () => await noteSelf(desk, 1_790_000_000)
  expect(await note()).toBe(undefined)
  zone.node = 'active'
  expect([await note(), await note()]).toEqual([false, false])
  zone.operator = 'suspended'
  expect([await note(), await note()]).toEqual([true, false])
  zone.node = 'suspended'
  expect([await note(), await note()]).toEqual([true, false])
})
