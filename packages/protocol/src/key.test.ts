import { calculateJwkThumbprint } from 'jose'
import { Point } from '@noble/ed25519'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { base64Url, fromBase64Url, fromHex, sha256 } from './bytes.ts'
import { admitKey, keyDigest, signerFromSeed, testSigner, thumbprint } from './key.ts'

const order8 = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const key = (text: string): string => base64Url(fromHex(text))

test('thumbprint is that of RFC 7638, as others compute it', async () => {
  for (const label of ['a', 'b', 'c']) {
    const { key: x, kid } = testSigner(label)
    expect(kid).toBe(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }))
    expect(thumbprint(x)).toBe(kid)
  }
  // RFC 8037 A.3
  expect(thumbprint('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
})

test('testSigner gives the same key for the same label, and admissible ones', async () => {
  expect(testSigner('a').key).toBe(testSigner('a').key)
  expect(testSigner('a').key).not.toBe(testSigner('b').key)
  for (let i = 0; i < 20; i++) expect(await codeOf(() => admitKey(testSigner(`${i}`).key))).toBe('admitted')
})

test('signerFromSeed refuses a seed of another length', async () => {
  for (const length of [0, 31, 33, 64])
    expect(await codeOf(() => signerFromSeed(new Uint8Array(length)))).toBe('key-inadmissible')
})

test('admitKey refuses every point of small order, in canonical form and not', async () => {
  const forms = new Set<string>()
  let point = Point.ZERO
  for (let i = 0; i < 8; i++, point = point.add(order8)) {
    const bytes = point.toBytes()
    forms.add(base64Url(bytes))
    // the other sign bit: where x is zero it is the same point, else another of small order
    bytes[31] = (bytes[31] ?? 0) ^ 0x80
    forms.add(base64Url(bytes))
  }
  for (const y of ['ed', 'ee']) for (const sign of ['7f', 'ff']) forms.add(key(`${y}${'ff'.repeat(30)}${sign}`))
  expect(forms.size).toBe(8 + 2 + 4)
  for (const form of forms) expect(await codeOf(() => admitKey(form))).toBe('key-inadmissible')
})

test('admitKey refuses keys with torsion', async () => {
  const honest = Point.fromBytes(fromBase64Url(testSigner('torsion').key))
  let torsion = order8
  for (let i = 1; i < 8; i++, torsion = torsion.add(order8))
    expect(await codeOf(() => admitKey(base64Url(honest.add(torsion).toBytes())))).toBe('key-inadmissible')
})

test('admitKey refuses what is no point, not canonical, or of another length', async () => {
  for (let y = 0xed; y <= 0xff; y++) {
    for (const sign of ['7f', 'ff']) {
      const form = key(`${y.toString(16)}${'ff'.repeat(30)}${sign}`)
      expect(await codeOf(() => admitKey(form))).toBe('key-inadmissible')
    }
  }
  expect(await codeOf(() => admitKey(key(`02${'00'.repeat(31)}`)))).toBe('key-inadmissible')
  for (const length of [0, 31, 33, 64])
    expect(await codeOf(() => admitKey(base64Url(new Uint8Array(length).fill(9))))).toBe('key-inadmissible')
})

test('admitKey refuses a second text of an admissible key', async () => {
  const { key: text } = testSigner('text')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const second = text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1]
  expect(Buffer.from(second, 'base64url')).toEqual(Buffer.from(text, 'base64url'))
  for (const other of [second, `${text}=`, `${text}\n`, ` ${text}`])
    expect(await codeOf(() => admitKey(other))).toBe('key-inadmissible')
})

test.each([
  ['RFC 8032 test 1', '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'],
  ['RFC 8032 test 2', '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'],
  ['RFC 8032 test 3', 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'],
  ['RFC 8032 test 1024', 'f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5'],
  ['RFC 8032 test SHA(abc)', '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42'],
  ['RFC 9421 B.1.4', '9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5'],
  ['zeros', '00'.repeat(32)],
])('admitKey refuses the published key of %s', async (_, seed) => {
  expect(await codeOf(() => admitKey(signerFromSeed(fromHex(seed)).key))).toBe('key-inadmissible')
})

test('keyDigest is over the raw key', () => {
  const { key: text } = testSigner('digest')
  expect(keyDigest(text)).toBe(base64Url(sha256(fromBase64Url(text))))
})
