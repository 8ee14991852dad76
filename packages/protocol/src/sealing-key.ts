import { engine } from '#engine'
import { base64Url, fromBase64Url, fromHex, isBase64Url, sha256, utf8 } from './bytes.ts'
import { ProtocolError, quote } from './errors.ts'
import type { PublicKey } from './key.ts'

/**
 * Whatever can open what was sealed to a key: a file, an HSM, a key that a browser never shows. It does one thing, the
 * Diffie-Hellman of RFC 7748, and everything around that is done outside of it.
 *
 * spec: seal#opening
 */
export type Opener = {
  readonly kid: string
  /** X25519, as an offer or a node's record names it. */
  readonly key: PublicKey
  /** The 32 bytes that the private half and a sender's key have in common. May throw for a key of low order. */
  readonly agree: (enc: Uint8Array) => Promise<Uint8Array>
}

/** The RFC 7638 thumbprint of an X25519 key in base64url: the `kid` of what is sealed to it. */
export function sealingKid(key: PublicKey): string {
  return base64Url(sha256(utf8(`{"crv":"X25519","kty":"OKP","x":"${key}"}`)))
}

/** An opener that holds its 32-byte private half in memory. Throws `key-inadmissible`. */
export function openerFromSeed(seed: Uint8Array): Opener {
  if (seed.length !== 32)
    throw new ProtocolError('key-inadmissible', `making an opener: the seed has ${seed.length} bytes, expected 32`)
  const { key: bytes, agree } = engine.agreeWith(seed)
  const key = base64Url(bytes)
  return { kid: sealingKid(key), key, agree: async (enc) => agree(enc) }
}

/** A test opener: the seed is SHA-256 of a label, so anyone can make it again, and it must never stand for anybody. */
export function testOpener(label: string): Opener {
  return openerFromSeed(sha256(utf8(`dcann/test-sealing-key/1\n${label}`)))
}

const p = 2n ** 255n - 19n

/** Every u below p that times eight is nothing: whoever sends to one of them shares zero with everybody. */
const lowOrder = new Set([
  0n,
  1n,
  p - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
])

/** Whether X25519 makes zero of this key, in whatever form it is written: the highest bit counts for nothing. */
export function isLowOrder(key: Uint8Array): boolean {
  return lowOrder.has((littleEndian(key) % 2n ** 255n) % p)
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

/** Keys whose private half is printed in a standard: anyone can open what is sealed to them. */
const published = new Set(
  [
    '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a', // RFC 7748 6.1, Alice
    'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f', // RFC 7748 6.1, Bob
    '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d', // RFC 9180 A.1.1
    '4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a', // RFC 9180 A.2.1
    '2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74', // the all-zero seed
  ].map((text) => base64Url(fromHex(text))),
)

/**
 * Admits an X25519 key to a record: 32 bytes, below p with the highest bit clear, not of low order, not published. Every
 * other u will do, also one of the twist: X25519 is made for that. Throws `key-inadmissible`, naming the key and the rule.
 *
 * spec: seal#keys
 */
export function admitSealingKey(key: PublicKey): void {
  const refuse = (why: string): never => {
    throw new ProtocolError('key-inadmissible', `admitting the sealing key ${quote(key, 43)}: ${why}`)
  }
  if (!isBase64Url(key)) refuse('it is not base64url that re-encodes to itself, so two texts would be one key')
  const bytes = fromBase64Url(key)
  if (bytes.length !== 32) refuse(`it has ${bytes.length} bytes, expected 32`)
  if (littleEndian(bytes) >= p) refuse('it is not in canonical form')
  if (isLowOrder(bytes)) refuse('it is of low order, so what is sealed to it is open to everybody')
  if (published.has(key)) refuse('its private half is published; make a key of your own')
}
