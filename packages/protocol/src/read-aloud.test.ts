import { expect, test } from 'vitest'
import { base64Url, sha256, utf8 } from './bytes.ts'
import { parseReadAloud, readAloud } from './read-aloud.ts'

const digest = (text: string): string => base64Url(sha256(utf8(text)))

test('readAloud tells digests apart that differ in one of their first 144 bits', () => {
  const bytes = sha256(utf8('x'))
  const seen = new Set([readAloud(base64Url(bytes))])
  for (let bit = 0; bit < 144; bit++) {
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    seen.add(readAloud(base64Url(flipped)))
  }
  expect(seen.size).toBe(145)
})

test('parseReadAloud takes what readAloud gives, however it is written down', () => {
  for (let i = 0; i < 50; i++) {
    const said = readAloud(digest(String(i)))
    expect(parseReadAloud(` ${said.toUpperCase().replaceAll(' ', ', ')}.`)).toBe(said)
  }
})
