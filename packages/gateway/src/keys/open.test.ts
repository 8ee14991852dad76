import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBase64Url, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { signerFromSeed, testSigner } from '@dcann/protocol/key'
import { verifyStrict } from '@dcann/protocol/verify-strict'
import { afterAll, describe, expect, test } from 'vitest'
import { openCommand, openKey } from './open.ts'
import { makeSeedFile, readSeedFile } from './seed-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'gateway-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))
const message = utf8('a message')

describe('makeSeedFile', () => {
  const file = join(folder, 'made.key')
  const phrase = join(folder, 'passphrase')

  test('makes a key that signs as the public half it gives', async () => {
    writeFileSync(phrase, 'correct horse\n', { mode: 0o600 })
    const key = await makeSeedFile(file, 'correct horse', 'signing', 2 ** 14)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { signer } = await openKey({ file, passphraseFile: phrase }, false)
    expect(signer.key).toBe(key)
    expect(await verifyStrict(fromBase64Url(key), message, await signer.sign(message))).toBe(true)
  })

  test('never writes over a key', async () => {
    const before = readFileSync(file, 'utf8')
    await expect(makeSeedFile(file, 'another phrase', 'signing', 2 ** 14)).rejects.toThrow('is there already')
    expect(readFileSync(file, 'utf8')).toBe(before)
    await expect(makeSeedFile(join(folder, 'weak'), 'short', 'signing', 2 ** 14)).rejects.toThrow('less than 8')
  })

  test('opens a plain key file as well, which others may not read either', async () => {
    const plain = join(folder, 'plain.key')
    writeFileSync(plain, `${'07'.repeat(32)}\n`, { mode: 0o600 })
    const { signer } = await openKey({ file: plain }, false)
    expect(signer.key).toBe(signerFromSeed(new Uint8Array(32).fill(7)).key)
    chmodSync(plain, 0o644)
    await expect(openKey({ file: plain }, false)).rejects.toThrow('chmod 600')
  })

  test('keeps what is sealed from another passphrase, another file, another reader', async () => {
    await expect(readSeedFile(file, () => 'wrong horse', 'signing')).rejects.toThrow('does not open')
    await expect(readSeedFile(join(folder, 'none'), () => 'correct horse', 'signing')).rejects.toThrow('there is no')
    writeFileSync(join(folder, 'other'), '{"v":1}', { mode: 0o600 })
    await expect(readSeedFile(join(folder, 'other'), () => 'correct horse', 'signing')).rejects.toThrow(ProtocolError)
    chmodSync(file, 0o644)
    await expect(readSeedFile(file, () => 'correct horse', 'signing')).rejects.toThrow('chmod 600')
    chmodSync(file, 0o600)
    chmodSync(phrase, 0o644)
    await expect(openKey({ file, passphraseFile: phrase }, false)).rejects.toThrow('chmod 600')
  })
})

test('openKey: takes a test key under a root for tests, and under no other', async () => {
  expect((await openKey({ testKey: 'x' }, true)).signer.key).toBe(testSigner('x').key)
  await expect(openKey({ testKey: 'x' }, false)).rejects.toThrow('test roots only')
})

describe('openCommand', () => {
  const example = fileURLToPath(new URL('../../examples/external-signer.mjs', import.meta.url))
  const seed = join(folder, 'seed')
  writeFileSync(seed, '07'.repeat(32), { mode: 0o600 })

  /** A signer of a test's own, as a program of a few words. */
  function written(name: string, words: string): string[] {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, words)
    return [process.execPath, file]
  }

  test('signs in the order of asking, as the example does', async () => {
    const { signer, close } = await openCommand([process.execPath, example, seed])
    const messages = Array.from({ length: 20 }, (_, i) => utf8(`message ${i}`))
    const signatures = await Promise.all(messages.map((one) => signer.sign(one)))
    for (const [i, signature] of signatures.entries()) {
      expect(await verifyStrict(fromBase64Url(signer.key), messages[i]!, signature)).toBe(true)
    }
    close()
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'unavailable' })
  })

  const tools = ['python3', 'openssl'].filter((tool) => spawnSync(tool, ['--help']).error !== undefined)
  if (tools.length > 0) console.warn(`open.test.ts: no ${tools.join(', no ')} here, so openssl_signer.py is NOT tried`)

  test.skipIf(tools.length > 0)('signs by a process in another language, with a key that openssl has', async () => {
    const pem = join(folder, 'banka.pem')
    expect(spawnSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', pem]).status).toBe(0)
    const program = fileURLToPath(new URL('../../examples/openssl_signer.py', import.meta.url))
    const { signer, close } = await openCommand(['python3', program, pem])
    for (const one of [message, new Uint8Array(5_000).fill(0x0a)]) {
      expect(await verifyStrict(fromBase64Url(signer.key), one, await signer.sign(one))).toBe(true)
    }
    close()
  })

  test('is unavailable once the process has died, and comes back with it', async () => {
    const pidFile = join(folder, 'pid')
    const broken = join(folder, 'broken')
    const command = written(
      'dying',
      `import { existsSync, writeFileSync } from 'node:fs'
      if (existsSync(${JSON.stringify(broken)})) process.exit(3)
      writeFileSync(${JSON.stringify(pidFile)}, String(process.pid))
      process.argv[2] = ${JSON.stringify(seed)}
      await import(${JSON.stringify(example)})`,
    )
    let now = 0
    const { signer, close } = await openCommand(command, () => now)
    const asking = signer.sign(message)
    await asking
    writeFileSync(broken, '')
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
    await expect
      .poll(async () => await signer.sign(message).catch((error: unknown) => error))
      .toMatchObject({
        code: 'unavailable',
      })
    now = 2_000
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'unavailable' })
    rmSync(broken)
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'unavailable' })
    now = 4_000
    expect(await signer.sign(message)).toHaveLength(64)
    expect(existsSync(pidFile)).toBe(true)
    close()
  })

  test.each([
    ['ends at once', 'process.exit(1)'],
    ['begins with no key', "console.log('hello')\nsetInterval(() => {}, 1000)"],
    [
      'begins with a key of small order',
      "console.log(Buffer.alloc(32).toString('base64'))\nsetInterval(() => {}, 1000)",
    ],
  ])('refuses a process that %s', async (name, words) => {
    await expect(openCommand(written(name.replaceAll(' ', '-'), words))).rejects.toBeInstanceOf(ProtocolError)
  })

  test('refuses a program that is not there', async () => {
    await expect(openCommand([join(folder, 'nothing')])).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each([
    ['a signature by another key', 'Buffer.alloc(64, 1)'],
    ['something shorter', 'Buffer.alloc(12)'],
  ])('refuses %s', async (name, answer) => {
    const key = Buffer.from(testSigner('signer').key, 'base64url').toString('base64')
    const words = `import { createInterface } from 'node:readline'
      console.log('${key}')
      createInterface({ input: process.stdin }).on('line', () => console.log(${answer}.toString('base64')))`
    const { signer, close } = await openCommand(written(name.replaceAll(' ', '-'), words))
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'unavailable' })
    close()
  })
})
