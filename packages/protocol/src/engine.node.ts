import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import type { Engine } from './engine.ts'
import { noblePoints } from './noble-points.ts'
import { minusOne, survives } from './torsion.ts'

const spki = Buffer.from('302a300506032b6570032100', 'hex')
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const x25519Jwk = { kty: 'OKP', crv: 'X25519' }
const tagBytes = 16

/** Importing a key costs about as much as a verification; a node sees the same few thousand keys again and again. */
const keyObjects = new Map<string, KeyObject>()
const keyObjectsMost = 8192

function publicKeyObject(key: Uint8Array): KeyObject {
  const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
  const known = keyObjects.get(name)
  if (known) return known
  const made = createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' })
  if (keyObjects.size >= keyObjectsMost) {
    const oldest = keyObjects.keys().next().value
    if (oldest !== undefined) keyObjects.delete(oldest)
  }
  keyObjects.set(name, made)
  return made
}

function privateKeyObject(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
}

function base64UrlOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

const agreeWith: Engine['agreeWith'] = (seed) => {
  // as JWK: OpenSSL's readers of DER take twice as long. Of a private key `d` alone is read, and `x` made from it.
  const privateKey = createPrivateKey({ key: { ...x25519Jwk, x: '', d: base64UrlOf(seed) }, format: 'jwk' })
  return {
    key: new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url')),
    agree(key) {
      const publicKey = createPublicKey({ key: { ...x25519Jwk, x: base64UrlOf(key) }, format: 'jwk' })
      return new Uint8Array(diffieHellman({ privateKey, publicKey }))
    },
  }
}

const agreeMinusOne = agreeWith(minusOne)

/** Node's own primitives; the one file of this package that touches them. */
export const engine: Engine = {
  sha256: (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer')),
  encodeBase64Url: base64UrlOf,
  decodeBase64Url: (text) => new Uint8Array(Buffer.from(text, 'base64url')),
  verifyEngines: [
    {
      name: 'node:crypto',
      verify(key, message, signature) {
        try {
          return verify(null, message, publicKeyObject(key), signature)
        } catch {
          // not a key that OpenSSL can import
          return false
        }
      },
    },
    noblePoints,
  ],
  isTorsionFree: (key) => survives(key, agreeMinusOne.agree),
  publicKeyOf: (seed) =>
    new Uint8Array(createPublicKey(privateKeyObject(seed)).export({ format: 'der', type: 'spki' }).subarray(-32)),
  signWith: (seed) => {
    const key = privateKeyObject(seed)
    return (message) => new Uint8Array(sign(null, message, key))
  },
  agreeWith,
  aes256Gcm: {
    seal({ key, nonce, aad }, plaintext) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(aad)
      return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
    },
    open({ key, nonce, aad }, ciphertext) {
      if (ciphertext.length < tagBytes) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(aad)
      decipher.setAuthTag(ciphertext.subarray(-tagBytes))
      try {
        return new Uint8Array(Buffer.concat([decipher.update(ciphertext.subarray(0, -tagBytes)), decipher.final()]))
      } catch {
        // the tag is another
        return undefined
      }
    },
  },
}
