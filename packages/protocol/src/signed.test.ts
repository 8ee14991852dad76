import { flattenedVerify, generalVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { codeOf } from '../../../test/code-of.ts'
import { base64Url, fromBase64Url, sha256, utf8 } from './bytes.ts'
import { canonicalText } from './canonical.ts'
import { testSigner } from './key.ts'
import {
  addSignatures,
  type Noun,
  parseSchema,
  proveSigned,
  readSigned,
  type Signed,
  signedSchema,
  signPayload,
} from './signed.ts'

type Note = { readonly v: 1; readonly text: string }
const noun: Noun<Note> = {
  typ: 'dcann-note+json',
  schema: z.strictObject({ v: z.literal(1), text: z.string() }),
  mostBytes: 256,
}
const note: Note = { v: 1, text: 'hello' }
const [ada, bo, eve] = [testSigner('ada'), testSigner('bo'), testSigner('eve')]

/** Signs any payload bytes under any header: what a faulty or hostile implementation sends. */
async function forge(
  payload: string | Uint8Array,
  header: (kid: string) => object | string = (kid) => ({ alg: 'Ed25519', kid, typ: noun.typ }),
  signer = ada,
): Promise<Signed> {
  const made = header(signer.kid)
  const head = base64Url(utf8(typeof made === 'string' ? made : canonicalText(made)))
  const body = base64Url(typeof payload === 'string' ? utf8(payload) : payload)
  return {
    payload: body,
    signatures: [{ protected: head, signature: base64Url(await signer.sign(utf8(`${head}.${body}`))) }],
  }
}

const right = canonicalText(note)
const admit = async (input: unknown, keys = [ada.key, bo.key]): Promise<unknown> =>
  await proveSigned(readSigned(noun, input), keys)

test('signPayload makes what readSigned and proveSigned admit', async () => {
  const signed = await signPayload(noun, note, [ada, bo])
  const proved = await proveSigned(readSigned(noun, signed), [bo.key, eve.key, ada.key])
  expect(proved.payload).toEqual(note)
  expect(proved.id).toBe(base64Url(sha256(utf8(right))))
  expect(proved.signers.toSorted()).toEqual([ada.key, bo.key].toSorted())
  expect(await forge(right)).toEqual(await signPayload(noun, note, [ada]))
})

test('signPayload makes what another implementation of RFC 7515 verifies', async () => {
  const signed = await signPayload(noun, note, [ada, bo])
  for (const { key } of [ada, bo]) {
    const jwk = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: key }, 'Ed25519')
    const { payload } = await generalVerify(signed, jwk)
    expect(new TextDecoder().decode(payload)).toBe(right)
  }
  const [first] = signed.signatures
  const jwk = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: eve.key }, 'Ed25519')
  await expect(flattenedVerify({ payload: signed.payload, ...first! }, jwk)).rejects.toThrow(/signature/)
})

test('signPayload gives the record id of the payload alone, in whatever order others sign', async () => {
  const one = await signPayload(noun, note, [ada])
  const both = await addSignatures(one, noun.typ, [bo])
  const other = await addSignatures(await signPayload(noun, note, [bo]), noun.typ, [ada])
  expect(other).toEqual(both)
  expect(readSigned(noun, both).id).toBe(readSigned(noun, one).id)
})

test('signPayload refuses what its own readers would', async () => {
  expect(await codeOf(() => signPayload(noun, { v: 1, text: 'x'.repeat(256) }, [ada]))).toBe('too-large')
  expect(await codeOf(() => signPayload(noun, { v: 1, text: '\0' }, [ada]))).toBe('not-canonical')
})

test.each<[string, (signed: Signed) => unknown, string]>([
  ['no object', () => 'a token', 'schema-mismatch'],
  ['null', () => null, 'schema-mismatch'],
  [
    'a compact token',
    ({ payload, signatures: [s] }) => `${s?.protected}.${payload}.${s?.signature}`,
    'schema-mismatch',
  ],
  ['the flattened form', ({ payload, signatures: [s] }) => ({ payload, ...s }), 'schema-mismatch'],
  ['no signature', (signed) => ({ ...signed, signatures: [] }), 'schema-mismatch'],
  ['33 signatures', (signed) => ({ ...signed, signatures: Array(33).fill(signed.signatures[0]) }), 'schema-mismatch'],
  ['a member beside payload', (signed) => ({ ...signed, extra: 1 }), 'schema-mismatch'],
  [
    'an unprotected header',
    ({ payload, signatures }) => ({ payload, signatures: signatures.map((s) => ({ ...s, header: { kid: 'x' } })) }),
    'schema-mismatch',
  ],
  ['a padded payload', (signed) => ({ ...signed, payload: `${signed.payload}=` }), 'schema-mismatch'],
  ['a payload with a line end', (signed) => ({ ...signed, payload: `${signed.payload}\n` }), 'schema-mismatch'],
  ['spare bits in the payload', (signed) => ({ ...signed, payload: withSpareBit(signed.payload) }), 'malformed-json'],
  [
    'spare bits in the signature',
    ({ payload, signatures }) => ({
      payload,
      signatures: signatures.map((s) => ({ ...s, signature: withSpareBit(s.signature) })),
    }),
    'malformed-json',
  ],
  [
    'spare bits in the header',
    ({ payload, signatures }) => ({
      payload,
      signatures: signatures.map((s) => ({ ...s, protected: `${s.protected.slice(0, -1)}~` })),
    }),
    'schema-mismatch',
  ],
  [
    'one key twice',
    ({ payload, signatures }) => ({ payload, signatures: [...signatures, ...signatures] }),
    'record-signature-invalid',
  ],
])('readSigned refuses %s', async (_, change, code) => {
  const signed = await signPayload(noun, note, [ada])
  expect(await codeOf(() => readSigned(noun, change(signed)))).toBe(code)
})

test.each<[string, (kid: string) => object | string, string]>([
  ['EdDSA', (kid) => ({ alg: 'EdDSA', kid, typ: noun.typ }), 'record-signature-invalid'],
  ['none', (kid) => ({ alg: 'none', kid, typ: noun.typ }), 'record-signature-invalid'],
  ['HS256', (kid) => ({ alg: 'HS256', kid, typ: noun.typ }), 'record-signature-invalid'],
  ['another typ', (kid) => ({ alg: 'Ed25519', kid, typ: 'dcann-grant+json' }), 'record-signature-invalid'],
  ['typ in capitals', (kid) => ({ alg: 'Ed25519', kid, typ: 'DCANN-NOTE+JSON' }), 'record-signature-invalid'],
  ['no typ', (kid) => ({ alg: 'Ed25519', kid }), 'record-signature-invalid'],
  ['no kid', () => ({ alg: 'Ed25519', typ: noun.typ }), 'record-signature-invalid'],
  ['a kid that is no string', () => ({ alg: 'Ed25519', kid: 1, typ: noun.typ }), 'record-signature-invalid'],
  ['crit', (kid) => ({ alg: 'Ed25519', crit: ['b64'], kid, typ: noun.typ }), 'record-signature-invalid'],
  ['b64', (kid) => ({ alg: 'Ed25519', b64: false, kid, typ: noun.typ }), 'record-signature-invalid'],
  [
    'a key of its own',
    (kid) => ({ alg: 'Ed25519', jwk: { x: ada.key }, kid, typ: noun.typ }),
    'record-signature-invalid',
  ],
  ['a list', () => '[]', 'record-signature-invalid'],
  ['null', () => 'null', 'record-signature-invalid'],
  ['a text', () => '"kid"', 'record-signature-invalid'],
  ['members out of order', (kid) => `{"kid":"${kid}","alg":"Ed25519","typ":"${noun.typ}"}`, 'not-canonical'],
  ['white space', (kid) => `{"alg": "Ed25519","kid":"${kid}","typ":"${noun.typ}"}`, 'not-canonical'],
  ['alg twice', (kid) => `{"alg":"none","alg":"Ed25519","kid":"${kid}","typ":"${noun.typ}"}`, 'not-canonical'],
  ['no JSON', () => 'alg', 'malformed-json'],
  ['513 bytes', () => `"${'x'.repeat(511)}"`, 'too-large'],
])('readSigned refuses a header with %s', async (_, header, code) => {
  const signed = await forge(right, header)
  expect(await codeOf(() => readSigned(noun, signed))).toBe(code)
})

test.each<[string, string | Uint8Array, string]>([
  ['white space', '{"text":"hello", "v":1}', 'not-canonical'],
  ['members out of order', '{"v":1,"text":"hello"}', 'not-canonical'],
  ['a BOM', '\uFEFF{"text":"hello","v":1}', 'malformed-json'],
  ['a member too many', '{"extra":1,"text":"hello","v":1}', 'schema-mismatch'],
  ['a member too few', '{"text":"hello"}', 'schema-mismatch'],
  ['another type', '{"text":7,"v":1}', 'schema-mismatch'],
  ['another version', '{"text":"hello","v":2}', 'schema-mismatch'],
  ['no object', '[]', 'schema-mismatch'],
  ['bytes that are no text', Uint8Array.of(0xff), 'malformed-json'],
  ['257 bytes', canonicalText({ v: 1, text: 'x'.repeat(257 - 17) }), 'too-large'],
  ['far too many bytes', 'x'.repeat(100_000), 'too-large'],
])('readSigned refuses a payload with %s', async (_, payload, code) => {
  const signed = await forge(payload)
  expect(await codeOf(() => readSigned(noun, signed))).toBe(code)
})

test('readSigned admits exactly the bytes that a noun may have', async () => {
  const most = canonicalText({ v: 1, text: 'x'.repeat(256 - 17) })
  expect(utf8(most)).toHaveLength(256)
  expect(await codeOf(async () => readSigned(noun, await forge(most)))).toBe('admitted')
})

test('readSigned refuses a schema that keeps less, more or else than what was signed', async () => {
  const schemas = [
    z.object({ v: z.literal(1) }),
    z.object({ v: z.literal(1), text: z.string().trim() }),
    z.object({ v: z.literal(1), text: z.string(), more: z.int().default(1) }),
  ]
  const signed = await forge(canonicalText({ v: 1, text: ' hello' }))
  for (const schema of schemas)
    expect(await codeOf(() => readSigned({ ...noun, schema }, signed))).toBe('schema-mismatch')
})

test('proveSigned refuses a key that may not sign, and one bad signature of two', async () => {
  const both = await signPayload(noun, note, [ada, bo])
  expect(await codeOf(() => admit(both))).toBe('admitted')
  expect(await codeOf(() => admit(both, [ada.key]))).toBe('key-unknown')
  expect(await codeOf(() => admit(both, []))).toBe('key-unknown')
  for (const bad of [0, 1]) {
    const signatures = both.signatures.map((s, i) => (i === bad ? { ...s, signature: withBitFlipped(s.signature) } : s))
    expect(await codeOf(() => admit({ ...both, signatures }))).toBe('record-signature-invalid')
  }
})

test('proveSigned refuses a signature under the kid of another', async () => {
  const signed = await forge(right, () => ({ alg: 'Ed25519', kid: bo.kid, typ: noun.typ }))
  expect(await codeOf(() => admit(signed))).toBe('record-signature-invalid')
})

test('proveSigned refuses a signature over another payload, of another length, or swapped', async () => {
  const signed = await signPayload(noun, note, [ada, bo])
  const other = await signPayload(noun, { v: 1, text: 'bye' }, [ada, bo])
  expect(await codeOf(() => admit({ ...signed, payload: other.payload }))).toBe('record-signature-invalid')
  const [a, b] = signed.signatures
  const swapped = [
    { ...a, signature: b?.signature },
    { ...b, signature: a?.signature },
  ]
  expect(await codeOf(() => admit({ ...signed, signatures: swapped }))).toBe('record-signature-invalid')
  for (const length of [0, 1, 63, 65, 128]) {
    const signature = base64Url(new Uint8Array(length))
    const cut = { ...signed, signatures: [{ ...a, signature }] }
    expect(await codeOf(() => admit(cut))).toBe(length === 0 ? 'schema-mismatch' : 'record-signature-invalid')
  }
})

test('parseSchema names the path and quotes no value', () => {
  const schema = z.strictObject({ a: z.strictObject({ b: z.int() }) })
  expect(() => parseSchema(schema, { a: { b: 'secret' } }, 'reading')).toThrow(/"a\.b"/)
  expect(() => parseSchema(schema, { a: { b: 'secret' } }, 'reading')).not.toThrow(/secret/)
  expect(() => parseSchema(schema, { a: { b: 1, ['x'.repeat(5000)]: 1 } }, 'reading')).toThrow(/^.{0,200}$/s)
  expect(signedSchema.safeParse({}).success).toBe(false)
})

function withSpareBit(text: string): string {
  const bytes = fromBase64Url(text)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const spare = text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1]
  // the last character has spare bits only when the bytes do not fill it
  if (bytes.length % 3 === 0) throw new Error('making spare bits: the text has none')
  return spare
}

function withBitFlipped(text: string): string {
  const bytes = fromBase64Url(text)
  bytes[40] = (bytes[40] ?? 0) ^ 1
  return base64Url(bytes)
}
