// Writes test/vectors again, and the table of limits in the specification; without a diff while nothing has changed.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLimitsTable } from './vectors/limits-table.ts'
import { makeVectors } from './vectors/made.ts'

const folder = fileURLToPath(new URL('../test/vectors', import.meta.url))
const limitsText = new URL('../packages/protocol/spec/limits.md', import.meta.url)

const made = await makeVectors()
for (const noun of new Set([...made.keys()].map((path) => path.split('/')[0] ?? ''))) {
  for (const left of globSync(`${noun}/{valid,invalid}/*.json`, { cwd: folder })) {
    if (!made.has(left.replaceAll('\\', '/'))) rmSync(join(folder, left))
  }
}
for (const [path, text] of made) {
  mkdirSync(join(folder, dirname(path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
writeFileSync(limitsText, withLimitsTable(readFileSync(limitsText, 'utf8')))

const wrong = [...made.keys()].filter((path) => path.includes('/invalid/')).length
console.log(`${made.size} vectors written, ${wrong} of them wrong`)
