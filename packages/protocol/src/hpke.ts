import { concatenate, utf8 } from './bytes.ts'
import type { Engine } from './engine.ts'
import { ProtocolError } from './errors.ts'
import { isLowOrder } from './sealing-key.ts'

/** What HPKE needs of a platform. */
export type HpkeEngine = Pick<Engine, 'sha256' | 'agreeWith' | 'aes256Gcm'>

type Hash = Pick<HpkeEngine, 'sha256'>

/** What both sides know beside the key. */
export type HpkeContext = { readonly info: Uint8Array; readonly aad: Uint8Array }

/** An encapsulated key of 32 bytes, and the ciphertext with its tag. */
export type HpkeSealed = { readonly enc: Uint8Array; readonly ct: Uint8Array }

/** Whoever opens: the public key, and the Diffie-Hellman of its private half. */
export type HpkeRecipient = {
  readonly key: Uint8Array
  readonly agree: (enc: Uint8Array) => Uint8Array | Promise<Uint8Array>
}

/**
 * RFC 9180 in base mode for one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. `ephemeral` is 32 bytes of
 * chance that nothing else is ever made of: two messages under one would have one key and one nonce.
 *
 * Throws `key-inadmissible` when the secret in common is all zero.
 *
 * spec: seal#suite
 */
export async function hpkeSeal(
  engine: HpkeEngine,
  to: Uint8Array,
  { info, aad }: HpkeContext,
  plaintext: Uint8Array,
  ephemeral: Uint8Array,
): Promise<HpkeSealed> {
  const { key: enc, agree } = engine.agreeWith(ephemeral)
  const common = await inCommon(agree, to)
  const box = keySchedule(engine, sharedSecret(engine, common, enc, to), info)
  return { enc, ct: await engine.aes256Gcm.seal({ ...box, aad }, plaintext) }
}

/** Opens one message; `undefined` when it does not open. Throws `key-inadmissible` as `hpkeSeal` does. spec: seal#suite */
export async function hpkeOpen(
  engine: HpkeEngine,
  { key, agree }: HpkeRecipient,
  { info, aad }: HpkeContext,
  { enc, ct }: HpkeSealed,
): Promise<Uint8Array | undefined> {
  const common = await inCommon(agree, enc)
  const box = keySchedule(engine, sharedSecret(engine, common, enc, key), info)
  return await engine.aes256Gcm.open({ ...box, aad }, ct)
}

/**
 * A key of low order is refused before anything is asked: engines throw for it, each with words of its own, and what an
 * opener throws is about the opener. Zero is looked for all the same, since an opener may be anything.
 */
async function inCommon(agree: HpkeRecipient['agree'], key: Uint8Array): Promise<Uint8Array> {
  const common = isLowOrder(key) ? undefined : await agree(key)
  if (common?.length !== 32 || common.every((byte) => byte === 0)) {
    throw new ProtocolError(
      'key-inadmissible',
      'agreeing on a secret: the key is of low order or none, so there is none in common',
    )
  }
  return common
}

const version = utf8('HPKE-v1')
const none = new Uint8Array(0)
/** By the numbers of the registry: KEM 0x0020, KDF 0x0001, AEAD 0x0002. */
const kem = concatenate(utf8('KEM'), Uint8Array.of(0x00, 0x20))
const suite = concatenate(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02))

/** `ExtractAndExpand` of RFC 9180 4.1. Exported for its vectors, which name this value. */
export function sharedSecret(engine: Hash, common: Uint8Array, enc: Uint8Array, to: Uint8Array): Uint8Array {
  const extracted = extract(engine, kem, none, 'eae_prk', common)
  return expand(engine, kem, extracted, 'shared_secret', concatenate(enc, to), 32)
}

/** `KeySchedule` of RFC 9180 5.1 in base mode, of which the first message alone is used: its nonce is the base nonce. */
function keySchedule(
  engine: HpkeEngine,
  shared: Uint8Array,
  info: Uint8Array,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const context = concatenate(
    Uint8Array.of(0),
    extract(engine, suite, none, 'psk_id_hash', none),
    extract(engine, suite, none, 'info_hash', info),
  )
  const secret = extract(engine, suite, shared, 'secret', none)
  return {
    key: expand(engine, suite, secret, 'key', context, 32),
    nonce: expand(engine, suite, secret, 'base_nonce', context, 12),
  }
}

/** `LabeledExtract`. HMAC pads its key with zeros, so no salt is the salt of 32 zeros that HKDF wants then. */
function extract(engine: Hash, id: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hmac(engine, salt, concatenate(version, id, utf8(label), ikm))
}

/** `LabeledExpand` of at most 32 bytes, that is one block. */
function expand(
  engine: Hash,
  id: Uint8Array,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: 12 | 32,
): Uint8Array {
  const labelled = concatenate(Uint8Array.of(0, length), version, id, utf8(label), info, Uint8Array.of(1))
  return hmac(engine, key, labelled).subarray(0, length)
}

/** RFC 2104 over whole hashes: on servers five times as fast as an HMAC object, of which a message takes seven. */
function hmac({ sha256 }: Hash, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const inner = new Uint8Array(64).fill(0x36)
  const outer = new Uint8Array(64).fill(0x5c)
  for (const [i, byte] of key.entries()) {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  return sha256(concatenate(outer, sha256(concatenate(inner, bytes))))
}
