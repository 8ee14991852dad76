import { countryNoun } from '@dcann/protocol/country'
import { memoryStore } from '@dcann/store/memory'
import type { Store, Write } from '@dcann/store/store'
import { expect, test } from 'vitest'
import { makeCast, makeHolder, signAfter, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { castNow, openInProcess } from '../../../test/registry-in-process.ts'
import { zoneState } from '../zones/shelf.ts'
import { checkRecords } from './check-records.ts'
import { act, currentRecord, pastRecord, pointer } from './shelf.ts'

const now = castNow
const cast = await makeCast('registry-tests', now)
const asha = makeHolder('asha')
const born = await signPassport(asha, 'IN', cast.nodes.tallinn, now)
const next = await signPassportAfter(born, asha, {}, now)
const forged = await signPassportAfter(born, asha, {}, now, [asha.next])
const dpi = born.payload.name

async function filled(): Promise<Store> {
  const store = memoryStore()
  const { post, clock } = await openInProcess({ store })
  await post(born.signed)
  clock.now += 10
  await post(next.signed)
  const { IN } = cast.countries
  await post((await signAfter(countryNoun, IN.record, { status: 'suspended' }, IN.keys, now)).signed)
  return store
}

test('checkRecords judges every act again and finds nothing in a store that was only written by the writer', async () => {
  expect(await checkRecords(await filled())).toEqual({ acts: 16, problems: [] })
})

const current = currentRecord('IN', dpi)
const state = { now: now + 10, acts: 7, clock: now + 10, second: 2, assigned: 1 }

test.each<[string, Write[], RegExp]>([
  [
    'a signature of a stranger',
    [current.put({ id: forged.id, seq: 2, signed: forged.signed })],
    /refused: key-unknown/,
  ],
  ['another record under the id', [current.put({ id: next.id, seq: 2, signed: born.signed })], /chain-broken/],
  ['a lost record of the past', [pastRecord('IN', dpi, 1).delete()], /act 5: its record .* is not there/],
  ['a lost pointer', [pointer('IN', next.id).delete()], /record ids are indexed/],
  [
    'a record from nowhere',
    [currentRecord('IN', 'IN/node/ghost').put({ id: born.id, seq: 1, signed: born.signed })],
    /not the newest act/,
  ],
  ['an act that is left out', [act('IN', 5).delete()], /journal has 6/],
  [
    'an act of another time',
    [act('IN', 5).put({ name: dpi, id: born.id, seq: 1, time: now - 10 })],
    /before the one before/,
  ],
  ['a forgotten assignment', [zoneState('IN').put({ ...state, assigned: 0 })], /assigned that day/],
  [
    'a rolled-back current record',
    [current.put({ id: born.id, seq: 1, signed: born.signed })],
    /act 6: its record .* is not there/,
  ],
])('checkRecords finds %s', async (_, writes, problem) => {
  const store = await filled()
  await store.commit({ writes })
  const { problems } = await checkRecords(store)
  expect(problems.join('\n')).toMatch(problem)
  expect(problems.join('\n')).not.toContain(dpi)
})
