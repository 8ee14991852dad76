import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport } from './cast.ts'
import { drawFlips, makeFlipped, readsOn, unsealedWith, wronglySaid } from './faults/registry-flips.ts'
import { castNow, openInProcess } from './registry-in-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-flips-'))
const cast = await makeCast('flips', castNow)
const made = await makeFlipped(cast, join(folder, 'store'), 260)

afterAll(async () => {
  await made.close()
  rmSync(folder, { recursive: true, force: true })
})

// every one of them in `npm run faults`
const some = made.values.filter(({ key }, i) => i % 8 === 0 || /^(?:log\/tiles|past)\//.test(key))

test('every byte of entries, tiles, records and map nodes, flipped as it lies on the disk, is refused when it is read', async () => {
  let flips = 0
  const kinds = new Set<string>()
  for (const { key, length } of some) {
    kinds.add(
      key
        .split('/', 2)
        .join('/')
        .replace(/^(current|past)\/.*/, '$1'),
    )
    for (let at = 0; at < length; at++) {
      made.flip({ key, at, bit: at % 8 })
      if (readsOn(made.store, key)) throw new Error(`byte ${at} of ${length} of ${key} reads on`)
      flips += 1
    }
  }
  made.flip(undefined)
  console.log(`0 of ${flips} flipped bytes of ${some.length} values were read on`)
  expect([...kinds].toSorted()).toEqual(['current', 'log/entries', 'log/tiles', 'map/pages', 'past'])
  expect(flips).toBeGreaterThan(40_000)
}, 60_000)

test('and what is then asked is answered as before or not at all, and nothing is signed over it', async () => {
  const born = await signPassport(makeHolder('flips, later'), 'IN', cast.nodes.pune, castNow)
  let refused = 0
  for (const flip of drawFlips(made, 30, 1)) {
    made.flip(flip)
    expect(await wronglySaid(made, made.store)).toEqual([])
    made.flip(undefined)
  }
  // what every batch goes through: the newest page at the top of the map
  const top = made.values.filter(({ key }) => key.startsWith('map/pages/IN/top')).at(-1)!
  made.flip({ key: top.key, at: 40, bit: 3 })
  const process = await openInProcess({ cast, store: made.store }).catch(() => undefined)
  const before = process?.registry.heads.get('IN')?.size
  const answer = await process?.post(born.signed)
  if (answer === undefined || answer.status >= 500) refused += 1
  expect(process?.registry.heads.get('IN')?.size).toBe(before)
  made.flip(undefined)
  expect(refused).toBe(1)
}, 60_000)

test('the same look finds what a store without seals gives out', async () => {
  let wrong = 0
  for (const flip of drawFlips(made, 25, 2)) wrong += (await wronglySaid(made, await unsealedWith(made, flip))).length
  expect(wrong).toBeGreaterThan(0)
}, 60_000)
