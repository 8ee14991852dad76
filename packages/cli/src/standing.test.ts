import { describe, expect, test } from 'vitest'
import type { Hand } from '@dcann/protocol/hands'
import { missingWords } from './standing.ts'

const hand = (who: string): Hand => ({ who, set: { keys: [`key of ${who}`], threshold: 1 } })
const [a, b, c, d] = [hand('a'), hand('b'), hand('c'), hand('d')]
const words = (...ways: Hand[][]): string => missingWords({ ways, signers: ['key of d'] }).replaceAll(' (0 of 1)', '')

describe('missingWords', () => {
  test('names who is in every way, and how many of the others', () => {
    expect(words([])).toBe('')
    expect(words([a])).toBe('a')
    expect(words([a, b])).toBe('a and b')
    expect(words([a], [b])).toBe('a or b')
    expect(words([a, b], [a, c])).toBe('a and b or c')
    expect(words([a, b, c], [a, b, d], [a, c, d])).toBe('a and 2 of b, c, d (1 of 1)')
    expect(words([a, b], [c, d])).toBe('a and b; or c and d (1 of 1)')
  })
})
