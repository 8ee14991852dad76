import { ProtocolError } from '@dcann/protocol/errors'
import { fromCrockford32 } from '@dcann/protocol/identifier'
import { asPrinted, charactersOf, wholeCheck, withCheck } from './checked-groups.ts'
import type { WalletSeed } from './wallet-keys.ts'

/** Groups of 4 characters with a check character each, and a last one that checks them all. */
const groups = 13

/** What is printed: a wallet's seed, or the sheet that recovers a passport. One does not pass for the other. */
export type Printed = 'wallet' | 'recovery'
const labels: Readonly<Record<Printed, string>> = { wallet: 'dcann/kit/1', recovery: 'dcann/recovery-sheet/1' }

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
export function writeRecoveryKit(seed: WalletSeed, of: Printed = 'wallet'): string {
  const label = labels[of]
  if (seed.length !== 32) {
    throw new ProtocolError('wallet-invalid', `writing a recovery kit: the seed has ${seed.length} bytes, expected 32`)
  }
  // 256 bits in 52 characters: the last one holds a single bit and four zeros
  const characters = charactersOf(seed)
  const written = Array.from({ length: groups }, (_, i) => withCheck(label, i, characters.slice(i * 4, i * 4 + 4)))
  return [...written, wholeCheck(label, seed, 25)].join('-')
}

/**
 * Reads a recovery kit as a person types it: any case, spaces, hyphens and line ends anywhere, O for 0 and I or L for 1.
 * Throws `wallet-invalid`, naming the first group that is wrong; never guesses, never quotes.
 *
 * spec: wallet#kit
 */
export function readRecoveryKit(text: string, of: Printed = 'wallet'): WalletSeed {
  const label = labels[of]
  const plain = asPrinted(text)
  if (plain === undefined) throw invalid('it holds something else than letters A to Z and digits')
  if (plain.length !== (groups + 1) * 5) {
    throw invalid(`it has ${plain.length} characters, expected ${(groups + 1) * 5} in ${groups + 1} groups of 5`)
  }
  let characters = ''
  for (let i = 0; i < groups; i++) {
    const group = plain.slice(i * 5, i * 5 + 5)
    if (withCheck(label, i, group.slice(0, 4)) !== group) throw invalidGroup(i)
    characters += group.slice(0, 4)
  }
  const seed = fromCrockford32(characters, 32)
  if (seed === undefined) throw invalidGroup(groups - 1)
  if (wholeCheck(label, seed, 25) !== plain.slice(groups * 5)) {
    throw invalid('the last group does not fit the others; look for a mistyped character', { group: groups + 1 })
  }
  return seed
}

function invalidGroup(index: number): ProtocolError {
  return invalid(`group ${index + 1} of ${groups + 1} is mistyped; compare it with the paper`, { group: index + 1 })
}

function invalid(why: string, facts: Readonly<Record<string, number>> = {}): ProtocolError {
  return new ProtocolError('wallet-invalid', `reading a recovery kit: ${why}`, facts)
}
