import { fromBase64Url, fromHex, hex } from './bytes.ts'

/**
 * The seed that a key file holds: 64 hexadecimal characters, or 43 of base64url as registries wrote them before.
 * `undefined` for any other text. Whether others may read the file is for whoever opened it.
 *
 * spec: bytes#signing
 */
export function readSeedText(text: string): Uint8Array | undefined {
  const seed = text.trim()
  if (/^[0-9a-f]{64}$/i.test(seed)) return fromHex(seed.toLowerCase())
  return /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(seed) ? fromBase64Url(seed) : undefined
}

/** What a key file is to hold: one line of 64 hexadecimal characters. spec: bytes#signing */
export function writeSeedText(seed: Uint8Array): string {
  return `${hex(seed)}\n`
}
