import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { base64Url, concatenate, fromBase64Url, sha256, utf8 } from './bytes.ts'
import { canonicalText } from './canonical.ts'
import { type EvidenceEntry, evidenceEntrySchema, evidenceLeaf, judgeChain, type OpenedEntry } from './evidence.ts'

const agreement = 'A'.repeat(43)

function chain(length: number, of: Partial<EvidenceEntry> = {}): OpenedEntry[] {
  const opened: OpenedEntry[] = []
  let prev: string | null = null
  for (let n = 1; n <= length; n++) {
    const salt = base64Url(sha256(utf8(`salt ${n}`)).slice(0, 16))
    const entry: EvidenceEntry = {
      v: 1,
      agreement,
      passport: null,
      n,
      prev,
      kind: n === 1 ? 'activated' : 'answer',
      request: null,
      answer: null,
      outcome: 'answered',
      at: '2026-11-23T12:00:00Z',
      ...of,
    }
    prev = evidenceLeaf(salt, entry)
    opened.push({ entry, salt })
  }
  return opened
}

test('evidenceLeaf is over salt and canonical entry', () => {
  const [{ entry, salt }] = chain(1) as [OpenedEntry]
  const bytes = concatenate(fromBase64Url(salt), utf8(canonicalText(entry)))
  expect(evidenceLeaf(salt, entry)).toBe(base64Url(sha256(bytes)))
})

test('judgeChain returns the leaf of the last, from any number on', () => {
  const opened = chain(6)
  const { entry, salt } = opened.at(-1)!
  expect(judgeChain(opened)).toBe(evidenceLeaf(salt, entry))
  expect(judgeChain(opened.slice(2))).toBe(evidenceLeaf(salt, entry))
  expect(judgeChain([])).toBeNull()
})

test('judgeChain refuses a gap, a swap, a repeat and a reverse, wherever they are', async () => {
  const opened = chain(6)
  for (let i = 1; i < 5; i++) {
    const gap = opened.toSpliced(i, 1)
    const swap = opened.toSpliced(i, 2, opened[i + 1]!, opened[i]!)
    const repeat = opened.toSpliced(i, 0, opened[i]!)
    for (const wrong of [gap, swap, repeat]) expect(await codeOf(() => judgeChain(wrong))).toBe('evidence-broken')
  }
  expect(await codeOf(() => judgeChain(opened.toReversed()))).toBe('evidence-broken')
})

test('judgeChain refuses a fork: two entries of one number, each well formed', async () => {
  const [one, other] = [chain(4), chain(4, { outcome: 'revoke' })]
  expect(await codeOf(() => judgeChain([...one.slice(0, 2), ...other.slice(2)]))).toBe('evidence-broken')
})

test('judgeChain refuses an entry or a salt that was changed after the fact', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4 }),
      fc.constantFrom<Partial<EvidenceEntry>>(
        { outcome: 'refused' },
        { at: '2026-11-23T12:00:01Z' },
        { request: agreement },
        { kind: 'act' },
      ),
      async (at, change) => {
        const opened = chain(6)
        const changed = opened.with(at, { ...opened[at]!, entry: { ...opened[at]!.entry, ...change } })
        expect(await codeOf(() => judgeChain(changed))).toBe('evidence-broken')
        const salted = opened.with(at, { ...opened[at]!, salt: 'AAAAAAAAAAAAAAAAAAAAAA' })
        expect(await codeOf(() => judgeChain(salted))).toBe('evidence-broken')
      },
    ),
    { numRuns: 40 },
  )
})

test('judgeChain refuses entries of another chain', async () => {
  const opened = chain(3)
  const { entry, salt } = opened[2]!
  const elsewhere = { salt, entry: { ...entry, agreement: 'B'.repeat(42) + 'A' } }
  expect(await codeOf(() => judgeChain([...opened.slice(0, 2), elsewhere]))).toBe('evidence-broken')
})

test('evidenceEntrySchema: one chain, prev from the second on, and no payload', () => {
  const { entry } = chain(2)[1]!
  expect(evidenceEntrySchema.safeParse(entry).success).toBe(true)
  const wrong: unknown[] = [
    { ...entry, agreement: null },
    { ...entry, passport: entry.agreement },
    { ...entry, prev: null },
    { ...entry, n: 1 },
    { ...entry, n: 0 },
    { ...entry, kind: 'gossip' },
    { ...entry, outcome: 'A person said this' },
    { ...entry, payload: {} },
    { ...entry, at: '2026-02-30T00:00:00Z' },
  ]
  for (const one of wrong) expect(evidenceEntrySchema.safeParse(one).success).toBe(false)
})
