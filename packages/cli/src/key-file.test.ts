import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKeyFile, readKeyFile, readPublicKey, readPublicKeys } from './key-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-keys-'))
})
afterAll(async () => await rm(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const cheap = 2 ** 14

describe('makeKeyFile', () => {
  test('makes a file for its owner alone, and never takes the place of one', async () => {
    const key = await makeKeyFile(at('one'), 'signing')
    expect((await stat(at('one'))).mode & 0o777).toBe(0o600)
    expect(await readFile(at('one'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    await expect(makeKeyFile(at('one'), 'signing')).rejects.toMatchObject({ code: 'file-exists' })
    expect(await readPublicKey(at('one'), 'signing')).toBe(key)
    expect((await readdir(folder)).filter((name) => name.startsWith('one'))).toEqual(['one'])
  })

  test('seals under a passphrase, and shows the public half without it', async () => {
    const phrase = { 'passphrase-file': at('phrase') }
    await writeFile(at('phrase'), 'correct horse\n')
    await writeFile(at('wrong'), 'wrong horse\n')
    const key = await makeKeyFile(at('sealed'), 'signing', 'correct horse', cheap)
    expect(await readPublicKey(at('sealed'), 'signing')).toBe(key)
    expect(await readKeyFile(at('sealed'), 'signing', phrase)).toHaveLength(32)
    await expect(readKeyFile(at('sealed'), 'signing')).rejects.toMatchObject({ code: 'passphrase-needed' })
    const wrong = { 'passphrase-file': at('wrong') }
    await expect(readKeyFile(at('sealed'), 'signing', wrong)).rejects.toMatchObject({ code: 'passphrase-wrong' })
  })
})

describe('readKeyFile', () => {
  test('refuses what others may read, what is no key, and what is not there', async () => {
    await makeKeyFile(at('open'), 'signing')
    await chmod(at('open'), 0o640)
    await expect(readKeyFile(at('open'), 'signing')).rejects.toMatchObject({ code: 'home-exposed' })
    await writeFile(at('text'), 'not a key', { mode: 0o600 })
    await expect(readKeyFile(at('text'), 'signing')).rejects.toMatchObject({ code: 'file-unreadable' })
    await writeFile(at('json'), '{"v":1}', { mode: 0o600 })
    await expect(readKeyFile(at('json'), 'signing')).rejects.toMatchObject({ code: 'schema-mismatch' })
    await expect(readKeyFile(at('nowhere'), 'signing')).rejects.toMatchObject({ code: 'file-unreadable' })
  })
})

describe('readPublicKeys', () => {
  test('takes keys and key files, again and again or with commas between, each once', async () => {
    const [a, b] = [await makeKeyFile(at('a'), 'signing'), await makeKeyFile(at('b'), 'signing')]
    expect(await readPublicKeys([at('a'), b])).toEqual([a, b])
    expect(await readPublicKeys([`${b},${at('a')}`])).toEqual([b, a])
    await expect(readPublicKeys([a, at('a')])).rejects.toMatchObject({ code: 'usage' })
    await expect(readPublicKeys(['A'.repeat(43)])).rejects.toMatchObject({ code: 'key-inadmissible' })
  })
})
