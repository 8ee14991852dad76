import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import { StoreError } from './errors.ts'
import { place, type Key } from './key.ts'
import type { KeyRing } from './keys.ts'
import type { Versioned } from './store.ts'

// form (1) · version (6) · bucket (2) · epoch (4) · nonce (12) · ciphertext · tag (16)
const FORM = 1
const HEADER = 13
const NONCE = 12
const TAG = 16

/** How many bytes sealing adds to a value. */
export const SEAL_BYTES = HEADER + NONCE + TAG

/**
 * Seals a value as what stands at this key in this version: AES-256-GCM under the bucket's current key; key, version,
 * bucket and epoch are authenticated with it, so a value moved to another key or an older one put back under a newer
 * version does not open. Nonces are random: a bucket's key may seal 2^32 values before its epoch has to be advanced.
 */
export const seal = (ring: KeyRing, bucket: number, key: Key, version: number, value: Uint8Array): Uint8Array => {
  const { epoch, key: secret } = ring.current(bucket)
  const sealed = Buffer.allocUnsafe(value.length + SEAL_BYTES)
  sealed[0] = FORM
  sealed.writeUIntBE(version, 1, 6)
  sealed.writeUInt16BE(bucket, 7)
  sealed.writeUInt32BE(epoch, 9)
  const nonce = sealed.subarray(HEADER, HEADER + NONCE)
  drawNonce(nonce)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce)
  cipher.setAAD(contextOf(key, sealed))
  sealed.set(cipher.update(value), HEADER + NONCE)
  cipher.final() // empty: the mode is a stream
  sealed.set(cipher.getAuthTag(), sealed.length - TAG)
  return plainView(sealed)
}

/** Opens what `seal` made for this key. StoreError `corrupt` when it is anything else; never another value. */
export const unseal = (ring: KeyRing, key: Key, sealed: Uint8Array): Versioned => {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.length < SEAL_BYTES || bytes[0] !== FORM) throw corrupt(key, 'its form is not known')
  const secret = ring.at(bytes.readUInt16BE(7), bytes.readUInt32BE(9))
  if (secret === undefined) throw corrupt(key, 'no key of its bucket and epoch is held')
  const open = createDecipheriv('aes-256-gcm', secret, bytes.subarray(HEADER, HEADER + NONCE), { authTagLength: TAG })
  open.setAAD(contextOf(key, bytes))
  open.setAuthTag(bytes.subarray(bytes.length - TAG))
  try {
    const value = open.update(bytes.subarray(HEADER + NONCE, bytes.length - TAG))
    open.final()
    return { value: plainView(value), version: bytes.readUIntBE(1, 6) }
  } catch (cause) {
    throw corrupt(key, 'it does not open', cause)
  }
}

/** The version that a sealed value says it is; only `unseal` proves it. */
export const versionOf = (sealed: Uint8Array): number =>
  Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).readUIntBE(1, 6)

/** The bucket and epoch a sealed value says it was sealed under. */
export const sealedUnder = (sealed: Uint8Array): { readonly bucket: number; readonly epoch: number } => {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  return { bucket: bytes.readUInt16BE(7), epoch: bytes.readUInt32BE(9) }
}

/**
 * What tells one sealed value from every other that ever stood in the store: key, header, nonce and tag. Whoever lacks
 * the key cannot make other bytes that open and have the same mark.
 */
export const markOf = (key: Key, sealed: Uint8Array): Uint8Array => {
  const mark = Buffer.allocUnsafe(HEADER + NONCE + TAG + key.length)
  mark.set(sealed.subarray(0, HEADER + NONCE), 0)
  mark.set(sealed.subarray(sealed.length - TAG), HEADER + NONCE)
  mark.write(key, HEADER + NONCE + TAG, 'latin1')
  return mark
}

const contextOf = (key: Key, sealed: Buffer): Buffer => {
  const context = Buffer.allocUnsafe(HEADER + key.length)
  context.set(sealed.subarray(0, HEADER), 0)
  context.write(key, HEADER, 'latin1')
  return context
}

const corrupt = (key: Key, what: string, cause?: unknown): StoreError =>
  new StoreError(
    'corrupt',
    `open the value under ${place(key)}: ${what}, so it is not what was written; stop, run fsck, restore a copy`,
    { key, cause },
  )

const pool = Buffer.alloc(NONCE * 1024)
let drawn = pool.length

const drawNonce = (into: Buffer): void => {
  if (drawn === pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  pool.copy(into, 0, drawn, drawn + NONCE)
  drawn += NONCE
}

const plainView = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
