import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { houseOf, inMemory } from './house/rule.ts'
import { rules } from './house/rules.ts'
import { readRepository } from './house/source.ts'

const house = houseOf(readRepository(fileURLToPath(new URL('..', import.meta.url))))

for (const { name, find, wrong, right = [] } of rules) {
  describe(name, () => {
    test('holds', () => {
      expect(find(house)).toEqual([])
    })

    test('can fail', () => {
      expect(wrong.length).toBeGreaterThan(0)
      expect(wrong.filter((files) => find(inMemory(files)).length === 0)).toEqual([])
    })

    test('leaves the neighbours alone', () => {
      expect(right.flatMap((files) => find(inMemory(files)))).toEqual([])
    })
  })
}
