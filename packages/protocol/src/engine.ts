/**
 * What the platform lends to this package. Two files implement it, chosen by the `imports` condition `#engine`: Node's
 * own primitives on servers, WebCrypto and audited JavaScript elsewhere.
 */
export type VerifyEngine = {
  readonly name: string
  /** Cofactorless or not, strict or not: the byte rules and the known answers in `verify-strict.ts` decide its use. */
  readonly verify: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>
}

export type Engine = {
  readonly sha256: (bytes: Uint8Array) => Uint8Array
  readonly encodeBase64Url: (bytes: Uint8Array) => string
  /** Lenient; `bytes.ts` checks that the text re-encodes to itself. */
  readonly decodeBase64Url: (text: string) => Uint8Array
  /** In order of preference. */
  readonly verifyEngines: readonly VerifyEngine[]
  /** Whether an Ed25519 key is a point of the prime-order group; keys of small order are sorted out before. */
  readonly isTorsionFree: (key: Uint8Array) => boolean
  readonly publicKeyOf: (seed: Uint8Array) => Uint8Array
  /** Deterministic, RFC 8032. A seed is imported once and signs often. */
  readonly signWith: (seed: Uint8Array) => (message: Uint8Array) => Uint8Array
  /** X25519, RFC 7748: the public key of a 32-byte private half, and what it has in common with other keys. */
  readonly agreeWith: (seed: Uint8Array) => {
    readonly key: Uint8Array
    /** 32 bytes. Throws for a key of low order, with which that would be zero. */
    readonly agree: (key: Uint8Array) => Uint8Array
  }
  readonly aes256Gcm: {
    /** The ciphertext with its 16-byte tag. */
    readonly seal: (box: Box, plaintext: Uint8Array) => Uint8Array | Promise<Uint8Array>
    /** `undefined` when it does not open. */
    readonly open: (box: Box, ciphertext: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  }
}

/** What an AEAD takes beside the text. */
export type Box = { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly aad: Uint8Array }
