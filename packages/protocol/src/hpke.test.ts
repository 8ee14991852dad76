import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { concatenate, fromHex, hex, sha256, utf8 } from './bytes.ts'
import { engine as onBrowsers } from './engine.default.ts'
import { engine as onServers } from './engine.node.ts'
import { hpkeOpen, hpkeSeal, type HpkeRecipient, sharedSecret } from './hpke.ts'

const engines = [
  ['servers', onServers],
  ['browsers', onBrowsers],
] as const
const pairs = engines.flatMap(([from, a]) => engines.map(([to, b]) => [from, to, a, b] as const))

/** RFC 9180 A.1.1, whose KEM is ours; its AEAD is another, so what follows the shared secret is checked by an oracle. */
const rfc = {
  info: fromHex('4f6465206f6e2061204772656369616e2055726e'),
  skRm: fromHex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
  pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  skEm: fromHex('52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736'),
  enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  sharedSecret: 'fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc',
}
const context = { info: rfc.info, aad: utf8('Count-0') }
const plaintext = utf8('Beauty is truth, truth beauty')

test.each(engines)('sharedSecret on %s is that of RFC 9180 A.1.1, from either side', (_, engine) => {
  const [sender, recipient] = [engine.agreeWith(rfc.skEm), engine.agreeWith(rfc.skRm)]
  expect([hex(sender.key), hex(recipient.key)]).toEqual([rfc.enc, rfc.pkRm])
  for (const common of [sender.agree(recipient.key), recipient.agree(sender.key)])
    expect(hex(sharedSecret(engine, common, sender.key, recipient.key))).toBe(rfc.sharedSecret)
})

test.each(pairs)('what is sealed on %s opens on %s', async (_, __, from, to) => {
  const recipient: HpkeRecipient = to.agreeWith(rfc.skRm)
  const sealed = await hpkeSeal(from, recipient.key, context, plaintext, rfc.skEm)
  expect(hex(sealed.enc)).toBe(rfc.enc)
  expect(await hpkeOpen(to, recipient, context, sealed)).toEqual(plaintext)
  expect(await hpkeSeal(to, recipient.key, context, plaintext, rfc.skEm)).toEqual(sealed)
})

test.each(engines)('hpkeOpen on %s opens nothing else than what was sealed', async (_, engine) => {
  const recipient: HpkeRecipient = engine.agreeWith(rfc.skRm)
  const sealed = await hpkeSeal(engine, recipient.key, context, plaintext, rfc.skEm)
  const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
  const other: HpkeRecipient = engine.agreeWith(rfc.skEm)
  for (const [who, where, what] of [
    [recipient, { ...context, info: utf8('another') }, sealed],
    [recipient, { ...context, aad: utf8('another') }, sealed],
    [other, context, sealed],
    [{ ...other, key: recipient.key }, context, sealed],
    [recipient, context, { ...sealed, enc: flip(sealed.enc, 31) }],
    [recipient, context, { ...sealed, ct: flip(sealed.ct, 0) }],
    [recipient, context, { ...sealed, ct: flip(sealed.ct, sealed.ct.length - 1) }],
    [recipient, context, { ...sealed, ct: sealed.ct.subarray(1) }],
    [recipient, context, { ...sealed, ct: new Uint8Array(15) }],
    [recipient, context, { ...sealed, ct: new Uint8Array(0) }],
  ] as const)
    expect(await hpkeOpen(engine, who, where, what)).toBe(undefined)
})

const lowOrder = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].flatMap((text) => {
  const bytes = fromHex(text)
  return [bytes, concatenate(bytes.subarray(0, 31), Uint8Array.of((bytes[31] ?? 0) | 0x80))]
})

test.each(engines)('hpkeSeal and hpkeOpen on %s have no secret with a key of low order', async (_, engine) => {
  const recipient: HpkeRecipient = engine.agreeWith(rfc.skRm)
  for (const key of lowOrder) {
    expect(await codeOf(() => hpkeSeal(engine, key, context, plaintext, rfc.skEm))).toBe('key-inadmissible')
    const sealed = { enc: key, ct: new Uint8Array(32) }
    expect(await codeOf(() => hpkeOpen(engine, recipient, context, sealed))).toBe('key-inadmissible')
  }
})

test('hpkeOpen believes no opener that gives zeros, or not 32 bytes', async () => {
  const { key } = onServers.agreeWith(rfc.skRm)
  const sealed = await hpkeSeal(onServers, key, context, plaintext, rfc.skEm)
  for (const length of [0, 31, 32, 33])
    expect(await codeOf(() => hpkeOpen(onServers, { key, agree: () => new Uint8Array(length) }, context, sealed))).toBe(
      'key-inadmissible',
    )
})

test('hpkeOpen lets through what an opener throws', async () => {
  const { key } = onServers.agreeWith(rfc.skRm)
  const sealed = await hpkeSeal(onServers, key, context, plaintext, rfc.skEm)
  const away = async (): Promise<never> => await Promise.reject(new Error('the token is away'))
  await expect(hpkeOpen(onServers, { key, agree: away }, context, sealed)).rejects.toMatchObject({
    message: 'the token is away',
  })
})

test('agreeWith is one function on servers and browsers', () => {
  for (let i = 0; i < 8; i++) {
    const [mine, theirs] = [sha256(utf8(`mine ${i}`)), sha256(utf8(`theirs ${i}`))]
    const there = onServers.agreeWith(theirs).key
    expect(onBrowsers.agreeWith(theirs).key).toEqual(there)
    expect(onBrowsers.agreeWith(mine).agree(there)).toEqual(onServers.agreeWith(mine).agree(there))
  }
})
