import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyFrontier, extend, leafHash } from '@dcann/protocol/log/merkle'
import { memoryStore } from '@dcann/store/memory'
import { afterAll, describe, expect, test } from 'vitest'
import { fileKeeper, memoryKeeper } from './keeper.ts'
import { keeperFile, openKeeper } from './open-keeper.ts'
import { headPlace } from './shelf.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-keeper-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const edge = (size: number) =>
  extend(
    emptyFrontier,
    Array.from({ length: size }, (_, i) => leafHash(Uint8Array.of(i))),
  )

describe.each([
  ['memoryKeeper', memoryKeeper],
  ['fileKeeper', () => fileKeeper(join(folder, `${Math.random()}.heads`))],
])('%s', (_, open) => {
  test('goes on from what is held, all zones or none', async () => {
    const keeper = open()
    expect(keeper.read()).toBeUndefined()
    await keeper.swap(new Map(), new Map([['IN', edge(3)]]))
    await keeper.swap(
      new Map([['IN', edge(3)]]),
      new Map([
        ['IN', edge(5)],
        ['EE', edge(1)],
      ]),
    )
    expect(keeper.read()).toEqual(
      new Map([
        ['IN', edge(5)],
        ['EE', edge(1)],
      ]),
    )
    const stale = keeper.swap(
      new Map([
        ['EE', edge(1)],
        ['IN', edge(3)],
      ]),
      new Map([
        ['EE', edge(2)],
        ['IN', edge(6)],
      ]),
    )
    await expect(stale).rejects.toThrow('two registries')
    expect(keeper.read()).toEqual(
      new Map([
        ['IN', edge(5)],
        ['EE', edge(1)],
      ]),
    )
  })
})

test('fileKeeper keeps heads over an ending, whatever draft was left, and says when the file is none', async () => {
  const path = join(folder, 'kept.heads')
  await fileKeeper(path).swap(new Map(), new Map([['IN', edge(7)]]))
  writeFileSync(`${path}.new`, 'half a dra')
  expect(fileKeeper(path).read()).toEqual(new Map([['IN', edge(7)]]))
  const text = readFileSync(path, 'utf8')
  for (const wrong of ['', '{', '[]', text.replace('IN', 'in'), text.replace(/.{5}"/, '"')]) {
    writeFileSync(path, wrong)
    expect(() => fileKeeper(path)).toThrow('reading the heads shown before')
  }
})

test('fileKeeper finds a second process at its file', async () => {
  const path = join(folder, 'two.heads')
  const [one, two] = [fileKeeper(path), fileKeeper(path)]
  await one.swap(new Map(), new Map([['IN', edge(1)]]))
  await expect(two.swap(new Map(), new Map([['IN', edge(2)]]))).rejects.toThrow('two registries')
})

test('openKeeper makes the file with a new store, and misses it beside one that has heads', async () => {
  const place = join(folder, 'store')
  const settings = { place, restored: false }
  const store = memoryStore()
  expect((await openKeeper(settings, store)).read()).toEqual(new Map())
  rmSync(keeperFile(place))
  const entry = { map: 'A'.repeat(43), names: 0, time: '2026-11-23T12:00:00Z' }
  const kept = { before: 'AAAAAAAAAAA', entry, page: 0, acts: 0, checkpoint: null }
  await store.commit({ writes: [headPlace('IN').put(kept)] })
  await expect(openKeeper(settings, store)).rejects.toThrow('--restored')
  expect((await openKeeper({ ...settings, restored: true }, store)).read()).toEqual(new Map())
})
