import { fromBase64Url } from '@dcann/protocol/bytes'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { testSigner } from '@dcann/protocol/key'
import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { leafHash } from '@dcann/protocol/log/merkle'
import { verifyInclusion } from '@dcann/protocol/log/proof'
import { checkCharacters } from '@dcann/protocol/identifier'
import { formatTime } from '@dcann/protocol/time'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { expect, test } from 'vitest'
import { checkChains } from '../fsck.ts'
import { advanceLog } from './job.ts'
import { notePassport } from './note-happening.ts'
import { proveLines } from './prove.ts'
import { lines, logHead, padded } from './shelf.ts'

const signer = testSigner('an evidence log')
const origin = 'dcann.example/evidence/EE/node/test'
const somebody = `EE${'0'.repeat(24)}`
const passport = somebody + checkCharacters(somebody)
let drawn = 0
const world = {
  now: () => 1_790_000_000,
  monotonic: () => 0,
  random: (bytes: number) => new Uint8Array(bytes).fill(drawn++),
}

async function happen(store: Store, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await notePassport(
      { store, world },
      { kind: 'ask', request: null, answer: null, outcome: 'delivered', at: formatTime(1_790_000_000), of: passport },
    )
  }
}

async function advanceAll(store: Store): Promise<void> {
  while ((await advanceLog({ store, origin, signer })) > 0);
}

test('advanceLog: every line is proved under the head it signs, over several heads and more than one tile', async () => {
  const store = memoryStore()
  for (const some of [1, 3, 300, 40]) {
    await happen(store, some)
    await advanceAll(store)
  }
  const all = Array.from({ length: 344 }, (_, i) => {
    const place = lines.at('p', passport, padded(i + 1))
    return place.from(store.read([place.key]))?.value
  })
  const found = all.filter((line) => line !== undefined)
  expect(found).toHaveLength(344)
  const { log, places } = await proveLines(store, found)
  const head = await openCheckpoint(log?.checkpoint ?? '', { name: origin, key: signer.key })
  expect(head.size).toBe(344)
  for (const [i, line] of found.entries()) {
    const place = places[i]
    expect(place).toBeDefined()
    verifyInclusion({
      leaf: leafHash(fromBase64Url(evidenceLeaf(line.salt, line.entry))),
      index: place?.index ?? -1,
      size: head.size,
      root: head.root,
      proof: (place?.proof ?? []).map((hash) => fromBase64Url(hash)),
    })
  }
  expect(await checkChains(store)).toEqual({ chains: 1, entries: 344, broken: [] })
})

test('advanceLog: does not sign over a store that is not what was signed last', async () => {
  const store = memoryStore()
  await happen(store, 2)
  await advanceAll(store)
  const place = logHead.at('head')
  const held = place.from(store.read([place.key]))
  const other = memoryStore()
  await happen(other, 2)
  await advanceAll(other)
  const foreign = place.from(other.read([place.key]))
  if (!held || !foreign) throw new Error('there is no head')
  await store.commit({ writes: [place.put({ ...held.value, frontier: foreign.value.frontier })] })
  await happen(store, 1)
  await expect(advanceLog({ store, origin, signer })).rejects.toMatchObject({ code: 'evidence-broken' })
})

test('checkChains: names a chain with an entry missing, and one whose end is not where decisions say', async () => {
  const store = memoryStore()
  await happen(store, 3)
  await store.commit({ writes: [lines.at('p', passport, padded(2)).delete()] })
  expect((await checkChains(store)).broken).toHaveLength(1)
  const shorter = memoryStore()
  await happen(shorter, 3)
  await shorter.commit({ writes: [lines.at('p', passport, padded(3)).delete()] })
  expect((await checkChains(shorter)).broken).toHaveLength(1)
})
