import { assertionNoun } from '@dcann/protocol/assertion'
import { base64Url, concatenate, fromBase64Url, fromHex, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { engine } from '@dcann/protocol/engine.node'
import type { ErrorCode } from '@dcann/protocol/errors'
import { hpkeSeal } from '@dcann/protocol/hpke'
import { bucketOf, sealAnswer, type SealedObject, sealingSuite } from '@dcann/protocol/seal'
import { sealingKid, testOpener } from '@dcann/protocol/sealing-key'
import { recordIdOf } from '@dcann/protocol/signed'
import { keys, nth } from './federation.ts'
import { at, type NamedVector, signAny, vectorsOf } from './vector.ts'

const opener = testOpener('vectors/opener')
const agreement = 'A'.repeat(43)
const request = `${'B'.repeat(42)}A`
const given = { opener: 'vectors/opener', agreement, request }
const chance = (label: string): Uint8Array => sha256(utf8(`vectors/chance/${label}`))

/** A sealed answer to the test opener labelled `given.opener`, of an agreement and to a request. */
export async function sealedVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('sealed')
  // what is inside is for others to judge, so that any signed record will do
  const sign = async (about: string) => await signAny(assertionNoun.typ, { v: 1, at, about }, [nth(keys.assertion, 0)])
  const signed = await sign('a short one')
  const sealed = await sealAnswer(opener.key, { agreement, request }, signed, chance('right'))
  const right = async (name: string, about: string, text: string, chances: string): Promise<NamedVector> => {
    const one = await sign(text)
    const input = await sealAnswer(opener.key, { agreement, request }, one, chance(chances))
    return valid(name, about, { given, input }, { id: recordIdOf(fromBase64Url(one.payload)) })
  }
  const wrong = (
    name: string,
    about: string,
    change: object,
    code: ErrorCode = 'answer-invalid',
    of: object = {},
  ): NamedVector => invalid(name, about, { given: { ...given, ...of }, input: { ...sealed, ...change } }, code)
  const flipped = (text: string, place: number): string => {
    const bytes = fromBase64Url(text)
    bytes[place] = (bytes[place] ?? 0) ^ 1
    return base64Url(bytes)
  }
  const text = concatenate(canonicalBytes(signed.signatures), utf8('\n'), fromBase64Url(signed.payload))
  const padded = (size: number, length = text.length, rest = 0): Uint8Array => {
    const whole = new Uint8Array(size).fill(rest)
    new DataView(whole.buffer).setUint32(0, length)
    whole.set(text, 4)
    return whole
  }
  const raw = async (label: string, plaintext: Uint8Array): Promise<SealedObject> => {
    const context = { info: utf8(`dcann/sealed/1\n${agreement}`), aad: fromBase64Url(request) }
    const { enc, ct } = await hpkeSeal(engine, fromBase64Url(opener.key), context, plaintext, chance(label))
    return { v: 1, suite: sealingSuite, kid: opener.kid, enc: base64Url(enc), ct: base64Url(ct) }
  }
  const bucket = bucketOf(text.length)
  return [
    await right('short', 'The shortest bucket.', 'a short one', 'right'),
    await right('longer', 'A bucket of 4,096 bytes.', 'x'.repeat(2048), 'longer'),
    await right('fresh-key', 'The same record again: another key and another text.', 'a short one', 'again'),
    wrong(
      'to-another-key',
      'Sealed to the key of somebody else.',
      { kid: testOpener('vectors/other').kid },
      'key-unknown',
    ),
    wrong('of-another-agreement', 'Opened under another agreement.', {}, 'answer-invalid', { agreement: request }),
    wrong('to-another-request', 'Opened for another request.', {}, 'answer-invalid', { request: agreement }),
    wrong('ciphertext-changed', 'One bit of the text.', { ct: flipped(sealed.ct, 9) }),
    wrong('tag-changed', 'One bit of the tag.', { ct: flipped(sealed.ct, fromBase64Url(sealed.ct).length - 1) }),
    wrong('cut-short', 'The last byte is missing.', { ct: base64Url(fromBase64Url(sealed.ct).subarray(0, -1)) }),
    wrong('no-tag', 'Fewer bytes than a tag has.', { ct: 'AAAA' }),
    wrong('sender-changed', 'One bit of the key of the sender.', { enc: flipped(sealed.enc, 3) }),
    wrong('sender-high-bit', 'The bit of it that X25519 does not look at.', { enc: flipped128(sealed.enc) }),
    wrong(
      'sender-of-low-order',
      'A key that has zero in common with everybody.',
      { enc: base64Url(new Uint8Array(32)) },
      'key-inadmissible',
    ),
    wrong('spare-bits', 'Another text for the same bytes.', { enc: withSpareBits(sealed.enc) }, 'malformed-json'),
    wrong(
      'another-suite',
      'A suite of the same family.',
      { suite: 'DHKEM_X25519_HKDF_SHA256/HKDF_SHA256/AES_128_GCM' },
      'schema-mismatch',
    ),
    wrong('another-version', 'There is one version.', { v: 2 }, 'schema-mismatch'),
    wrong('one-member-more', 'A member that nobody reads.', { aad: '' }, 'schema-mismatch'),
    invalid(
      'padded-further',
      'Twice as long as it has to be.',
      { given, input: await raw('further', padded(bucket * 2)) },
      'answer-invalid',
    ),
    invalid(
      'not-padded',
      'As long as the text is.',
      { given, input: await raw('none', padded(4 + text.length)) },
      'answer-invalid',
    ),
    invalid(
      'padded-with-ones',
      'Something else than zeros after the text.',
      { given, input: await raw('ones', padded(bucket, text.length, 1)) },
      'answer-invalid',
    ),
    invalid(
      'length-beyond-the-end',
      'It says that it is longer than it is.',
      { given, input: await raw('beyond', padded(bucket, bucket)) },
      'answer-invalid',
    ),
    invalid(
      'no-signatures',
      'Text without a line end.',
      { given, input: await raw('nothing', padded(512, 20)) },
      'answer-invalid',
    ),
  ]
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A text of 43 characters whose last one has bits that stand for nothing. */
function withSpareBits(text: string): string {
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? '') + 1]
}

function flipped128(text: string): string {
  const bytes = fromBase64Url(text)
  bytes[31] = (bytes[31] ?? 0) ^ 0x80
  return base64Url(bytes)
}

/** X25519 keys to admit. */
export function sealingKeyVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('sealing-key')
  const { key } = testOpener('vectors/opener')
  const raw = (text: string): string => base64Url(fromHex(text))
  const ones = 'ff'.repeat(30)
  const wrong = (name: string, about: string, text: string): NamedVector =>
    invalid(name, about, { input: { key: text } }, 'key-inadmissible')
  return [
    valid('of-the-curve', 'A key that somebody holds.', { input: { key } }, { kid: sealingKid(key) }),
    valid(
      'two',
      'A u of the twist: X25519 is made for that.',
      { input: { key: raw(`02${'00'.repeat(31)}`) } },
      { kid: sealingKid(raw(`02${'00'.repeat(31)}`)) },
    ),
    wrong('zero', 'Order two.', raw('00'.repeat(32))),
    wrong('one', 'Order four.', raw(`01${'00'.repeat(31)}`)),
    wrong('minus-one', 'Order four, on the twist.', raw(`ec${ones}7f`)),
    wrong('order-8', 'Order eight.', raw('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')),
    wrong(
      'order-8-other',
      'The other u of order eight.',
      raw('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
    ),
    wrong('zero-not-canonical', 'Zero, written as p.', raw(`ed${ones}7f`)),
    wrong('not-canonical', 'Two, written as p + 2.', raw(`ef${ones}7f`)),
    wrong('high-bit', 'A bit that X25519 does not look at, so two texts would be one key.', flipped128(key)),
    wrong(
      'published',
      'The key of RFC 7748 6.1, Alice, whose private half is printed there.',
      raw('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'),
    ),
    wrong('31-bytes', 'A key that lacks a byte.', base64Url(fromBase64Url(key).subarray(1))),
    wrong('spare-bits', 'A last character with bits that stand for nothing.', withSpareBits(key)),
  ]
}
