import { expect, test } from 'vitest'
import { ProtocolError } from './errors.ts'
import { times } from './limits.ts'
import { type Ending, judgeTombstone, judgeWithheld, requireNotGone } from './tombstone.ts'

const codeOf = (act: () => void): string => {
  try {
    act()
    return 'taken'
  } catch (error) {
    return error instanceof ProtocolError ? error.code : String(error)
  }
}
const at = 1_700_000_000
const endings: readonly (Ending | undefined)[] = [
  undefined,
  { is: 'withheld', at },
  { is: 'ended', at },
  { is: 'gone', at },
]

test('judgeTombstone: buries what has ended, or is withheld, from the second in which its days are over', () => {
  const codes = (now: number) => endings.map((ending) => codeOf(() => judgeTombstone(ending, now)))
  expect(codes(at + times.erasure - 1)).toEqual(['rule-broken', 'rule-broken', 'rule-broken', 'rule-broken'])
  expect(codes(at + times.erasure)).toEqual(['rule-broken', 'taken', 'taken', 'rule-broken'])
})

test('judgeWithheld: takes a record for erased before the end that a tombstone follows, and nowhere else', () => {
  const codes = (isBuried: boolean) => endings.map((ending) => codeOf(() => judgeWithheld(ending, isBuried)))
  expect(codes(true)).toEqual(['taken', 'taken', 'evidence-broken', 'evidence-broken'])
  expect(codes(false)).toEqual(['evidence-broken', 'evidence-broken', 'evidence-broken', 'evidence-broken'])
})

test('requireNotGone: refuses what is gone alone', () => {
  expect(endings.map((ending) => codeOf(() => requireNotGone(ending)))).toEqual([
    'taken',
    'taken',
    'taken',
    'rule-broken',
  ])
})
