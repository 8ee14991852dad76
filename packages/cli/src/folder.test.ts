import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { folderOf, makeFolder, readIfThere, writeWhole } from './folder.ts'
import { withLock } from './lock.ts'
import { seenInFiles } from './seen-in-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-folder-'))
})
afterEach(async () => await rm(folder, { recursive: true }))

const bits = async (path: string): Promise<number> => (await stat(path)).mode & 0o777
const onWindows = process.platform === 'win32'

describe('folderOf', () => {
  test('takes what is given before DCANN_HOME, and that before the own folder', () => {
    expect(folderOf('given', { DCANN_HOME: 'named' })).toBe(join(process.cwd(), 'given'))
    expect(folderOf(undefined, { DCANN_HOME: 'named' })).toBe(join(process.cwd(), 'named'))
    expect(folderOf(undefined, { DCANN_HOME: '' })).toMatch(/[\\/]\.dcann$/)
  })
})

describe('makeFolder', () => {
  test.skipIf(onWindows)('makes it for its owner alone, and refuses one that others may enter', async () => {
    const made = join(folder, 'a', 'b')
    await makeFolder(made)
    expect(await bits(made)).toBe(0o700)
    await chmod(made, 0o755)
    await expect(makeFolder(made)).rejects.toMatchObject({ code: 'home-exposed' })
  })
})

describe('writeWhole', () => {
  test.skipIf(onWindows)('replaces a file, for its owner alone, and leaves nothing beside it', async () => {
    const file = join(folder, 'wallet.json')
    await writeWhole(file, 'one')
    await writeWhole(file, 'two')
    expect(await readIfThere(file)).toBe('two')
    expect(await bits(file)).toBe(0o600)
    expect(await readdir(folder)).toEqual(['wallet.json'])
  })

  test('says what is wrong, and leaves nothing, where it cannot', async () => {
    await expect(writeWhole(join(folder, 'missing', 'x'), 'one')).rejects.toMatchObject({ code: 'file-unreadable' })
    expect(await readdir(folder)).toEqual([])
  })
})

describe('seenInFiles', () => {
  test('remembers bytes under names that tell nothing', async () => {
    const seen = seenInFiles(join(folder, 'seen'))
    expect(await seen.read('pin/EE/node/tallinn')).toBeUndefined()
    await seen.write('pin/EE/node/tallinn', Uint8Array.of(1, 2))
    await seen.write('pin/EE/node/tallinn', Uint8Array.of(3))
    expect(await seen.read('pin/EE/node/tallinn')).toEqual(Uint8Array.of(3))
    expect(await readdir(join(folder, 'seen'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  })
})

describe('withLock', () => {
  test('lets one command after the other change the wallet', async () => {
    const file = join(folder, 'count')
    await writeFile(file, '0')
    const addOne = async (): Promise<void> =>
      await withLock(folder, async () => {
        const before = Number(await readFile(file, 'utf8'))
        await new Promise((resolve) => setImmediate(resolve))
        await writeFile(file, String(before + 1))
      })
    await Promise.all(Array.from({ length: 5 }, addOne))
    expect(await readFile(file, 'utf8')).toBe('5')
    expect(await readdir(folder)).toEqual(['count'])
  })

  test('takes over from a process that is gone, and gives the lock back after a failure', async () => {
    // no process has a number this large
    await writeFile(join(folder, 'wallet.lock'), '4194999 dead\n')
    expect(await withLock(folder, async () => 'done')).toBe('done')
    await expect(withLock(folder, async () => await Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await withLock(folder, async () => 'again')).toBe('again')
  })
})
