import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '@dcann/protocol/errors'
import { makeVectors } from '../scripts/vectors/made.ts'
import { judgedNouns, judgeVector, vectorSchema } from './judge-vector.ts'

const folder = fileURLToPath(new URL('vectors', import.meta.url))
const paths = globSync('*/{valid,invalid}/*.json', { cwd: folder })
  .map((path) => path.replaceAll('\\', '/'))
  .toSorted()
const read = (path: string): string => readFileSync(`${folder}/${path}`, 'utf8')
const nounOf = (path: string): string => path.split('/')[0] ?? ''
const nouns = [...new Set(paths.map(nounOf))]
console.log(
  `vectors: ${paths.length} of ${nouns.length} nouns, ${paths.filter((path) => path.includes('/invalid/')).length} of them wrong`,
)

test('vectors are at least 70, right and wrong ones of every noun', () => {
  expect(paths.length).toBeGreaterThanOrEqual(70)
  for (const noun of new Set([...nouns, ...judgedNouns])) {
    for (const verdict of ['valid', 'invalid']) {
      const count = paths.filter((path) => path.startsWith(`${noun}/${verdict}/`)).length
      expect({ noun, verdict, empty: count === 0 }).toEqual({ noun, verdict, empty: false })
    }
  }
})

test('vectors are what scripts/vectors.ts makes, byte for byte', async () => {
  const made = await makeVectors()
  const ours = new Set([...made.keys()].map(nounOf))
  expect(paths.filter((path) => ours.has(nounOf(path)))).toEqual([...made.keys()].toSorted())
  for (const [path, text] of made) expect({ path, text: read(path) }).toEqual({ path, text })
})

describe.each(nouns)('%s', (noun) => {
  test.each(paths.filter((path) => nounOf(path) === noun))('%s', async (path) => {
    const vector = vectorSchema.parse(JSON.parse(read(path)))
    expect(path).toMatch(/^[a-z-]+\/(?:valid|invalid)\/[a-z0-9]+(?:-[a-z0-9]+)*\.json$/)
    expect(`${vector.noun}/${vector.expect.verdict}`).toBe(path.slice(0, path.lastIndexOf('/')))
    if (vector.expect.verdict === 'invalid') expect(errorCodes).toContain(vector.expect.code)
    expect(await judgeVector(vector)).toEqual(vector.expect)
  })
})
