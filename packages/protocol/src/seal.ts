import { engine } from '#engine'
import { z } from 'zod'
import { base64Url, concatenate, fromBase64Url, utf8 } from './bytes.ts'
import { canonicalBytes, parseCanonical } from './canonical.ts'
import { ProtocolError, quote } from './errors.ts'
import { hpkeOpen, hpkeSeal } from './hpke.ts'
import { type PublicKey, publicKeySchema } from './key.ts'
import { limits } from './limits.ts'
import { admitSealingKey, type Opener, sealingKid } from './sealing-key.ts'
import { parseSchema, recordIdSchema, type Signed, signedSchema } from './signed.ts'

/** The one suite in use, by the names of the registry of RFC 9180; another has another name and is refused today. */
export const sealingSuite = 'DHKEM_X25519_HKDF_SHA256/HKDF_SHA256/AES_256_GCM'

/** What was sealed, as it travels and as it is kept. spec: seal#sealed */
export const sealedSchema = z.strictObject({
  v: z.literal(1),
  suite: z.literal(sealingSuite),
  /** Thumbprint of the key that it is sealed to. */
  kid: recordIdSchema,
  /** The sender's key of this one message. */
  enc: publicKeySchema,
  ct: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(Math.ceil(((limits.sealedBytes + 16) * 4) / 3)),
})
export type SealedObject = z.infer<typeof sealedSchema>

/** What a sealed text is bound to: it opens nowhere else. */
export type SealContext = { readonly info: Uint8Array; readonly aad: Uint8Array }

/**
 * Seals a text to an X25519 key, padded to the next power of two so that its length tells little. `chance` is 32 bytes that
 * nobody can foretell and that are used for nothing else.
 *
 * Throws `key-inadmissible` or `too-large`.
 *
 * spec: seal#sealed
 */
export async function sealTo(
  key: PublicKey,
  context: SealContext,
  plaintext: Uint8Array,
  chance: Uint8Array,
): Promise<SealedObject> {
  admitSealingKey(key)
  if (chance.length !== 32)
    throw new ProtocolError('key-inadmissible', `sealing: ${chance.length} bytes of chance, expected 32`)
  const { enc, ct } = await hpkeSeal(engine, fromBase64Url(key), context, padded(plaintext), chance)
  return { v: 1, suite: sealingSuite, kid: sealingKid(key), enc: base64Url(enc), ct: base64Url(ct) }
}

/**
 * Opens what was sealed to the opener's key under this context. Throws `key-unknown` for what is sealed to another key,
 * `answer-invalid` for what does not open or is not padded as it has to be, `key-inadmissible` for a sender's key of low
 * order, `malformed-json` for base64url with spare bits.
 *
 * spec: seal#opening
 */
export async function openWith(opener: Opener, context: SealContext, sealed: SealedObject): Promise<Uint8Array> {
  if (sealed.kid !== opener.kid) {
    throw new ProtocolError(
      'key-unknown',
      `opening what is sealed: it is sealed to the key ${quote(sealed.kid, 43)}, this opener has ${opener.kid}`,
    )
  }
  const recipient = { key: fromBase64Url(opener.key), agree: opener.agree }
  const parts = { enc: fromBase64Url(sealed.enc), ct: fromBase64Url(sealed.ct) }
  const opened = await hpkeOpen(engine, recipient, context, parts)
  if (opened === undefined) throw unopened('it does not open: it was changed, or sealed for something else')
  return unpadded(opened)
}

/** What a sealed answer belongs to. */
export type AnswerOf = {
  /** Record id of the agreement. */
  readonly agreement: string
  /** `requestDigest` of the request. */
  readonly request: string
}

/** Seals a signed record to the key inside its agreement. Throws as `sealTo` does. spec: seal#answers */
export async function sealAnswer(
  key: PublicKey,
  of: AnswerOf,
  { payload, signatures }: Signed,
  chance: Uint8Array,
): Promise<SealedObject> {
  const text = concatenate(canonicalBytes(signatures), Uint8Array.of(lineEnd), fromBase64Url(payload))
  return await sealTo(key, contextOf(of), text, chance)
}

/**
 * Opens a sealed answer into the signed record that it holds, of which nothing is proved yet. Throws as `openWith` does, and
 * what reading its signatures throws.
 *
 * spec: seal#answers
 */
export async function openAnswer(opener: Opener, of: AnswerOf, sealed: SealedObject): Promise<Signed> {
  const text = await openWith(opener, contextOf(of), sealed)
  const end = text.indexOf(lineEnd)
  if (end < 0) throw unopened('it holds no signed record')
  const signatures = parseCanonical(text.subarray(0, end), limits.payloadBytes)
  const payload = base64Url(text.subarray(end + 1))
  return parseSchema(signedSchema, { payload, signatures }, 'opening a sealed answer')
}

/** Canonical JSON has no line end in it, so the first one parts signatures from payload. */
const lineEnd = 0x0a

/** The agreement is in the key of the message, the request is authenticated beside it. */
function contextOf({ agreement, request }: AnswerOf): SealContext {
  return { info: utf8(`dcann/sealed/1\n${agreement}`), aad: fromBase64Url(request) }
}

/** Bytes after padding: the next power of two from 512 on, and what the largest assertion needs at most. */
export function bucketOf(length: number): number {
  const wanted = 4 + length
  let bucket: number = limits.sealedBytesLeast
  while (bucket < wanted) bucket *= 2
  return Math.min(bucket, limits.sealedBytes)
}

/** Four bytes of length, the text, zeros. */
function padded(text: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bucketOf(text.length))
  if (4 + text.length > whole.length) {
    throw new ProtocolError('too-large', `sealing: ${text.length} bytes, at most ${limits.sealedBytes - 4}`)
  }
  new DataView(whole.buffer).setUint32(0, text.length)
  whole.set(text, 4)
  return whole
}

/** One text has one padding, so that nobody can tell anything by another. */
function unpadded(whole: Uint8Array): Uint8Array {
  if (whole.length < limits.sealedBytesLeast) throw unopened('it is shorter than any padded text')
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0)
  if (4 + length > whole.length || bucketOf(length) !== whole.length)
    throw unopened('its length is not that of its text')
  if (whole.subarray(4 + length).some((byte) => byte !== 0))
    throw unopened('it is padded with something else than zeros')
  return whole.subarray(4, 4 + length)
}

function unopened(why: string): ProtocolError {
  return new ProtocolError('answer-invalid', `opening what is sealed: ${why}`, { member: 'sealed' })
}
