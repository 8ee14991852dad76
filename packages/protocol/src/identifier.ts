import { z } from 'zod'
import { concatenate, sha256, utf8 } from './bytes.ts'
import { canonicalBytes } from './canonical.ts'
import { ProtocolError, quote } from './errors.ts'

/** A passport's identifier (DPI) in machine form: country code, 24 characters of a hash, 2 check characters. */
export type Identifier = string

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const base36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const grammar = /^[A-Z]{2}[0-9A-HJKMNP-TV-Z]{24}[0-9A-Z]{2}$/

/** Schema of an identifier in machine form, check characters included. */
export const identifierSchema = z
  .string()
  .refine((text) => grammar.test(text) && checkCharacters(text.slice(0, 26)) === text.slice(26), {
    error: 'expected an identifier in machine form whose check characters hold',
  })

/** The first `bits` bits of `bytes` in Crockford's base32, upper case. */
export function crockford32(bytes: Uint8Array, bits: number): string {
  let text = ''
  let buffer = 0
  let held = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff
    held += 8
    while (held >= 5 && text.length * 5 < bits) {
      text += crockford[(buffer >> (held - 5)) & 31]
      held -= 5
    }
  }
  return text
}

/**
 * So many bytes out of Crockford's base32, upper case, the last character filled up with zeros; `undefined` for a character
 * outside the alphabet, or where the spare bits are not zero.
 */
export function fromCrockford32(characters: string, bytes: number): Uint8Array | undefined {
  const read = new Uint8Array(bytes)
  for (let i = 0; i < characters.length; i++) {
    const value = crockford.indexOf(characters[i] ?? '')
    if (value < 0) return undefined
    for (let bit = 0; bit < 5; bit++) {
      const at = i * 5 + bit
      if (((value >> (4 - bit)) & 1) === 0) continue
      if (at >= bytes * 8) return undefined
      read[at >> 3] = (read[at >> 3] ?? 0) | (0x80 >> (at & 7))
    }
  }
  return read
}

/**
 * ISO 7064 MOD 1271-36 over 26 characters: catches every single, adjacent and jump error. The number that two check
 * characters write is 1272 less the remainder, so from 2 to 1272: congruent pairs outside of that are not admitted.
 */
export function checkCharacters(characters: string): string {
  let sum = 0
  for (const c of characters) sum = ((sum + base36.indexOf(c)) * 36) % 1271
  const check = 1272 - ((sum * 36) % 1271)
  return `${base36[Math.floor(check / 36)]}${base36[check % 36]}`
}

/**
 * The identifier that a genesis payload yields: nobody chooses it, and a registry cannot give it to another passport.
 * `genesis` is the payload with its member `name` absent.
 *
 * spec: identifier#derivation
 */
export function deriveIdentifier(countryCode: string, genesis: Readonly<Record<string, unknown>>): Identifier {
  const digest = sha256(concatenate(utf8(`dcann/passport-id/1\n${countryCode}\n`), canonicalBytes(genesis)))
  const body = countryCode + crockford32(digest, 120)
  return body + checkCharacters(body)
}

/**
 * Reads an identifier as a person types it: any case, spaces and hyphens anywhere, `dcann:` in front, O for 0 and I or
 * L for 1 in the middle part. Throws `identifier-invalid`; never guesses a nearest match.
 *
 * spec: identifier#parsing
 */
export function parseIdentifier(text: string): Identifier {
  const refuse = (why: string): never => {
    throw new ProtocolError('identifier-invalid', `reading the identifier ${quote(text)}: ${why}`)
  }
  const plain = text.replace(/^dcann:/i, '').replaceAll(/[ -]/g, '')
  // upper-casing may turn other letters into ASCII ones, so what is not ASCII goes first
  if (!/^[\x21-\x7e]*$/.test(plain)) refuse('expected letters A to Z and digits only')
  const upper = plain.toUpperCase()
  if (upper.length !== 28) refuse(`it has ${upper.length} characters, expected 28`)
  const folded = upper.slice(0, 2) + upper.slice(2, 26).replaceAll('O', '0').replaceAll(/[IL]/g, '1') + upper.slice(26)
  if (!/^[A-Z]{2}/.test(folded)) refuse('it starts with no country code')
  if (!grammar.test(folded)) refuse('the middle part is digits and letters without I, L, O, U')
  if (checkCharacters(folded.slice(0, 26)) !== folded.slice(26))
    refuse('the check characters do not hold; look for a mistyped character')
  return folded
}

/** Seven groups of four, as people read it. */
export function formatIdentifier(identifier: Identifier): string {
  return identifier.match(/.{4}/g)?.join(' ') ?? identifier
}

/** `dcann:` and the machine form. */
export function identifierUri(identifier: Identifier): string {
  return `dcann:${identifier}`
}
