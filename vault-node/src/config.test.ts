import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { configSchema, openKeys, readConfig } from './config.ts'
import { run } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'dcann-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const good = {
  name: 'EE/node/x',
  publicUrl: 'https://vault.example',
  port: 0,
  store: join(folder, 'store'),
  root: 'root.json',
  registries: ['https://registry.example'],
}

function written(value: unknown): string {
  const file = join(folder, 'config.json')
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}

describe('readConfig', () => {
  test('reads a file, with what is left out as it says', () => {
    const root = join(folder, 'root.json')
    expect(readConfig(written(good))).toEqual({
      ...{ ...good, root, host: '127.0.0.1', check: 'full' },
      witnesses: [],
      proxies: [],
    })
  })

  test('takes paths from the folder of the file', () => {
    const admin = { port: 0, tokenFile: 'token' }
    expect(readConfig(written({ ...good, store: 'store', keys: 'keys', admin }))).toMatchObject({
      store: join(folder, 'store'),
      keys: join(folder, 'keys'),
      admin: { tokenFile: join(folder, 'token') },
    })
  })

  test.each([
    ['no JSON', '{', 'missing or not JSON'],
    ['a setting nobody knows', { ...good, prot: 1 }, 'Unrecognized'],
    ['a name of no node', { ...good, name: 'EE/requester/x' }, 'name'],
    ['a port beyond ports', { ...good, port: 70_000 }, 'port'],
    ['no registries', { ...good, registries: [] }, 'registries'],
  ])('refuses %s, saying where', (_, value, says) => {
    expect(() => readConfig(written(value))).toThrow(says)
  })

  test('says that a file is not there', () => {
    expect(() => readConfig(join(folder, 'none.json'))).toThrow('missing or not JSON')
  })
})

describe('openKeys', () => {
  const config = configSchema.parse({ ...good, keys: join(folder, 'keys') })

  test('makes the keys once, distinct, and finds them again', () => {
    const made = openKeys(config)
    expect(made.identity.key).not.toBe(made.assertion.key)
    expect(openKeys(config).identity.key).toBe(made.identity.key)
    expect(openKeys(config).cursorSecret).toEqual(made.cursorSecret)
  })

  test.skipIf(process.platform === 'win32')('refuses a key that others may read', () => {
    openKeys(config)
    chmodSync(join(folder, 'keys', 'identity.seed'), 0o644)
    expect(() => openKeys(config)).toThrow('others may read it')
    chmodSync(join(folder, 'keys', 'identity.seed'), 0o600)
  })

  test('refuses a key file that holds no key', () => {
    writeFileSync(join(folder, 'keys', 'assertion.seed'), 'not a key\n', { mode: 0o600 })
    expect(() => openKeys(config)).toThrow('64 hexadecimal')
  })
})

describe('run', () => {
  test('refuses several workers on a folder, which has one owner, and a number of them that is none', async () => {
    await expect(run(written(good), 2)).rejects.toThrow('the store is a folder')
    const store = { url: 'postgres://x@127.0.0.1:1/x', keyFile: 'x.keys' }
    for (const count of [0, 1.5, Number.NaN, 65])
      await expect(run(written({ ...good, store }), count)).rejects.toThrow('expected 1 to 64')
  })
})
