import { concatenate, sha256, utf8 } from '@dcann/protocol/bytes'
import { crockford32 } from '@dcann/protocol/identifier'

/** A group with the character that checks it in its place: the first 5 bits of SHA-256 over label, index and group. */
export function withCheck(label: string, index: number, group: string): string {
  return group + crockford32(sha256(utf8(`${label}\n${index}\n${group}`)), 5)
}

/** What checks the whole: the first bits of SHA-256 over label and secret. */
export function wholeCheck(label: string, secret: Uint8Array, bits: number): string {
  return crockford32(sha256(concatenate(utf8(`${label}\n`), secret)), bits)
}

/**
 * What a person typed, as it was printed: upper case, without spaces, hyphens and line ends, O for 0 and I or L for 1.
 * `undefined` when it holds something else than letters A to Z and digits.
 */
export function asPrinted(text: string): string | undefined {
  const typed = text.replaceAll(/[\s-]/g, '')
  // upper-casing may turn other letters into ASCII ones, so what is not ASCII goes first
  if (!/^[0-9A-Za-z]*$/.test(typed)) return undefined
  return typed.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}

/** A secret in characters, the last of them filled up with zeros. */
export function charactersOf(secret: Uint8Array): string {
  return crockford32(concatenate(secret, Uint8Array.of(0)), Math.ceil((secret.length * 8) / 5) * 5)
}
