import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { keyDigest, testSigner } from './key.ts'
import { times } from './limits.ts'
import {
  admitKeySet,
  type AnyRecord,
  differsOnlyIn,
  isSignedBy,
  isSubset,
  requireContinuity,
  requireSequence,
} from './record.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const [a = '', b = '', c = '', d = ''] = ['a', 'b', 'c', 'd'].map((label) => testSigner(label).key)
const id = 'A'.repeat(43)
const first: AnyRecord = { v: 1, name: 'EE/node/x', seq: 1, prev: null, at: formatTime(now) }
const second: AnyRecord = { ...first, seq: 2, prev: id }
const held = { payload: first, id }

test('requireSequence admits a genesis and what follows', async () => {
  expect(await codeOf(() => requireSequence(undefined, first, now))).toBe('admitted')
  expect(await codeOf(() => requireSequence(held, second, now))).toBe('admitted')
})

test.each<[string, Partial<AnyRecord>, string]>([
  ['the same seq', { seq: 1, prev: null }, 'record-stale'],
  ['a seq left out', { seq: 3 }, 'record-stale'],
  ['another prev', { prev: 'B'.repeat(43) }, 'record-stale'],
  ['no prev', { prev: null }, 'record-stale'],
  ['another name', { name: 'EE/node/y' }, 'wrong-zone'],
  ['an earlier time', { at: formatTime(now - 1) }, 'time-invalid'],
  ['a time beyond the skew', { at: formatTime(now + times.nodeSkew + 1) }, 'time-invalid'],
  ['a time at the skew', { at: formatTime(now + times.nodeSkew) }, 'admitted'],
])('requireSequence judges %s', async (_, change, code) => {
  expect(await codeOf(() => requireSequence(held, { ...second, ...change }, now))).toBe(code)
})

test('requireSequence refuses to begin later than at one', async () => {
  expect(await codeOf(() => requireSequence(undefined, second, now))).toBe('record-stale')
  expect(await codeOf(() => requireSequence(undefined, { ...first, prev: id }, now))).toBe('record-stale')
  expect(await codeOf(() => requireSequence(undefined, { ...first, seq: 2 }, now))).toBe('record-stale')
})

test('isSignedBy counts distinct keys of the set', () => {
  const set = { keys: [a, b, c], threshold: 2 }
  expect(isSignedBy([a, b], set)).toBe(true)
  expect(isSignedBy([c, d, a], set)).toBe(true)
  expect(isSignedBy([a, a], set)).toBe(false)
  expect(isSignedBy([a, d], set)).toBe(false)
  expect(isSignedBy([a, a], { keys: [a, a], threshold: 2 })).toBe(false)
  expect(isSignedBy([], set)).toBe(false)
})

test('admitKeySet refuses a key twice, a threshold beyond the keys, and keys that are none', async () => {
  expect(await codeOf(() => admitKeySet({ keys: [a, b], threshold: 2 }, 'x'))).toBe('admitted')
  expect(await codeOf(() => admitKeySet({ keys: [a, a], threshold: 1 }, 'x'))).toBe('key-inadmissible')
  expect(await codeOf(() => admitKeySet({ keys: [a, b], threshold: 3 }, 'x'))).toBe('rule-broken')
  expect(await codeOf(() => admitKeySet({ keys: [a, id], threshold: 1 }, 'x'))).toBe('key-inadmissible')
})

test('requireContinuity: unchanged keys need nobody, changed ones those before or announced', async () => {
  const before = { keys: [a, b], threshold: 2, next: [keyDigest(c), keyDigest(d)] }
  const judge = async (
    proposed: { keys: string[]; threshold: number },
    signers: string[],
    set: typeof before = before,
  ): Promise<string> => await codeOf(() => requireContinuity(set, proposed, signers, 'x'))
  expect(await judge({ keys: [b, a], threshold: 2 }, [])).toBe('admitted')
  expect(await judge({ keys: [a, b], threshold: 1 }, [a])).toBe('not-entitled')
  expect(await judge({ keys: [a, b], threshold: 1 }, [a, b])).toBe('admitted')
  expect(await judge({ keys: [c, d], threshold: 2 }, [a])).toBe('not-entitled')
  expect(await judge({ keys: [c, d], threshold: 2 }, [c])).toBe('not-entitled')
  expect(await judge({ keys: [c, d], threshold: 2 }, [c, d])).toBe('admitted')
  // one announced key undercuts no threshold
  expect(await judge({ keys: [c], threshold: 1 }, [c])).toBe('not-entitled')
  expect(await judge({ keys: [c, d], threshold: 1 }, [c])).toBe('not-entitled')
  const single = { keys: [a], threshold: 1, next: [keyDigest(c)] }
  expect(await judge({ keys: [c], threshold: 1 }, [c], single)).toBe('admitted')
  expect(await judge({ keys: [c, d], threshold: 2 }, [c], single)).toBe('not-entitled')
  expect(await judge({ keys: [d], threshold: 1 }, [d], single)).toBe('not-entitled')
  // announced keys that are not taken up entitle to nothing
  expect(await judge({ keys: [d], threshold: 1 }, [c], single)).toBe('not-entitled')
})

test('isSubset and differsOnlyIn compare by value', () => {
  expect(isSubset([{ a: 1 }], [{ b: 1 }, { a: 1 }])).toBe(true)
  expect(isSubset([{ a: 2 }], [{ a: 1 }])).toBe(false)
  expect(differsOnlyIn(first, { ...first, seq: 2, prev: id, at: formatTime(now + 1) }, [])).toBe(true)
  expect(differsOnlyIn(first, { ...first, name: 'x' }, [])).toBe(false)
  expect(differsOnlyIn(first, { ...first, ext: {} }, [])).toBe(false)
  expect(differsOnlyIn(first, { ...first, ext: {} }, ['ext'])).toBe(true)
})
