import { engine } from '#engine'
import { ProtocolError, quote } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a well-formed string; lone surrogates must have been refused before (`canonical.ts`). */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The string whose UTF-8 form these bytes are. Throws `malformed-json` on anything else; a BOM is kept, so later refused. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ProtocolError('malformed-json', 'reading text: the bytes are not UTF-8')
  }
}

/** SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return engine.sha256(bytes)
}

/** Unpadded base64url (RFC 4648 §5). */
export function base64Url(bytes: Uint8Array): string {
  return engine.encodeBase64Url(bytes)
}

/** The bytes of unpadded base64url that re-encodes to itself; throws `malformed-json` on any other text. */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = engine.decodeBase64Url(text)
  if (base64Url(bytes) !== text) {
    throw new ProtocolError(
      'malformed-json',
      `reading base64url ${quote(text)}: not the unpadded form that re-encodes to itself`,
    )
  }
  return bytes
}

/** Whether the text is unpadded base64url that re-encodes to itself: no spare bit set, nothing skipped. */
export function isBase64Url(text: string): boolean {
  return base64Url(engine.decodeBase64Url(text)) === text
}

/** Standard padded base64, as RFC 9530 and RFC 9421 put it in header fields. */
export function base64(bytes: Uint8Array): string {
  const text = base64Url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The bytes of lower-case hexadecimal; throws `malformed-json`. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text))
    throw new ProtocolError('malformed-json', `reading ${quote(text)}: not lower-case hexadecimal`)
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** One array out of many. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Same length, same bytes; every byte is looked at. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}
