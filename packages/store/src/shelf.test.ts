import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StoreError } from './errors.ts'
import { ordered } from './key.ts'
import { memoryStore } from './memory.ts'
import { json, settle, shelf, text } from './shelf.ts'

type Account = { readonly owner: string; readonly balance: number }

const parseAccount = (value: unknown): Account => {
  if (typeof value === 'object' && value !== null && 'owner' in value && 'balance' in value)
    return { owner: String(value.owner), balance: Number(value.balance) }
  throw new TypeError('parse an account: it lacks an owner or a balance')
}

const accounts = shelf('accounts/by-id', json(parseAccount))

describe('shelf', () => {
  it('shelf describes writes and finds them again', async () => {
    const store = memoryStore()
    const at = accounts.at('7')
    expect(at.key).toBe('accounts/by-id/7')
    const absent = at.from(store.read([at.key]))
    await store.commit({ writes: [at.replace(absent, { owner: 'a', balance: 1 })] })
    const found = at.from(store.read([at.key]))
    expect(found).toEqual({ value: { owner: 'a', balance: 1 }, version: 1 })
    await store.commit({ writes: [at.replace(found, { owner: 'a', balance: 2 })] })
    await expect(store.commit({ writes: [at.replace(found, { owner: 'a', balance: 3 })] })).rejects.toMatchObject({
      code: 'conflict',
    })
    await expect(store.commit({ writes: [at.require(found!)] })).rejects.toMatchObject({ code: 'conflict' })
    await store.commit({ writes: [at.delete(2)] })
    expect(at.from(store.read([at.key]))).toBeUndefined()
  })

  it('shelf pages through ids under a prefix and no further', async () => {
    const store = memoryStore()
    const entries = shelf('log', text)
    const ids = [
      ['a', '1'],
      ['a', '2'],
      ['ab', '1'],
      ['b', '1'],
    ] as const
    await store.commit({ writes: ids.map((id) => entries.at(...id).put(id.join('-'))) })
    const page = await store.range(entries.page(['a'], { limit: 9 }))
    expect(page.map((entry) => entries.entry(entry)).map(({ id, value }) => [id, value])).toEqual([
      [['a', '1'], 'a-1'],
      [['a', '2'], 'a-2'],
    ])
    expect(await store.range(entries.page([], { limit: 9, after: 'log/ab/1' }))).toHaveLength(1)
  })

  it('shelf says corrupt of a value that is not of its kind', async () => {
    const store = memoryStore()
    const at = accounts.at('7')
    for (const value of [new Uint8Array([255]), new TextEncoder().encode('{}'), new TextEncoder().encode('{')]) {
      await store.commit({ writes: [{ key: at.key, value }] })
      expect(() => at.from(store.read([at.key]))).toThrow(expect.objectContaining({ code: 'corrupt' }))
    }
  })

  it('shelf refuses an id that is not segments of a key', () => {
    for (const id of ['', 'a b', 'ä', '../x y', 'a\u0000'])
      expect(() => accounts.at(id)).toThrow(expect.objectContaining({ code: 'malformed-key' }))
  })
})

describe('settle', () => {
  it('settle decides anew after a conflict, so that no increment is lost', async () => {
    const store = memoryStore()
    const at = accounts.at('7')
    await store.commit({ writes: [at.put({ owner: 'a', balance: 0 })] })
    const add = () =>
      settle(async () => {
        const found = at.from(store.read([at.key]))!
        await store.commit({ writes: [at.replace(found, { owner: 'a', balance: found.value.balance + 1 })] })
      })
    await Promise.all(Array.from({ length: 8 }, add))
    expect(at.from(store.read([at.key]))?.value.balance).toBe(8)
  })

  it('settle lets other errors and the last conflict through', async () => {
    let calls = 0
    const fail = (code: 'conflict' | 'closed') => async () => {
      calls++
      throw new StoreError(code, 'as told')
    }
    await expect(settle(fail('closed'))).rejects.toMatchObject({ code: 'closed' })
    await expect(settle(fail('conflict'), 3)).rejects.toMatchObject({ code: 'conflict' })
    expect(calls).toBe(4)
  })
})

describe('ordered', () => {
  it('ordered sorts as numbers do', () => {
    const n = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(n, n, (a, b) => {
        expect(ordered(a) < ordered(b)).toBe(a < b)
      }),
    )
    for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53])
      expect(() => ordered(wrong)).toThrow(expect.objectContaining({ code: 'malformed-key' }))
  })
})

describe('StoreError', () => {
  it('StoreError keeps the key out of what a logger prints', () => {
    const error = new StoreError('conflict', 'as told', { key: 'people/somebody' })
    expect(error.key).toBe('people/somebody')
    expect(inspect(error, { showHidden: false })).not.toContain('somebody')
    expect(Object.keys(error)).not.toContain('key')
  })
  it('StoreError names the shelf of a key and no more', async () => {
    const store = memoryStore()
    const refused: unknown = await store
      .commit({ writes: [{ key: 'people/somebody', require: 1 }] })
      .catch((e: unknown) => e)
    expect(String(refused)).toContain("'people/…'")
    expect(String(refused)).not.toContain('somebody')
  })
})
