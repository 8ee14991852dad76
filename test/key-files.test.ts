import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dispatch } from '@dcann/cli/dispatch'
import { makeKeyFile, publicHalf, readKeyFile, readPublicKey } from '@dcann/cli/key-file'
import { makeSeedFile, readSeedFile } from '@dcann/gateway/keys/seed-file'
import { makeLogKey, readLogKey } from '@dcann/registry/zones/log-key'
import { configSchema, openKeys } from '@dcann/vault-node/config'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'dcann-key-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const cheap = 2 ** 14
const passphrase = 'correct horse'
writeFileSync(at('passphrase'), `${passphrase}\n`, { mode: 0o600 })

test('a key file that dcann makes is read by registry, vault node and external signer', async () => {
  const log = await makeKeyFile(at('log.seed'), 'signing')
  expect(readLogKey(at('log.seed')).key).toBe(log)
  const identity = await makeKeyFile(at('node/identity.seed'), 'signing')
  const assertion = await makeKeyFile(at('node/assertion.seed'), 'signing')
  const config = configSchema.parse({
    name: 'LV/node/x',
    publicUrl: 'https://vault.example',
    port: 0,
    store: at('store'),
    keys: at('node'),
    root: at('root.json'),
    registries: ['https://registry.example'],
  })
  expect(openKeys(config)).toMatchObject({ identity: { key: identity }, assertion: { key: assertion } })
  const signer = fileURLToPath(new URL('../packages/gateway/examples/external-signer.mjs', import.meta.url))
  const said = execFileSync(process.execPath, [signer, at('log.seed')], { input: '' }).toString()
  expect(Buffer.from(said.trim(), 'base64').toString('base64url')).toBe(log)
})

test(
  'a sealed key file is the same for dcann and the gateway, for each use and no other',
  { timeout: 30_000 },
  async () => {
    for (const [use, other] of [
      ['signing', 'sealing'],
      ['sealing', 'signing'],
    ] as const) {
      const made = await makeKeyFile(at(`cli.${use}`), use, passphrase, cheap)
      expect(publicHalf(await readSeedFile(at(`cli.${use}`), () => passphrase, use), use)).toBe(made)
      const back = await makeSeedFile(at(`gateway.${use}`), passphrase, use, cheap)
      const given = { 'passphrase-file': at('passphrase') }
      expect(publicHalf(await readKeyFile(at(`gateway.${use}`), use, given), use)).toBe(back)
      expect(await readPublicKey(at(`gateway.${use}`), use)).toBe(back)
      await expect(readKeyFile(at(`gateway.${use}`), other, given)).rejects.toMatchObject({ code: 'passphrase-wrong' })
    }
  },
)

test("a registry's key file is read by dcann", async () => {
  const key = makeLogKey(at('made-by-registry'))
  expect(await readPublicKey(at('made-by-registry'), 'signing')).toBe(key)
})

test('what dcann key pem gives is the same key to OpenSSL', async () => {
  const key = await makeKeyFile(at('pem'), 'signing')
  const run = async (...args: string[]): Promise<string> => {
    const out: string[] = []
    const nothing = (): void => {}
    const print = (lines: readonly string[]): void => void out.push(...lines)
    const screen = { interactive: false, print, printJson: nothing, tell: nothing, progress: nothing }
    expect(await dispatch(args, { ...screen, confirm: async () => false })).toBe(0)
    return out.join('\n')
  }
  const found = createPublicKey(await run('key', 'pem', at('pem')))
  expect(found.export({ format: 'jwk' })).toMatchObject({ crv: 'Ed25519', x: key })
  await run('key', 'pem', at('pem'), '--private', at('private.pem'))
  expect(createPrivateKey(readFileSync(at('private.pem'))).export({ format: 'jwk' })).toMatchObject({ x: key })
  expect(statSync(at('private.pem')).mode & 0o777).toBe(0o600)
})
