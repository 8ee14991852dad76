import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { base64Url, fromBase64Url, fromHex, sha256, utf8 } from './bytes.ts'
import { testSigner } from './key.ts'
import { admitSealingKey, openerFromSeed, sealingKid, testOpener } from './sealing-key.ts'

test('sealingKid is the thumbprint of RFC 7638, as others compute it, and not that of a signing key', async () => {
  for (const label of ['a', 'b']) {
    const { key: x, kid } = testOpener(label)
    expect(kid).toBe(await calculateJwkThumbprint({ kty: 'OKP', crv: 'X25519', x }))
    expect(sealingKid(testSigner(label).key)).not.toBe(testSigner(label).kid)
  }
})

test('openerFromSeed agrees with whoever agrees with it, and wants 32 bytes', async () => {
  const [a, b] = [openerFromSeed(sha256(utf8('a'))), openerFromSeed(sha256(utf8('b')))]
  expect(await a.agree(fromBase64Url(b.key))).toEqual(await b.agree(fromBase64Url(a.key)))
  for (const length of [0, 31, 33])
    expect(await codeOf(() => openerFromSeed(new Uint8Array(length)))).toBe('key-inadmissible')
})

test('admitSealingKey admits what openers have, and any other u that is not of low order', async () => {
  for (let i = 0; i < 20; i++) admitSealingKey(testOpener(`${i}`).key)
  for (const text of [`02${'00'.repeat(31)}`, `eb${'ff'.repeat(30)}7f`])
    expect(await codeOf(() => admitSealingKey(base64Url(fromHex(text))))).toBe('admitted')
})

test('admitSealingKey refuses a key in a form that is not its only one, or that somebody else can open', async () => {
  const twice = Array.from({ length: 19 }, (_, i) => `${(0xed + i).toString(16)}${'ff'.repeat(30)}7f`)
  const high = fromBase64Url(testOpener('a').key)
  high[31] = (high[31] ?? 0) | 0x80
  const wrong = [
    ...twice.map((text) => base64Url(fromHex(text))),
    base64Url(high),
    openerFromSeed(new Uint8Array(32)).key,
    base64Url(new Uint8Array(31)),
    `${'A'.repeat(42)}B`,
  ]
  for (const key of wrong) expect(await codeOf(() => admitSealingKey(key))).toBe('key-inadmissible')
})
