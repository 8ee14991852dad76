import { engine } from '#engine'
import { z } from 'zod'
import { base64Url, fromBase64Url, fromHex, isBase64Url, sha256, utf8 } from './bytes.ts'
import { ProtocolError, quote } from './errors.ts'
import { isAdmissiblePoint } from './verify-strict.ts'

/** A raw Ed25519 public key in unpadded base64url, 43 characters, as records carry it. */
export type PublicKey = string

/** Schema of a public key's form; `admitKey` judges the point. */
export const publicKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/**
 * Whatever can sign: a file, an HSM, a KMS, a browser key. `kid` is the RFC 7638 thumbprint of `key`.
 *
 * spec: bytes#signing
 */
export type Signer = {
  readonly kid: string
  readonly key: PublicKey
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>
}

/** The RFC 7638 thumbprint of an Ed25519 key, 32 bytes. */
export function thumbprintBytes(key: PublicKey): Uint8Array {
  return sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${key}"}`))
}

/** The RFC 7638 thumbprint in base64url: the `kid` of signatures made with the key. */
export function thumbprint(key: PublicKey): string {
  return base64Url(thumbprintBytes(key))
}

/** A signer that holds its 32-byte seed in memory. */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== 32)
    throw new ProtocolError('key-inadmissible', `making a signer: the seed has ${seed.length} bytes, expected 32`)
  const key = base64Url(engine.publicKeyOf(seed))
  const sign = engine.signWith(seed)
  return { kid: thumbprint(key), key, sign: async (bytes) => sign(bytes) }
}

/** A test key: the seed is SHA-256 of a label, so anyone can make it again, and it must never stand for anybody. */
export function testSigner(label: string): Signer {
  return signerFromSeed(sha256(utf8(`dcann/test-key/1\n${label}`)))
}

/** Keys whose private half is printed in a standard: anyone can sign with them. */
const published = new Set(
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', // RFC 8032 7.1 test 1, RFC 8037 A.2
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', // RFC 8032 7.1 test 2
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', // RFC 8032 7.1 test 3
    '278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e', // RFC 8032 7.1 test 1024
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf', // RFC 8032 7.1 test SHA(abc)
    '26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb', // RFC 9421 B.1.4
    '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29', // the all-zero seed
  ].map((text) => base64Url(fromHex(text))),
)

/** Keys found admissible before: a key never becomes inadmissible, and the last rule costs more than a verification. */
const admissible = new Set<PublicKey>()
const admissibleMost = 8192

/**
 * Admits a key to a record: 32 bytes, canonical, on the curve, not of small order, without torsion, not published.
 * Throws `key-inadmissible`, naming the key and the rule.
 *
 * spec: bytes#keys
 */
export function admitKey(key: PublicKey): void {
  if (admissible.has(key)) return
  const refuse = (why: string): never => {
    throw new ProtocolError('key-inadmissible', `admitting the key ${quote(key, 43)}: ${why}`)
  }
  if (!isBase64Url(key)) refuse('it is not base64url that re-encodes to itself, so two texts would be one key')
  const bytes = fromBase64Url(key)
  if (bytes.length !== 32) refuse(`it has ${bytes.length} bytes, expected 32`)
  if (published.has(key)) refuse('its private half is published; make a key of your own')
  if (!isAdmissiblePoint(bytes)) refuse('it is of small order or not in canonical form')
  if (!engine.isTorsionFree(bytes)) refuse('it is not a point of the prime-order group')
  if (admissible.size >= admissibleMost) admissible.clear()
  admissible.add(key)
}

/** The digest under which a record announces a key before it is used: base64url of SHA-256 over the raw key. */
export function keyDigest(key: PublicKey): string {
  return base64Url(sha256(fromBase64Url(key)))
}
