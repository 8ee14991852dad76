import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { storeConformance } from './conformance.ts'
import { type Disk, HEAD_KEY } from './disk.ts'
import { isStoreError } from './errors.ts'
import type { Operation } from './group.ts'
import { gate, type Gate } from './gate.ts'
import { openStore } from './open.ts'
import { scratch } from './scratch.ts'
import { settle } from './shelf.ts'

/** LevelDB whose syncs pass a gate, before they reach the disk or when they have and nobody has heard of it yet. */
const gated =
  ({ pass }: Gate, when: 'before' | 'after') =>
  (disk: Disk): Disk =>
    new Proxy(disk, {
      get(target, name) {
        if (name === 'batch')
          return async (operations: Operation[], options: { sync: boolean }) => {
            expect(options.sync).toBe(true) // what a kill cannot show: see the note on power cuts in witness.ts
            expect(operations.at(-1)?.key).toBe(HEAD_KEY) // data and head are on disk together or not at all
            if (when === 'before') await pass()
            await target.batch(operations, options)
            if (when === 'after') await pass()
          }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

/** Leases of one process end by the clock that its caller hands in. */
const later = async (now: number, ms: number): Promise<number> => now + ms

const subject = async (when: 'before' | 'after' = 'before') => {
  const { folder, remove } = scratch()
  const disk = gate()
  const store = await openStore(join(folder, 'store'), { buckets: 4, disk: gated(disk, when) })
  const end = async () => {
    await store.close()
    remove()
  }
  return { store, holdSyncs: disk.hold, failNextSync: disk.failNext, later, end }
}

describe('levelStore held before its sync', () => {
  storeConformance({ describe, it, expect }, () => subject('before'))
})
describe('levelStore held after its sync', () => {
  storeConformance({ describe, it, expect }, () => subject('after'))
})

describe('levelStore', () => {
  it('levelStore lets many commits share one sync', async () => {
    const { store, end } = await subject()
    const before = store.syncs()
    const value = new Uint8Array(100)
    await Promise.all(
      Array.from({ length: 64 }, async (_, writer) => {
        for (let i = 0; i < 20; i++)
          await store.commit({ writes: [{ key: `w/${writer}/${i}`, value, expect: 'absent' }] })
      }),
    )
    expect(store.syncs() - before).toBeLessThan((64 * 20) / 16)
    expect(store.syncs() - before).toBeGreaterThanOrEqual(20)
    expect((await store.fsck()).genuine).toBe(64 * 20)
    await end()
  })

  it('levelStore read answers at once', async () => {
    const { store, end } = await subject()
    expect(store.read(['a'])).not.toBeInstanceOf(Promise)
    expect(store.leases('a', 0)).not.toBeInstanceOf(Promise)
    await end()
  })

  it('levelStore fsck while it is written is clean at every moment', async () => {
    const { store, end } = await subject()
    const value = new Uint8Array(50)
    let checks = 0
    const writing = Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 60; i++)
          await store.commit({
            writes: [
              { key: `k/${writer}`, value },
              i % 3 === 0 ? { key: `d/${writer}`, delete: true } : { key: `d/${writer}`, value },
            ],
          })
      }),
    )
    for (; checks < 10; checks++) expect((await store.fsck()).findings).toEqual([])
    await writing
    expect((await store.fsck()).findings).toEqual([])
    await end()
  })
})

describe('settle', () => {
  it('settle over a slow disk tries once for each that goes before it, and loses no increment', async () => {
    const { store, end } = await subject()
    await store.commit({ writes: [{ key: 'n', value: Uint8Array.of(0) }] })
    let tries = 0
    const increment = () =>
      settle(async () => {
        tries++
        const found = store.read(['n']).get('n')
        const value = Uint8Array.of((found?.value[0] ?? 0) + 1)
        await store.commit({ writes: [{ key: 'n', value, expect: found?.version ?? 'absent' }] })
      })
    await Promise.all(Array.from({ length: 8 }, increment))
    expect(store.read(['n']).get('n')).toEqual({ value: Uint8Array.of(8), version: 9 })
    expect(tries).toBeLessThanOrEqual(8 + 7 + 6 + 5 + 4 + 3 + 2 + 1)
    await end()
  })
})

describe('close', () => {
  it('close under a sweep, a range or a renewal lets them say closed, and nothing else', async () => {
    const { store, end } = await subject()
    for (let i = 0; i < 20; i++) await store.commit({ writes: [{ key: `k/${i}`, value: new Uint8Array(9) }] })
    const works = [store.fsck(), store.renew(['k/1']), store.fsck(), store.range({ limit: 9 }), store.renew(['k/2'])]
    const outcomes = Promise.allSettled(works)
    await end()
    const said = (await outcomes).map((each) => (each.status === 'fulfilled' ? 'done' : codeOf(each.reason)))
    expect(said.filter((word) => word !== 'done' && word !== 'closed')).toEqual([])
  })
})

describe('renew', () => {
  it('renew keeps what lives, in its versions, and makes what was deleted unreadable', async () => {
    const { folder, remove } = scratch()
    const at = join(folder, 'store')
    let raw: Disk | undefined
    const store = await openStore(at, { buckets: 1, disk: (disk) => (raw = disk) })
    const value = new TextEncoder().encode('kept')
    await store.commit({
      writes: [
        { key: 'a', value },
        { key: 'b', value },
      ],
    })
    await store.commit({ writes: [{ key: 'a', value }] })
    const old = raw?.getSync('b')
    await store.commit({ writes: [{ key: 'b', delete: true }] })
    const writing = Promise.all(
      Array.from({ length: 30 }, (_, i) => store.commit({ writes: [{ key: `c/${i}`, value }] })),
    )
    await store.renew(['b'])
    await writing
    expect(store.read(['a']).get('a')).toEqual({ value, version: 2 })
    expect(await store.fsck()).toEqual({ genuine: 31, findings: [] })
    if (old !== undefined) await raw?.put('b', old)
    expect(() => store.read(['b'])).toThrow(expect.objectContaining({ code: 'corrupt' }))
    await store.close()
    remove()
  })
})

const codeOf = (error: unknown): string => (isStoreError(error) ? error.code : String(error))
