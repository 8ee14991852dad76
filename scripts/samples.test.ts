import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeSamples } from './samples.ts'

test.each([...makeSamples()])('makeSamples writes test/samples/%s as it stands', (name, bytes) => {
  expect(readFileSync(new URL(`../test/samples/${name}`, import.meta.url)).equals(bytes)).toBe(true)
})
