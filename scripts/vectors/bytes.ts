import { base64Url, concatenate, fromBase64Url, fromHex, hex, utf8 } from '@dcann/protocol/bytes'
import { canonicalText } from '@dcann/protocol/canonical'
import { knownAnswers } from '@dcann/protocol/known-answers'
import { admitKey, keyDigest, signerFromSeed, testSigner, thumbprint } from '@dcann/protocol/key'
import { limits } from '@dcann/protocol/limits'
import { statementNoun } from '@dcann/protocol/resolution'
import { recordIdOf, type Signed } from '@dcann/protocol/signed'
import { Point } from '@noble/ed25519'
import { at, type NamedVector, signAny, vectorsOf, write } from './vector.ts'

/** Bytes that must equal their RFC 8785 form: `input` is `{"utf8"}` or `{"hex"}`, the result the record id of the bytes. */
export function canonicalVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('canonical')
  const right = (name: string, about: string, utf8Text: string): NamedVector =>
    valid(name, about, { input: { utf8: utf8Text } }, { id: recordIdOf(utf8(utf8Text)) })
  const wrong = (name: string, about: string, utf8Text: string, malformed?: 'malformed'): NamedVector =>
    invalid(name, about, { input: { utf8: utf8Text } }, malformed ? 'malformed-json' : 'not-canonical')
  return [
    right(
      'sorted-members',
      'Members stand in order and nothing is written that need not be.',
      '{"a":[1,true,null],"b":""}',
    ),
    right(
      'order-of-utf-16-units',
      'Members sort by UTF-16 code units, so a surrogate pair comes before U+FB33.',
      '{"\u{1F600}":1,"\uFB33":1}',
    ),
    right(
      'escapes-that-must-be',
      'Control characters, quotation mark and backslash are escaped in the one way RFC 8785 has.',
      '"\\b\\t\\n\\f\\r\\u001f\\"\\\\/é\u2028"',
    ),
    right('largest-integers', 'Integers reach from -(2^53-1) to 2^53-1.', '[-9007199254740991,0,9007199254740991]'),
    right('depth-32', 'Thirty-two arrays, one in another.', '['.repeat(32) + ']'.repeat(32)),
    wrong('duplicate-key', 'One member twice.', '{"a":1,"a":2}'),
    wrong('duplicate-key-by-escape', 'One member twice, the second time by an escape.', '{"a":1,"\\u0061":2}'),
    wrong('members-out-of-order', 'Members do not stand in order.', '{"b":1,"a":1}'),
    wrong(
      'order-of-code-points',
      'Members sorted by code points, not by UTF-16 code units.',
      '{"\uFB33":1,"\u{1F600}":1}',
    ),
    wrong('one-point-zero', 'An integer written with a fraction.', '{"a":1.0}'),
    wrong('exponent', 'An integer written with an exponent.', '{"a":1e2}'),
    wrong('fraction', 'A number that is no integer.', '{"a":0.5}'),
    wrong('minus-zero', 'Zero with a sign.', '{"a":-0}'),
    wrong('beyond-every-number', 'A number that parses to infinity.', '{"a":1e400}'),
    wrong('two-to-53', 'An integer that another integer parses to as well.', '{"a":9007199254740992}'),
    wrong('two-to-53-plus-1', 'An integer that no double holds.', '{"a":9007199254740993}'),
    wrong('white-space', 'A space between members.', '{"a":1, "b":1}'),
    wrong('line-end-after', 'A line end after the value.', '{"a":1}\n'),
    wrong('escape-that-need-not-be', 'A letter written as an escape.', '{"a":"\\u0062"}'),
    wrong('escape-in-capitals', 'A control character escaped with capital digits.', '{"a":"\\u001F"}'),
    wrong('lone-surrogate', 'A string that has no UTF-8 form.', '{"a":"\\ud800"}'),
    wrong('nul', 'A string that holds NUL.', '{"a":"\\u0000"}'),
    wrong('proto', 'A member named __proto__.', '{"__proto__":{"a":1}}'),
    wrong('depth-33', 'Thirty-three arrays, one in another.', '['.repeat(33) + ']'.repeat(33), 'malformed'),
    wrong('two-values', 'A second value after the first.', '{}{}', 'malformed'),
    invalid(
      'byte-order-mark',
      'A byte order mark before the value.',
      { input: { hex: `efbbbf${hex(utf8('{}'))}` } },
      'malformed-json',
    ),
    invalid('not-utf-8', 'A slash in an overlong form.', { input: { hex: '22c0af22' } }, 'malformed-json'),
    invalid(
      'surrogate-in-utf-8',
      'A surrogate encoded as if it were a character.',
      { input: { hex: '22eda08022' } },
      'malformed-json',
    ),
    invalid(
      'too-many-bytes',
      `One byte more than ${limits.payloadBytes}.`,
      { input: { utf8: JSON.stringify('x'.repeat(limits.payloadBytes - 1)) } },
      'too-large',
    ),
  ]
}

/** A signed record of any noun: `given.noun` says which, `given.keys` who may sign; the result is its id and who signed. */
export async function signedVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('signed')
  const [ada, bo, eve] = [
    testSigner('vectors/signed/ada'),
    testSigner('vectors/signed/bo'),
    testSigner('vectors/signed/eve'),
  ]
  const { typ } = statementNoun
  const payload = { v: 1 as const, zone: 'EE', name: 'EE/node/x', record: null, ttl: 60, at }
  const given = { noun: 'statement', keys: [ada.key, bo.key] }
  const { signed, id } = await write(statementNoun, payload, [ada])
  const both = await write(statementNoun, payload, [ada, bo])
  const [only] = signed.signatures
  if (!only) throw new Error('making vectors: nothing was signed')
  const wrong = (name: string, about: string, input: unknown, code: Parameters<typeof invalid>[3]): NamedVector =>
    invalid(name, about, { given, input }, code)
  const headed = async (header: object | string, by = ada): Promise<Signed> => {
    const head = base64Url(utf8(typeof header === 'string' ? header : canonicalText(header)))
    const signature = base64Url(await by.sign(utf8(`${head}.${signed.payload}`)))
    return { payload: signed.payload, signatures: [{ protected: head, signature }] }
  }
  const carrying = async (text: string): Promise<Signed> => {
    const body = base64Url(utf8(text))
    const signature = base64Url(await ada.sign(utf8(`${only.protected}.${body}`)))
    return { payload: body, signatures: [{ protected: only.protected, signature }] }
  }
  const header = { alg: 'Ed25519', kid: ada.kid, typ }
  const flipped = fromBase64Url(both.signed.signatures[1]?.signature ?? '')
  flipped[0] = (flipped[0] ?? 0) ^ 1
  return [
    valid('one-signature', 'One key signed.', { given, input: signed }, { id, signers: [ada.key] }),
    valid(
      'two-signatures',
      'Two keys signed; the record id is that of one signature, since it is of the payload.',
      { given, input: both.signed },
      { id, signers: [ada.key, bo.key].toSorted() },
    ),
    valid(
      'signatures-in-any-order',
      'The order of signatures says nothing.',
      { given, input: { ...both.signed, signatures: both.signed.signatures.toReversed() } },
      { id, signers: [ada.key, bo.key].toSorted() },
    ),
    wrong(
      'unprotected-header',
      'A header beside the protected one.',
      { ...signed, signatures: [{ ...only, header: { kid: ada.kid } }] },
      'schema-mismatch',
    ),
    wrong(
      'flattened-form',
      'The flattened serialization of RFC 7515.',
      { payload: signed.payload, ...only },
      'schema-mismatch',
    ),
    wrong(
      'compact-form',
      'The compact serialization of RFC 7515.',
      `${only.protected}.${signed.payload}.${only.signature}`,
      'schema-mismatch',
    ),
    wrong('no-signature', 'An empty list of signatures.', { ...signed, signatures: [] }, 'schema-mismatch'),
    wrong('member-beside', 'A member beside payload and signatures.', { ...signed, note: 'x' }, 'schema-mismatch'),
    wrong(
      'alg-eddsa',
      'The algorithm under its name before RFC 9864.',
      await headed({ ...header, alg: 'EdDSA' }),
      'record-signature-invalid',
    ),
    wrong('alg-none', 'No algorithm.', await headed({ ...header, alg: 'none' }), 'record-signature-invalid'),
    wrong(
      'header-with-crit',
      'A header with one member more.',
      await headed({ ...header, crit: ['exp'] }),
      'record-signature-invalid',
    ),
    wrong(
      'header-with-its-own-key',
      'A header that brings the key to verify with.',
      await headed({ ...header, jwk: { crv: 'Ed25519', kty: 'OKP', x: ada.key } }),
      'record-signature-invalid',
    ),
    wrong(
      'header-without-typ',
      'A header that does not say what is signed.',
      await headed({ alg: 'Ed25519', kid: ada.kid }),
      'record-signature-invalid',
    ),
    wrong(
      'header-out-of-order',
      'A header that is not in canonical form.',
      await headed(`{"typ":"${typ}","alg":"Ed25519","kid":"${ada.kid}"}`),
      'not-canonical',
    ),
    wrong(
      'wrong-typ',
      'A signature made for a grant.',
      await headed({ ...header, typ: 'dcann-grant+json' }),
      'record-signature-invalid',
    ),
    wrong(
      'kid-of-another',
      'A signature under the kid of another key that may sign.',
      await headed({ ...header, kid: bo.kid }),
      'record-signature-invalid',
    ),
    wrong(
      'key-that-may-not-sign',
      'A good signature by a key that is none of those given.',
      await headed({ ...header, kid: eve.kid }, eve),
      'key-unknown',
    ),
    wrong(
      'one-bad-of-two',
      'Two signatures, of which one does not verify.',
      {
        ...both.signed,
        signatures: [both.signed.signatures[0], { ...both.signed.signatures[1], signature: base64Url(flipped) }],
      },
      'record-signature-invalid',
    ),
    wrong(
      'one-key-twice',
      'One key listed twice.',
      { ...signed, signatures: [only, only] },
      'record-signature-invalid',
    ),
    wrong(
      'padded-base64url',
      'A payload with padding.',
      { ...signed, payload: `${signed.payload}=` },
      'schema-mismatch',
    ),
    wrong(
      'spare-bits-in-the-signature',
      'A signature whose last character has bits that stand for nothing.',
      { ...signed, signatures: [{ ...only, signature: withSpareBits(only.signature) }] },
      'malformed-json',
    ),
    wrong(
      'signature-of-63-bytes',
      'A signature that lacks a byte.',
      { ...signed, signatures: [{ ...only, signature: base64Url(fromBase64Url(only.signature).subarray(1)) }] },
      'record-signature-invalid',
    ),
    wrong(
      'payload-of-another',
      'A good signature over another payload.',
      { ...signed, payload: base64Url(utf8(canonicalText({ ...payload, ttl: 61 }))) },
      'record-signature-invalid',
    ),
    wrong(
      'payload-out-of-order',
      'A signed payload that is not in canonical form.',
      await carrying(JSON.stringify(payload)),
      'not-canonical',
    ),
    wrong(
      'payload-with-a-member-more',
      'A signed payload with a member that its noun does not have.',
      await signAny(typ, { ...payload, more: 1 }, [ada]),
      'schema-mismatch',
    ),
    wrong(
      'payload-with-an-impossible-day',
      'A signed payload dated 30 February.',
      await signAny(typ, { ...payload, at: '2026-02-30T00:00:00Z' }, [ada]),
      'schema-mismatch',
    ),
    wrong(
      'payload-with-too-many-bytes',
      `A signed payload of more than ${statementNoun.mostBytes} bytes.`,
      await signAny(typ, { ...payload, name: 'x'.repeat(statementNoun.mostBytes) }, [ada]),
      'too-large',
    ),
  ]
}

function withSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.slice(-1)) + 1] ?? '')
}

/** The predicate: `input` in hexadecimal. What it refuses has the code that a record with such a signature has. */
export function verifyStrictVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('verify-strict')
  return knownAnswers.map(({ name, valid: good, key, message, signature }) => {
    const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    const about = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}.`
    const parts = { input: { key: hex(key), message: hex(message), signature: hex(signature) } }
    return good ? valid(file, about, parts) : invalid(file, about, parts, 'record-signature-invalid')
  })
}

/** Admission of a key: the result is its thumbprint and digest. */
export function keyVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('key')
  const { key } = testSigner('vectors/key')
  admitKey(key)
  const wrong = (name: string, about: string, text: string): NamedVector =>
    invalid(name, about, { input: { key: text } }, 'key-inadmissible')
  const raw = (text: string): string => base64Url(fromHex(text))
  const order8 = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  const torsioned = Point.fromBytes(fromBase64Url(key)).add(Point.fromBytes(order8)).toBytes()
  const published = signerFromSeed(fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
  return [
    valid(
      'a-point-of-the-group',
      'A key that somebody holds.',
      { input: { key } },
      { kid: thumbprint(key), digest: keyDigest(key) },
    ),
    wrong('identity', 'The identity: everything verifies under it.', raw(`01${'00'.repeat(31)}`)),
    wrong('identity-not-canonical', 'The identity in a form that is not canonical.', raw(`ee${'ff'.repeat(30)}7f`)),
    wrong('zero', 'A point of order four.', raw('00'.repeat(32))),
    wrong('order-8', 'A point of order eight.', base64Url(order8)),
    wrong('torsion', 'A key of the group with a point of order eight added.', base64Url(torsioned)),
    wrong('off-the-curve', 'A y that no point has.', raw(`02${'00'.repeat(31)}`)),
    wrong('published', 'The key of RFC 8032 7.1 test 1, whose private half is printed there.', published.key),
    wrong('spare-bits', 'A key whose last character has bits that stand for nothing.', withSpareBits(key)),
    wrong('31-bytes', 'A key that lacks a byte.', base64Url(fromBase64Url(key).subarray(1))),
    wrong('33-bytes', 'A key with a byte too many.', base64Url(concatenate(fromBase64Url(key), Uint8Array.of(0)))),
  ]
}
