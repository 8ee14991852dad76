import { existsSync, readFileSync } from 'node:fs'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'
import { mutants } from './mutants/all.ts'
import { planted } from './mutants/mutant.ts'

const at = (path: string): URL => new URL(`../${path}`, import.meta.url)

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'mutants: %s can still be planted, and what it makes still parses',
  (_, { edits, tests }) => {
    const texts = new Map<string, string>()
    for (const edit of edits)
      texts.set(edit.file, planted(texts.get(edit.file) ?? readFileSync(at(edit.file), 'utf8'), edit))
    for (const [file, text] of texts) {
      expect(text).not.toBe(readFileSync(at(file), 'utf8'))
      expect(parseSync(file, text).errors).toEqual([])
    }
    expect(tests.filter((file) => !file.endsWith('.test.ts') || !existsSync(at(file)))).toEqual([])
    expect(tests).not.toEqual([])
  },
)

test('mutants: at least 30, each with a name of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(30)
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})

test('planted refuses a text that is not there, or twice', () => {
  const edit = { file: 'a.ts', from: 'x', to: 'y' }
  expect(planted('a x b', edit)).toBe('a y b')
  expect(() => planted('a b', edit)).toThrow('0 times')
  expect(() => planted('x x', edit)).toThrow('2 times')
})
