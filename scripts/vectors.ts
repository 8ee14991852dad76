// Writes test/vectors again, and what the specification repeats from the code; without a diff while nothing has changed.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeVectors } from './vectors/made.ts'
import { printed, withPrinted } from './vectors/printed.ts'

const folder = fileURLToPath(new URL('../test/vectors', import.meta.url))
const spec = new URL('../packages/protocol/spec/', import.meta.url)

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
// `as`: the keys of an object of our own
for (const name of Object.keys(printed) as (keyof typeof printed)[]) {
  const place = new URL(`${name}.md`, spec)
  writeFileSync(place, withPrinted(name, readFileSync(place, 'utf8')))
}

const wrong = [...made.keys()].filter((path) => path.includes('/invalid/')).length
console.log(`${made.size} vectors written, ${wrong} of them wrong`)
