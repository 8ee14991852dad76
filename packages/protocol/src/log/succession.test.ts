import { expect, test } from 'vitest'
import { base64Url } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { testSigner } from '../key.ts'
import { type LogNamed, requireFrozen, requireSpeaker, requireSuccession, speakerAt } from './succession.ts'

const first = { origin: 'a', key: testSigner('a').key }
const second = { origin: 'b', key: testSigner('b').key }
const root = 'A'.repeat(43)
const otherRoot = 'B'.repeat(42) + 'A'
const at = (size: number, of = root) => ({ size, root: of })
const speakers = [
  { ...first, from: 2 },
  { ...second, from: 5 },
]

const codeOf = (act: () => void): string => {
  try {
    act()
    return 'taken'
  } catch (error) {
    return error instanceof ProtocolError ? error.code : String(error)
  }
}

test('requireSuccession: a log keeps what it said; a new key comes with a new origin, and with where the one before ended', () => {
  const once: LogNamed = { log: first }
  const twice: LogNamed = { log: second, frozen: at(7) }
  const cases: readonly (readonly [string, LogNamed | undefined, LogNamed, boolean])[] = [
    ['the first record', undefined, once, true],
    ['nothing new', once, once, true],
    ['nothing new after a succession', twice, { log: second, frozen: at(7) }, true],
    ['a new key, a new origin, frozen', once, twice, true],
    ['a succession after a succession', twice, { log: first, frozen: at(7) }, true],
    ['another origin under the same key', once, { log: { ...first, origin: 'c' } }, false],
    ['a new key under the same origin', once, { log: { ...second, origin: 'a' }, frozen: at(7) }, false],
    ['a new key, and not where the one before ended', once, { log: second }, false],
    ['frozen without another log', once, { log: first, frozen: at(7) }, false],
    ['frozen told away later', twice, { log: second }, false],
    ['frozen at another size later', twice, { log: second, frozen: at(8) }, false],
    ['frozen with another root later', twice, { log: second, frozen: at(7, otherRoot) }, false],
    ['frozen before where the one before was', twice, { log: first, frozen: at(6) }, false],
  ]
  for (const [name, held, proposed, isRight] of cases)
    expect([name, codeOf(() => requireSuccession(held, proposed, 'country/EE'))]).toEqual([
      name,
      isRight ? 'taken' : 'rule-broken',
    ])
})

test('speakerAt: finds nobody before the first, and the last whose first head is not after', () => {
  expect([1, 2, 4, 5, 90].map((size) => speakerAt(speakers, size)?.origin)).toEqual([undefined, 'a', 'a', 'b', 'b'])
})

test('requireSpeaker: believes the log that is named at that size alone, by origin and key', () => {
  const codes = (size: number) =>
    [first, second, { ...first, key: second.key }, { ...second, key: first.key }].map((by) =>
      codeOf(() => requireSpeaker(speakers, size, by)),
    )
  expect(codes(1)).toEqual(['key-unknown', 'key-unknown', 'key-unknown', 'key-unknown'])
  expect(codes(4)).toEqual(['taken', 'key-unknown', 'key-unknown', 'key-unknown'])
  expect(codes(5)).toEqual(['key-unknown', 'taken', 'key-unknown', 'key-unknown'])
})

test('requireFrozen: the log begins with all that the one before had, and with just that', () => {
  const roots = [1, 2].map((fill) => new Uint8Array(32).fill(fill))
  const frozen = at(7, base64Url(roots[0]!))
  const judged = (size: number, past = roots[0]!) =>
    codeOf(() =>
      requireFrozen(frozen, size, (asked) => {
        expect(asked).toBe(7)
        return past
      }),
    )
  expect([judged(6), judged(7), judged(8), judged(8, roots[1])]).toEqual(['rollback', 'taken', 'taken', 'forked'])
  expect(codeOf(() => requireFrozen(undefined, 0, () => roots[0]!))).toBe('taken')
})
