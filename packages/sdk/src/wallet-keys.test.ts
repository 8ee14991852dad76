import { fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { handleOf } from '@dcann/protocol/handle'
import { signerFromSeed } from '@dcann/protocol/key'
import { hkdfSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { controlSigner, findControl, findHandleCounter, handleSigner, paperSet } from './wallet-keys.ts'

const seed = sha256(utf8('wallet'))
const insurer = 'EE/requester/insurer'

/** The same derivation by another library. */
function derived(info: string): string {
  return signerFromSeed(new Uint8Array(hkdfSync('sha256', seed, '', info, 32))).key
}

describe('controlSigner', () => {
  test('derives as written', () => {
    expect(controlSigner(seed).key).toBe(derived('dcann/control/1\n0'))
    expect(fromBase64Url(controlSigner(seed).key)).toHaveLength(32)
  })

  test('derives the next with the number, and finds which of them controls', () => {
    expect(controlSigner(seed, 3).key).toBe(derived('dcann/control/1\n3'))
    expect(findControl(seed, [derived('another'), controlSigner(seed, 3).key])).toBe(3)
    expect(findControl(seed, [derived('another')], 8)).toBeUndefined()
  })

  test('refuses a seed of another length', async () => {
    expect(await codeOf(() => controlSigner(new Uint8Array(16)))).toBe('wallet-invalid')
  })
})

test('paperSet derives as written, and all of it from the sheet alone', () => {
  const { set, signer } = paperSet(seed)
  expect(signer.key).toBe(derived('dcann/recovery/1'))
  const salt = Buffer.from(hkdfSync('sha256', seed, '', 'dcann/recovery-salt/1', 32)).subarray(0, 16)
  expect(set).toEqual({ keys: [signer.key], threshold: 1, salt: salt.toString('base64url') })
})

describe('handleSigner', () => {
  test('derives as written, another key for each requester and counter', () => {
    expect(handleSigner(seed, insurer, 7).key).toBe(derived(`dcann/handle/1\n${insurer}\n7`))
    const keys = [0, 1].flatMap((counter) =>
      [insurer, 'IN/requester/rides'].map((name) => handleSigner(seed, name, counter).key),
    )
    expect(new Set([...keys, controlSigner(seed).key]).size).toBe(5)
  })

  test('refuses what is no requester and no counter', async () => {
    expect(await codeOf(() => handleSigner(seed, 'EE/requester/x\n0', 0))).toBe('schema-mismatch')
    expect(await codeOf(() => handleSigner(seed, insurer, -1))).toBe('schema-mismatch')
    expect(await codeOf(() => handleSigner(seed, insurer, 0.5))).toBe('schema-mismatch')
  })
})

describe('findHandleCounter', () => {
  test('finds a handle again, or says that it is none of this wallet', () => {
    expect(findHandleCounter(seed, insurer, handleOf(handleSigner(seed, insurer, 5).key))).toBe(5)
    expect(findHandleCounter(seed, insurer, handleOf(controlSigner(seed).key), 8)).toBeUndefined()
  })
})
