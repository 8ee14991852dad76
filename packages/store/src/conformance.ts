import * as fc from 'fast-check'
import type { describe, expect, it } from 'vitest'
import { isStoreError, type StoreErrorCode } from './errors.ts'
import { MAX_KEYS, MAX_LEASE_MS, MAX_RANGE, MAX_VALUE_BYTES, MAX_WRITES } from './store.ts'
import type { Commit, Entry, Range, Store, Write } from './store.ts'

/** The three words of a test runner that the suite speaks. */
export type Runner = { readonly describe: typeof describe; readonly it: typeof it; readonly expect: typeof expect }

/** An engine under test, empty, with a hold on its disk. */
export type Subject = {
  readonly store: Store
  /** From now on syncs wait; the returned act lets them go on. */
  holdSyncs(this: void): () => void
  /** The next sync fails. */
  failNextSync(this: void): void
  /** What the caller's clock says when a lease given `ms` from `now` on is over; an engine with a clock of its own waits. */
  later(this: void, now: number, ms: number): Promise<number>
  /** Ends the store and what stands behind it. */
  end(this: void): Promise<void>
}

/** Every behaviour that `Store` promises, asked of one engine. Each test gets a subject of its own, the law one for each history. */
export const storeConformance = (
  { describe, it, expect }: Runner,
  make: () => Promise<Subject>,
  { histories = 40 }: { readonly histories?: number } = {},
): void => {
  const code = async (act: () => unknown): Promise<StoreErrorCode | 'none'> => {
    try {
      await act()
      return 'none'
    } catch (error) {
      if (isStoreError(error)) return error.code
      throw error
    }
  }
  const the = (name: string, act: (store: Store, subject: Subject) => Promise<void>): void =>
    it(name, async () => {
      const subject = await make()
      try {
        await act(subject.store, subject)
      } finally {
        await subject.end()
      }
    })
  const put = (key: string, text = key, expect?: number | 'absent'): Write => ({
    key,
    value: bytes(text),
    ...(expect === undefined ? {} : { expect }),
  })
  const keysOf = async (store: Store, range: Range): Promise<string[]> =>
    (await store.range(range)).map((entry) => entry.key)
  const held = async (store: Store, key: string): Promise<[string, number] | undefined> => {
    const found = (await store.read([key])).get(key)
    return found && [text(found.value), found.version]
  }

  describe('read', () => {
    the('read of an absent key is undefined', async (store) => {
      expect((await store.read(['a'])).get('a')).toBeUndefined()
    })
    the('read of the same key twice is as once, of none is nothing', async (store) => {
      await store.commit({ writes: [put('a')] })
      expect((await store.read(['a', 'a'])).get('a')?.version).toBe(1)
      expect(await code(async () => (await store.read([])).get('a'))).toBe('unread-key')
    })
    the('snapshot refuses a key that was not named', async (store) => {
      await store.commit({ writes: [put('a'), put('b')] })
      const snapshot = await store.read(['a'])
      expect(await code(() => snapshot.get('b'))).toBe('unread-key')
    })
    the('snapshot stays as it was when its keys are written', async (store) => {
      await store.commit({ writes: [put('a', 'old')] })
      const snapshot = await store.read(['a', 'b'])
      await store.commit({ writes: [put('a', 'new'), put('b')] })
      expect([text(snapshot.get('a')!.value), snapshot.get('b')]).toEqual(['old', undefined])
    })
    the('read refuses what is not a key', async (store) => {
      for (const key of ['', '/', 'a/', '/a', 'a//b', 'a b', 'ä', 'a\n', '!head', 'a\u0000', '*', 'x'.repeat(513)])
        expect([key, await code(() => store.read([key]))]).toEqual([key, 'malformed-key'])
      expect(await code(() => store.read(['x'.repeat(512)]))).toBe('none')
    })
    the('read refuses too many keys', async (store) => {
      const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `k/${i}`)
      expect(await code(() => store.read(many(MAX_KEYS)))).toBe('none')
      expect(await code(() => store.read(many(MAX_KEYS + 1)))).toBe('malformed-range')
    })
  })

  describe('commit', () => {
    the('commit counts versions from 1 and again after a delete', async (store) => {
      const versions: number[] = []
      const writes: Write[] = [put('a'), put('a'), put('a'), { key: 'a', delete: true }, put('a')]
      for (const write of writes) versions.push(...(await store.commit({ writes: [write] })).versions)
      expect(versions).toEqual([1, 2, 3, 0, 1])
    })
    the('commit answers a version for each write in order', async (store) => {
      await store.commit({ writes: [put('a'), put('b')] })
      const writes: Write[] = [
        put('c'),
        { key: 'b', require: 1 },
        { key: 'a', delete: true },
        { key: 'x', delete: true },
      ]
      expect((await store.commit({ writes })).versions).toEqual([1, 1, 0, 0])
      expect((await store.commit({ writes: [] })).versions).toEqual([])
    })
    the('commit refuses what it does not find as expected, and names the key', async (store) => {
      await store.commit({ writes: [put('a')] })
      const wrong: Write[] = [
        put('a', 'x', 'absent'),
        put('a', 'x', 2),
        put('b', 'x', 1),
        { key: 'a', delete: true, expect: 2 },
        { key: 'b', delete: true, expect: 1 },
        { key: 'a', require: 2 },
        { key: 'b', require: 1 },
      ]
      for (const write of wrong) {
        const error: unknown = await store.commit({ writes: [put('c'), write] }).catch((e: unknown) => e)
        expect([isStoreError(error, 'conflict'), isStoreError(error) && error.key]).toEqual([true, write.key])
      }
      expect([await held(store, 'a'), await held(store, 'b'), await held(store, 'c')]).toEqual([
        ['a', 1],
        undefined,
        undefined,
      ])
    })
    the('commit lets one of many with the same expectation stand', async (store) => {
      const tries = (expect: number | 'absent') =>
        Promise.all(
          Array.from({ length: 20 }, (_, i) => code(() => store.commit({ writes: [put('a', `${i}`, expect)] }))),
        )
      for (const expected of ['absent', 1, 2] as const) {
        const outcomes = await tries(expected)
        expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(1)
        expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(19)
      }
      expect((await held(store, 'a'))?.[1]).toBe(3)
    })
    the('commit takes effect in the order of calls', async (store) => {
      const done = [
        put('a', 'one'),
        put('a', 'two', 1),
        { key: 'a', delete: true, expect: 2 } as const,
        put('a', 'three', 'absent'),
      ]
      await Promise.all(done.map((write) => store.commit({ writes: [write] })))
      expect(await held(store, 'a')).toEqual(['three', 1])
    })
    the('commit founded on a version fails when that goes first, stands when it goes after', async (store) => {
      await store.commit({ writes: [put('ground')] })
      const founded = (to: string): Commit => ({ writes: [{ key: 'ground', require: 1 }, put(to)] })
      const outcomes = await Promise.all(
        [founded('before'), { writes: [put('ground', 'ended', 1)] }, founded('after')].map((c) =>
          code(() => store.commit(c)),
        ),
      )
      expect(outcomes).toEqual(['none', 'none', 'conflict'])
      expect([await held(store, 'before'), await held(store, 'after')]).toEqual([['before', 1], undefined])
    })
    the('commit keeps the bytes as they were at the call', async (store) => {
      const value = bytes('before')
      const done = store.commit({ writes: [{ key: 'a', value }] })
      value.fill(0)
      await done
      expect(await held(store, 'a')).toEqual(['before', 1])
    })
    the('commit keeps empty and largest values and longest keys', async (store) => {
      const largest = new Uint8Array(MAX_VALUE_BYTES).fill(7)
      const key = 'k'.repeat(512)
      await store.commit({
        writes: [
          { key: 'empty', value: new Uint8Array() },
          { key, value: largest },
        ],
      })
      const snapshot = await store.read(['empty', key])
      expect(snapshot.get('empty')).toEqual({ value: new Uint8Array(), version: 1 })
      expect(snapshot.get(key)?.value.length).toBe(MAX_VALUE_BYTES)
    })
    the('commit refuses what is malformed and writes nothing of it', async (store) => {
      const lease = { id: 'l', scopes: ['s'], from: 0, until: 1 }
      const wrong: [StoreErrorCode, Commit][] = [
        ['malformed-commit', { writes: [put('a'), put('a')] }],
        ['malformed-commit', { writes: [put('b'), put('a', 'x', 0)] }],
        ['malformed-commit', { writes: [put('b'), { key: 'a', require: 1.5 }] }],
        ['malformed-commit', { writes: [put('b'), { key: 'a', value: new Uint8Array(MAX_VALUE_BYTES + 1) }] }],
        ['malformed-commit', { writes: Array.from({ length: MAX_WRITES + 1 }, (_, i) => put(`b/${i}`)) }],
        ['malformed-commit', { writes: [put('b')], lease: { ...lease, until: 0 } }],
        ['malformed-commit', { writes: [put('b')], lease: { ...lease, until: MAX_LEASE_MS + 1 } }],
        ['malformed-commit', { writes: [put('b')], lease: { ...lease, until: Number.NaN } }],
        ['malformed-commit', { writes: [put('b')], lease: { ...lease, scopes: [] } }],
        ['malformed-key', { writes: [put('b'), put('a//b')] }],
      ]
      for (const [expected, commit] of wrong) expect(await code(() => store.commit(commit))).toBe(expected)
      expect(await keysOf(store, { limit: 10 })).toEqual([])
    })
    the('commit is not seen by readers before it is synced, and then as a whole', async (store, subject) => {
      await store.commit({ writes: [put('a', 'old'), put('gone')] })
      const letGo = subject.holdSyncs()
      const done = store.commit({ writes: [put('a', 'new'), put('b'), { key: 'gone', delete: true }] })
      const whole = async () => [await held(store, 'a'), await held(store, 'b'), await keysOf(store, { limit: 9 })]
      for (let turn = 0; turn < 5; turn++) {
        await Promise.resolve()
        expect(await whole()).toEqual([['old', 1], undefined, ['a', 'gone']])
      }
      letGo()
      await done
      expect(await whole()).toEqual([
        ['new', 2],
        ['b', 1],
        ['a', 'b'],
      ])
    })
  })

  describe('commit that comes second', () => {
    the('commit is refused for one under way when that is durable, and a read then sees it', async (store, subject) => {
      await store.commit({ writes: [put('a', 'old')] })
      const letGo = subject.holdSyncs()
      const order: string[] = []
      const first = store.commit({ writes: [put('a', 'new', 1)] }).then(() => order.push('first'))
      const second = code(() => store.commit({ writes: [put('a', 'other', 1)] })).then(async (outcome) => {
        order.push(outcome)
        return held(store, 'a')
      })
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      expect(order).toEqual([])
      letGo()
      expect(await second).toEqual(['new', 2])
      await first
      expect(order.toSorted()).toEqual(['conflict', 'first'])
    })
    the('commit is failed and not refused when the one under way fails', async (store, subject) => {
      subject.failNextSync()
      const outcomes = ['a', 'a'].map((key) => code(() => store.commit({ writes: [put(key, 'x', 'absent')] })))
      expect(await Promise.all(outcomes)).toEqual(['failed', 'failed'])
    })
  })

  describe('range', () => {
    const names = ['a', 'a/a', 'a/b', 'a/b-', 'a/b/c', 'a/b0', 'a/ba', 'b', 'b/1', 'B']
    const ranges: [string, Range, string[]][] = [
      [
        'all, in the order of bytes',
        { limit: 99 },
        ['B', 'a', 'a/a', 'a/b', 'a/b-', 'a/b/c', 'a/b0', 'a/ba', 'b', 'b/1'],
      ],
      ['a prefix', { prefix: 'a/b', limit: 99 }, ['a/b', 'a/b-', 'a/b/c', 'a/b0', 'a/ba']],
      ['a prefix that ends a segment', { prefix: 'a/b/', limit: 99 }, ['a/b/c']],
      ['an empty prefix', { prefix: '', limit: 2 }, ['B', 'a']],
      ['from, and not to', { from: 'a/b', to: 'a/b0', limit: 99 }, ['a/b', 'a/b-', 'a/b/c']],
      ['an open end', { from: 'b', limit: 99 }, ['b', 'b/1']],
      ['an open beginning', { to: 'a/a', limit: 99 }, ['B', 'a']],
      ['after', { prefix: 'a/', after: 'a/b', limit: 2 }, ['a/b-', 'a/b/c']],
      ['after a key that is not there', { prefix: 'a/', after: 'a/b1', limit: 9 }, ['a/ba']],
      ['after a key before the range', { prefix: 'b', after: 'a', limit: 9 }, ['b', 'b/1']],
      ['after the end', { prefix: 'a/', after: 'b', limit: 9 }, []],
      ['the other way', { prefix: 'a/b', reverse: true, limit: 2 }, ['a/ba', 'a/b0']],
      ['the other way after', { prefix: 'a/b', reverse: true, after: 'a/b0', limit: 9 }, ['a/b/c', 'a/b-', 'a/b']],
      ['the other way, not to', { from: 'a', to: 'a/b', reverse: true, limit: 9 }, ['a/a', 'a']],
      ['nothing', { from: 'c', to: 'a', limit: 9 }, []],
    ]
    for (const [what, range, expected] of ranges)
      the(`range gives ${what}`, async (store) => {
        await store.commit({ writes: names.map((name) => put(name)) })
        expect(await keysOf(store, range)).toEqual(expected)
      })
    the('range gives values and versions', async (store) => {
      await store.commit({ writes: [put('a', 'one')] })
      await store.commit({ writes: [put('a', 'two')] })
      expect(await store.range({ limit: 1 })).toEqual([{ key: 'a', value: bytes('two'), version: 2 }])
    })
    the('range refuses what it cannot answer', async (store) => {
      for (const limit of [0, -1, 1.5, Number.NaN, MAX_RANGE + 1])
        expect(await code(() => store.range({ prefix: 'a', limit }))).toBe('malformed-range')
      expect(await code(() => store.range({ prefix: 'a//', limit: 1 }))).toBe('malformed-key')
      expect(await code(() => store.range({ after: 'a/', limit: 1 }))).toBe('malformed-key')
    })
  })

  describe('leases', () => {
    const lease = (id: string, scopes: string[]) => ({ id, scopes, from: 1000, until: 3000 })
    the('leases live from their commit until their end or release, under each scope', async (store, { later }) => {
      const short = { id: 'one', scopes: ['x', 'y'], from: 1000, until: 2000 }
      await store.commit({ writes: [put('a')], lease: { id: 'two', scopes: ['x'], from: 1000, until: 3000 } })
      await store.commit({ writes: [], lease: short })
      const ids = async (scope: string, now: number) => (await store.leases(scope, now)).map(({ id }) => id).toSorted()
      expect([await ids('x', 1001), await ids('y', 1001), await ids('z', 1001)]).toEqual([['one', 'two'], ['one'], []])
      const [found] = await store.leases('y', 1001)
      expect(found!.from).toBeLessThanOrEqual(1001)
      expect(found!.until).toBeGreaterThan(1001)
      expect(await ids('x', await later(1000, 1000))).toEqual(['two'])
      await store.release('two')
      await store.release('never')
      expect(await ids('x', 2000)).toEqual([])
    })
    the('leases of a refused commit are not taken', async (store) => {
      expect(await code(() => store.commit({ writes: [{ key: 'a', require: 1 }], lease: lease('l', ['x']) }))).toBe(
        'conflict',
      )
      expect(await store.leases('x', 1500)).toEqual([])
    })
    the('leases that stand before an end are there when the end is acknowledged', async (store) => {
      await store.commit({ writes: [put('ground')] })
      const answers = Array.from({ length: 5 }, (_, i) =>
        store.commit({ writes: [{ key: 'ground', require: 1 }, put(`e/${i}`)], lease: lease(`l${i}`, ['x']) }),
      )
      const end = store.commit({ writes: [put('ground', 'ended', 1)] })
      const late = code(() => store.commit({ writes: [{ key: 'ground', require: 1 }], lease: lease('late', ['x']) }))
      await end
      expect(await store.leases('x', 1500)).toHaveLength(5)
      await Promise.all(answers)
      expect(await late).toBe('conflict')
      expect(await store.leases('x', 1500)).toHaveLength(5)
    })
  })

  describe('failed', () => {
    the('failed sync rejects all it carried and ends the store', async (store, subject) => {
      await store.commit({ writes: [put('a')] })
      subject.failNextSync()
      const outcomes = await Promise.all(['b', 'c'].map((key) => code(() => store.commit({ writes: [put(key)] }))))
      expect(outcomes).toEqual(['failed', 'failed'])
      expect(isStoreError(await store.failed, 'failed')).toBe(true)
      const after = [
        () => store.commit({ writes: [put('d')] }),
        () => store.read(['a']),
        () => store.range({ limit: 1 }),
        () => store.leases('x', 0),
      ]
      for (const act of after) expect(await code(act)).toBe('failed')
    })
    the('failed sync fails what waits behind it', async (store, subject) => {
      const letGo = subject.holdSyncs()
      subject.failNextSync()
      const first = code(() => store.commit({ writes: [put('a')] }))
      await Promise.resolve()
      const second = code(() => store.commit({ writes: [put('b')] }))
      letGo()
      expect([await first, await second]).toEqual(['failed', 'failed'])
    })
  })

  describe('close', () => {
    the('close lets queued commits end, refuses the rest, and may be called again', async (store) => {
      const done = code(() => store.commit({ writes: [put('a')] }))
      const closed = store.close()
      expect(await code(() => store.commit({ writes: [put('b')] }))).toBe('closed')
      expect(await done).toBe('none')
      await Promise.all([closed, store.close()])
      expect(await code(() => store.read(['a']))).toBe('closed')
      expect(await code(() => store.range({ limit: 1 }))).toBe('closed')
      expect(await code(() => store.leases('x', 0))).toBe('closed')
    })
  })

  describe('law', () => {
    it('store agrees with a plain map over any history', async () => {
      const key = fc.constantFrom('a', 'a/1', 'a/2', 'b', 'b/1')
      const expected = fc.option(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant('absent' as const)), {
        nil: undefined,
      })
      const write: fc.Arbitrary<Write> = fc.oneof(
        fc.tuple(key, fc.uint8Array({ maxLength: 9 }), expected).map(([key, value, expect]) => ({
          key,
          value,
          ...(expect === undefined ? {} : { expect }),
        })),
        key.map((key) => ({ key, delete: true }) as const),
        fc.tuple(key, fc.integer({ min: 1, max: 3 })).map(([key, require]) => ({ key, require })),
      )
      const commit = fc.uniqueArray(write, { selector: (each) => each.key, maxLength: 4 })
      const history = fc.array(fc.record({ together: fc.array(commit, { minLength: 1, maxLength: 4 }) }), {
        maxLength: 8,
      })
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const { store, end } = await make()
          const model = new Map<string, { value: Uint8Array; version: number }>()
          try {
            for (const { together } of steps) {
              const said = together.map((writes) => applyTo(model, writes))
              const done = await Promise.all(together.map((writes) => code(() => store.commit({ writes }))))
              expect(done.map((outcome) => outcome === 'none')).toEqual(said)
              const all: readonly Entry[] = await store.range({ limit: 99 })
              expect(all).toEqual(
                [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => ({ key, ...held })),
              )
              const names = ['a', 'a/1', 'b']
              const snapshot = await store.read(names)
              for (const name of names) expect(snapshot.get(name)).toEqual(model.get(name))
            }
          } finally {
            await end()
          }
        }),
        { numRuns: histories },
      )
    })
  })
}

/** The contract in a dozen lines: whether the commit stands, and what it then does to a map. */
const applyTo = (model: Map<string, { value: Uint8Array; version: number }>, writes: readonly Write[]): boolean => {
  const stands = writes.every((write) => {
    const version = model.get(write.key)?.version ?? 0
    const expected = 'require' in write ? write.require : write.expect === 'absent' ? 0 : write.expect
    return expected === undefined || expected === version
  })
  if (!stands) return false
  for (const write of writes) {
    if ('delete' in write) model.delete(write.key)
    else if ('value' in write)
      model.set(write.key, { value: write.value, version: (model.get(write.key)?.version ?? 0) + 1 })
  }
  return true
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
