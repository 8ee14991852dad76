import { assert, asyncProperty, constantFrom, nat, pre, property } from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { assertionNoun } from './assertion.ts'
import { base64Url, fromBase64Url, sha256, utf8 } from './bytes.ts'
import { parseBounded } from './canonical.ts'
import { testSigner } from './key.ts'
import { limits } from './limits.ts'
import { bucketOf, openAnswer, openWith, sealAnswer, type SealedObject, sealedSchema, sealTo } from './seal.ts'
import { testOpener } from './sealing-key.ts'
import { addSignatures, parseSchema, type Signed } from './signed.ts'

const opener = testOpener('seal')
const of = { agreement: base64Url(sha256(utf8('agreement'))), request: base64Url(sha256(utf8('request'))) }
const context = { info: utf8('info'), aad: utf8('aad') }
const sign = async (bytes: number): Promise<Signed> =>
  await addSignatures({ payload: base64Url(utf8('x'.repeat(bytes))), signatures: [] }, assertionNoun.typ, [
    testSigner('node'),
  ])
let drawn = 0
const chance = (): Uint8Array => sha256(utf8(`chance ${drawn++}`))
const openText = async (text: string): Promise<Signed> =>
  await openAnswer(opener, of, parseSchema(sealedSchema, parseBounded(text), 'opening a text'))
const seal = async (signed: Signed): Promise<SealedObject> => await sealAnswer(opener.key, of, signed, chance())

test('openAnswer gives back what sealAnswer sealed, the largest assertion too', async () => {
  for (const bytes of [2, 300, limits.assertionBytes]) {
    const signed = await sign(bytes)
    const sealed = sealedSchema.parse(await seal(signed))
    expect(await openAnswer(opener, of, sealed)).toEqual(signed)
    expect(JSON.stringify(sealed).length).toBeLessThan(limits.answerWireBytes)
  }
})

test('sealAnswer never makes the same twice', async () => {
  const signed = await sign(300)
  const [a, b] = [await seal(signed), await seal(signed)]
  expect(a.enc).not.toBe(b.enc)
  expect(a.ct).not.toBe(b.ct)
})

test('openAnswer refuses another agreement, another request and another recipient', async () => {
  const sealed = await seal(await sign(300))
  const other = base64Url(sha256(utf8('other')))
  expect(await codeOf(() => openAnswer(opener, { ...of, agreement: other }, sealed))).toBe('answer-invalid')
  expect(await codeOf(() => openAnswer(opener, { ...of, request: other }, sealed))).toBe('answer-invalid')
  const stranger = testOpener('stranger')
  expect(await codeOf(() => openAnswer(stranger, of, sealed))).toBe('key-unknown')
  expect(await codeOf(() => openAnswer({ ...stranger, kid: opener.kid }, of, sealed))).toBe('answer-invalid')
  expect(await codeOf(() => openAnswer(stranger, of, { ...sealed, kid: stranger.kid }))).toBe('answer-invalid')
})

test('openAnswer refuses whatever character of a sealed answer is another', async () => {
  const sealed = await seal(await sign(300))
  const text = JSON.stringify(sealed)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":{},'.split('')
  await assert(
    asyncProperty(nat(text.length - 1), constantFrom(...alphabet), async (at, character) => {
      pre(text[at] !== character)
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      expect(await codeOf(() => openText(changed))).not.toBe('admitted')
    }),
    { numRuns: 300, seed: 7 },
  )
})

test('sealTo: all texts of one bucket are sealed to one length', async () => {
  const lengthOf = async (bytes: number): Promise<number> =>
    (await sealTo(opener.key, context, new Uint8Array(bytes), chance())).ct.length
  expect(await lengthOf(0)).toBe(await lengthOf(508))
  expect(await lengthOf(509)).toBe(await lengthOf(1020))
  expect(await lengthOf(508)).toBeLessThan(await lengthOf(509))
  await assert(
    asyncProperty(nat(20_000), nat(20_000), async (a, b) => {
      expect((await lengthOf(a)) === (await lengthOf(b))).toBe(bucketOf(a) === bucketOf(b))
    }),
    { numRuns: 30, seed: 7 },
  )
})

test('bucketOf is a power of two from 512 on, and at most what an assertion needs', () => {
  assert(
    property(nat(limits.sealedBytes - 4), (length) => {
      const bucket = bucketOf(length)
      expect(bucket).toBeGreaterThanOrEqual(length + 4)
      expect(bucket === limits.sealedBytes || Number.isInteger(Math.log2(bucket))).toBe(true)
      expect(bucket === 512 || bucket < 2 * (length + 4)).toBe(true)
    }),
  )
})

test('sealTo refuses a key that it should not seal to, chance of another length, and too much', async () => {
  const nothing = new Uint8Array(0)
  expect(await codeOf(() => sealTo('A'.repeat(43), context, nothing, chance()))).toBe('key-inadmissible')
  expect(await codeOf(() => sealTo(opener.key, context, nothing, new Uint8Array(16)))).toBe('key-inadmissible')
  const most = limits.sealedBytes - 4
  expect(
    await openWith(opener, context, await sealTo(opener.key, context, new Uint8Array(most), chance())),
  ).toHaveLength(most)
  expect(await codeOf(() => sealTo(opener.key, context, new Uint8Array(most + 1), chance()))).toBe('too-large')
})

test('sealedSchema is closed, and knows one version and one suite', async () => {
  const sealed = await seal(await sign(2))
  expect(sealedSchema.safeParse(sealed).success).toBe(true)
  for (const wrong of [
    { ...sealed, v: 2 },
    { ...sealed, suite: '0020-0001-0002' },
    { ...sealed, more: 1 },
    { ...sealed, enc: sealed.enc.slice(1) },
    { ...sealed, ct: '' },
    { ...sealed, ct: 'A'.repeat(200_000) },
    { ...sealed, kid: base64Url(fromBase64Url(sealed.kid).subarray(1)) },
  ])
    expect(sealedSchema.safeParse(wrong).success).toBe(false)
})
