import { memoryStore } from '@dcann/store/memory'
import { expect, test } from 'vitest'
import { makeCast, signAfter } from '../../test/cast.ts'
import { countryNoun } from '@dcann/protocol/country'
import { castNow, openInProcess } from '../../test/registry-in-process.ts'
import { openRegistry } from './registry.ts'

const cast = await makeCast('registry-tests', castNow)

test('openRegistry opens again over what it kept', async () => {
  const store = memoryStore()
  await openInProcess({ store })
  const { get } = await openInProcess({ store, records: [] })
  expect((await get('/v1/root')).body).toEqual(cast.root.signed)
})

test('openRegistry refuses a store that was begun under another root', async () => {
  const store = memoryStore()
  await openInProcess({ store })
  const other = await makeCast('another', castNow)
  await expect(openInProcess({ store, cast: other })).rejects.toThrow('begun under another root')
})

test('openRegistry refuses a root file that does not begin with a genesis', async () => {
  const zones = new Map([['root', cast.roles.log]])
  const parts = { store: memoryStore(), zones, now: castNow }
  await expect(openRegistry({ ...parts, root: [] })).rejects.toThrow('genesis')
  await expect(openRegistry({ ...parts, root: [cast.countries.IN.record.signed] })).rejects.toThrow('genesis')
})

test('openRegistry gives a zone that is served later its copies of the delegation', async () => {
  const store = memoryStore()
  const { IN } = cast.countries
  const narrowed = await signAfter(countryNoun, IN.record, { hold: ['IN/node/x'] }, IN.keys, castNow)
  await openInProcess({ store, zones: ['root'], records: [IN.record.signed, narrowed.signed] })
  const { get } = await openInProcess({ store, records: [] })
  const { body } = await get('/v1/zones/IN/record?name=country/IN')
  expect(body).toMatchObject({ records: [IN.record.signed, narrowed.signed] })
})
