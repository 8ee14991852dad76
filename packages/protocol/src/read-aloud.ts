import { fromBase64Url } from './bytes.ts'
import { ProtocolError, quote } from './errors.ts'
import type { RecordId } from './signed.ts'

// in the manner of proquints (D. S. Wilkerson, arXiv 0901.4016), with words of two syllables and 12 bits
const consonants = 'bdfghjklmnprstvz'
const vowels = 'aeio'
const words = 12

/**
 * A digest as people read it to each other over a room or a telephone: twelve made-up words, which are its first 144 bits.
 *
 * spec: root#ceremony
 */
export function readAloud(digest: RecordId): string {
  const bytes = fromBase64Url(digest)
  let bits = 0n
  for (const byte of bytes.subarray(0, (words * 12) / 8)) bits = (bits << 8n) | BigInt(byte)
  return Array.from({ length: words }, (_, i) => {
    const twelve = Number((bits >> BigInt(12 * (words - 1 - i))) & 0xfffn)
    return syllable(twelve >> 6) + syllable(twelve & 63)
  }).join(' ')
}

/** What somebody typed of it, in one form. Throws `malformed-request`, saying which word is none. spec: root#ceremony */
export function parseReadAloud(text: string): string {
  const heard = text
    .toLowerCase()
    .split(/[\s,.;-]+/)
    .filter(Boolean)
  const wrong = heard.findIndex((word) => !form.test(word))
  if (heard.length === words && wrong < 0) return heard.join(' ')
  throw new ProtocolError(
    'malformed-request',
    wrong < 0
      ? `reading the words that were heard: there are ${heard.length}, expected ${words}`
      : `reading the words that were heard: word ${wrong + 1} is ${quote(heard[wrong] ?? '')}, expected two syllables like "bado"`,
  )
}

/** Throws `digest-mismatch` unless what was heard is this digest, saying from which word on it is another. spec: root#ceremony */
export function requireHeard(text: string, digest: RecordId): void {
  const heard = parseReadAloud(text).split(' ')
  const expected = readAloud(digest).split(' ')
  const differs = heard.findIndex((word, i) => word !== expected[i])
  if (differs < 0) return
  throw new ProtocolError(
    'digest-mismatch',
    `comparing with what was read aloud: word ${differs + 1} was heard as ${quote(heard[differs] ?? '')}, and is ${quote(expected[differs] ?? '')} here; this is another text`,
    { word: differs + 1 },
  )
}

const form = new RegExp(`^(?:[${consonants}][${vowels}]){2}$`)

function syllable(six: number): string {
  return (consonants[six >> 2] ?? '') + (vowels[six & 3] ?? '')
}
