import { expect, test } from 'vitest'
import { makeCast } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { makeProffer } from '../../../test/proffered.ts'
import { testSigner } from './key.ts'
import { times } from './limits.ts'
import { isOnRoster, judgeProffer, type Proffer, profferSchema, type Roster } from './proffer.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const { insurer, rides } = (await makeCast('proffer', now)).requesters
const judge = async (change: Partial<Proffer>, at = now): Promise<string> => {
  const proffer = await makeProffer(now, change)
  return await codeOf(() => judgeProffer(proffer, at))
}

test('judgeProffer: expires to the second, and is not of tomorrow', async () => {
  const expires = formatTime(now + 100)
  expect(await judge({ expires }, now + 99)).toBe('admitted')
  expect(await judge({ expires }, now + 100)).toBe('expired')
  expect(await judge({}, now - times.nodeSkew)).toBe('admitted')
  expect(await judge({}, now - times.nodeSkew - 1)).toBe('time-invalid')
})

test('judgeProffer: the handle key signs, and it alone', async () => {
  const other = await makeProffer(now, {}, [testSigner('x')])
  expect(await codeOf(() => judgeProffer(other, now))).toBe('rule-broken')
})

test('judgeProffer: one that names nobody takes the place of nothing', async () => {
  const prior = 'A'.repeat(43)
  expect(await judge({ prior })).toBe('admitted')
  expect(await judge({ prior, for: { kind: null, zone: null, authority: null } })).toBe('rule-broken')
})

test('isOnRoster: the one that is named, or any that is everything the roster wants', () => {
  const names = (roster: Roster): string[] =>
    [insurer, rides]
      .map(({ record }) => record.payload)
      .filter((one) => isOnRoster(roster, one))
      .map(({ name }) => name)
  const any = { kind: null, zone: null, authority: null }
  expect(names({ requester: 'EE/requester/insurer' })).toEqual(['EE/requester/insurer'])
  expect(names({ requester: 'EE/requester/insurance' })).toEqual([])
  expect(names(any)).toEqual(['EE/requester/insurer', 'IN/requester/rides'])
  expect(names({ ...any, kind: 'company' })).toHaveLength(2)
  expect(names({ ...any, kind: 'authority' })).toEqual([])
  expect(names({ ...any, zone: 'IN' })).toEqual(['IN/requester/rides'])
  expect(names({ ...any, authority: insurer.record.payload.authority })).toEqual(['EE/requester/insurer'])
  expect(names({ kind: 'company', zone: 'IN', authority: insurer.record.payload.authority })).toEqual([])
})

test('profferSchema: nothing in it says whose it is, or that it has siblings', async () => {
  const { payload } = await makeProffer(now)
  for (const more of [{ cap: 1 }, { siblings: [] }, { roster: 'A' }, { passport: 'EE' }])
    expect(profferSchema.safeParse({ ...payload, ...more }).success).toBe(false)
})
