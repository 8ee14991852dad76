import { concatenate, sha256, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { crockford32 } from '@dcann/protocol/identifier'
import type { WalletSeed } from './wallet-keys.ts'

/** Groups of 4 characters with a check character each, and a last one that checks them all. */
const groups = 13
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * A wallet seed as it is printed: 14 groups of 5 characters in Crockford's base32. The fifth of each group checks that group
 * in its place, so a mistyped one is found; the last group checks the whole.
 *
 * ```ts
 * writeRecoveryKit(seed) // '0K3F9-…'
 * ```
 *
 * spec: wallet#kit
 */
export function writeRecoveryKit(seed: WalletSeed): string {
  if (seed.length !== 32) {
    throw new ProtocolError('wallet-invalid', `writing a recovery kit: the seed has ${seed.length} bytes, expected 32`)
  }
  // 256 bits in 52 characters: the last one holds a single bit and four zeros
  const characters = crockford32(concatenate(seed, Uint8Array.of(0)), 260)
  const written = Array.from({ length: groups }, (_, i) => withCheck(i, characters.slice(i * 4, i * 4 + 4)))
  return [...written, wholeCheck(seed)].join('-')
}

/**
 * Reads a recovery kit as a person types it: any case, spaces, hyphens and line ends anywhere, O for 0 and I or L for 1.
 * Throws `wallet-invalid`, naming the first group that is wrong; never guesses, never quotes.
 *
 * spec: wallet#kit
 */
export function readRecoveryKit(text: string): WalletSeed {
  const typed = text.replaceAll(/[\s-]/g, '')
  if (!/^[0-9A-Za-z]*$/.test(typed)) throw invalid('it holds something else than letters A to Z and digits')
  const plain = typed.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (plain.length !== (groups + 1) * 5) {
    throw invalid(`it has ${plain.length} characters, expected ${(groups + 1) * 5} in ${groups + 1} groups of 5`)
  }
  let characters = ''
  for (let i = 0; i < groups; i++) {
    const group = plain.slice(i * 5, i * 5 + 5)
    if (withCheck(i, group.slice(0, 4)) !== group) throw invalidGroup(i)
    characters += group.slice(0, 4)
  }
  const seed = bytesOf(characters)
  if (seed === undefined) throw invalidGroup(groups - 1)
  if (wholeCheck(seed) !== plain.slice(groups * 5)) {
    throw invalid('the last group does not fit the others; look for a mistyped character', { group: groups + 1 })
  }
  return seed
}

function withCheck(index: number, four: string): string {
  return four + crockford32(sha256(utf8(`dcann/kit/1\n${index}\n${four}`)), 5)
}

function wholeCheck(seed: WalletSeed): string {
  return crockford32(sha256(concatenate(utf8('dcann/kit/1\n'), seed)), 25)
}

/** 32 bytes of 52 characters; `undefined` for a character outside the alphabet, or where the spare bits are not zero. */
function bytesOf(characters: string): WalletSeed | undefined {
  const seed = new Uint8Array(32)
  for (let i = 0; i < characters.length; i++) {
    const value = alphabet.indexOf(characters[i] ?? '')
    if (value < 0) return undefined
    for (let bit = 0; bit < 5; bit++) {
      const at = i * 5 + bit
      if (((value >> (4 - bit)) & 1) === 0) continue
      if (at >= 256) return undefined
      seed[at >> 3] = (seed[at >> 3] ?? 0) | (0x80 >> (at & 7))
    }
  }
  return seed
}

function invalidGroup(index: number): ProtocolError {
  return invalid(`group ${index + 1} of ${groups + 1} is mistyped; compare it with the paper`, { group: index + 1 })
}

function invalid(why: string, facts: Readonly<Record<string, number>> = {}): ProtocolError {
  return new ProtocolError('wallet-invalid', `reading a recovery kit: ${why}`, facts)
}
