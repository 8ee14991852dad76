import { x25519 } from '@noble/curves/ed25519.js'
import { getPublicKey, hashes, sign } from '@noble/ed25519'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import type { Box, Engine } from './engine.ts'
import { isTorsionFree, noblePoints } from './noble-points.ts'

hashes.sha512 = sha512

const chunk = 0x8000

/**
 * For browsers and other runtimes: WebCrypto where it knows Ed25519, audited JavaScript where it does not. X25519 is
 * JavaScript everywhere: what comes here are private halves that lie in memory anyway, and an opener whose key must not
 * be read brings a `CryptoKey` of its own.
 */
export const engine: Engine = {
  sha256,
  encodeBase64Url(bytes) {
    let binary = ''
    for (let at = 0; at < bytes.length; at += chunk) binary += String.fromCharCode(...bytes.subarray(at, at + chunk))
    return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  },
  decodeBase64Url(text) {
    try {
      const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
      return Uint8Array.from(binary, (c) => c.charCodeAt(0))
    } catch {
      return new Uint8Array(0)
    }
  },
  verifyEngines: [
    {
      name: 'webcrypto',
      async verify(key, message, signature) {
        try {
          const imported = await crypto.subtle.importKey('raw', Uint8Array.from(key), 'Ed25519', false, ['verify'])
          return await crypto.subtle.verify('Ed25519', imported, Uint8Array.from(signature), Uint8Array.from(message))
        } catch {
          // no Ed25519 here, or not a key; the known answers tell the two apart
          return false
        }
      },
    },
    noblePoints,
  ],
  isTorsionFree,
  publicKeyOf: getPublicKey,
  signWith: (seed) => (message) => sign(message, seed),
  agreeWith: (seed) => ({
    key: x25519.getPublicKey(seed),
    agree: (key) => x25519.getSharedSecret(seed, key),
  }),
  aes256Gcm: {
    async seal(box, plaintext) {
      const [key, how] = await importBox(box, 'encrypt')
      return new Uint8Array(await crypto.subtle.encrypt(how, key, Uint8Array.from(plaintext)))
    },
    async open(box, ciphertext) {
      const [key, how] = await importBox(box, 'decrypt')
      try {
        return new Uint8Array(await crypto.subtle.decrypt(how, key, Uint8Array.from(ciphertext)))
      } catch {
        // the tag is another
        return undefined
      }
    },
  },
}

async function importBox({ key, nonce, aad }: Box, use: 'encrypt' | 'decrypt'): Promise<[CryptoKey, AesGcmParams]> {
  const imported = await crypto.subtle.importKey('raw', Uint8Array.from(key), 'AES-GCM', false, [use])
  const how = { name: 'AES-GCM', iv: Uint8Array.from(nonce), additionalData: Uint8Array.from(aad), tagLength: 128 }
  return [imported, how]
}
