import { expect, test } from 'vitest'
import { base64Url } from './bytes.ts'
import { readSeedText, writeSeedText } from './seed.ts'

const seed = Uint8Array.from({ length: 32 }, (_, i) => i * 7)

test('readSeedText reads what writeSeedText writes, in any case, and what registries wrote before', () => {
  const text = writeSeedText(seed)
  expect(text).toMatch(/^[0-9a-f]{64}\n$/)
  expect(readSeedText(text)).toEqual(seed)
  expect(readSeedText(`  ${text.toUpperCase()}\r\n`)).toEqual(seed)
  expect(readSeedText(`${base64Url(seed)}\n`)).toEqual(seed)
})

test.each([
  '',
  'secret',
  'f'.repeat(63),
  'f'.repeat(65),
  `${'f'.repeat(63)}g`,
  `${base64Url(seed)}=`,
  `${'A'.repeat(42)}B`,
  `${'f'.repeat(64)}\n${'f'.repeat(64)}`,
])('readSeedText takes %j for no seed', (text) => {
  expect(readSeedText(text)).toBeUndefined()
})
