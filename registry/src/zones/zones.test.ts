import { listAnswer, zonesAnswer } from '@dcann/protocol/registry-api'
import { requesterNoun } from '@dcann/protocol/requester'
import { rootNoun } from '@dcann/protocol/root'
import { formatTime } from '@dcann/protocol/time'
import { expect, test } from 'vitest'
import { makeCast, signAfter, write } from '../../../test/cast.ts'
import { castNow, openInProcess } from '../../../test/registry-in-process.ts'

const cast = await makeCast('registry-tests', castNow)

test('GET /v1/zones names each zone with the log that its record names', async () => {
  const { get } = await openInProcess()
  const { zones } = zonesAnswer.parse((await get('/v1/zones')).body)
  expect(zones).toEqual([
    { zone: 'root', origin: 'root.dcann.example', key: cast.roles.log.key },
    { zone: 'IN', origin: 'in.dcann.example', key: cast.countries.IN.log.key },
    { zone: 'EE', origin: 'ee.dcann.example', key: cast.countries.EE.log.key },
  ])
})

test('listRecords pages through a kind in the order of names, once each', async () => {
  const { get, post } = await openInProcess()
  const { payload } = cast.requesters.rides.record
  const names = ['a', 'b-2', 'b1', 'z'].map((id) => `IN/requester/${id}`)
  for (const name of names) {
    const made = await write(requesterNoun, { ...payload, name }, [
      ...cast.countries.IN.keys,
      ...cast.requesters.rides.keys,
    ])
    expect((await post(made.signed)).status).toBe(201)
  }
  const found: string[] = []
  for (let after = ''; ;) {
    const path = `/v1/zones/IN/records?kind=requester&limit=2${after === '' ? '' : `&after=${after}`}`
    const { records, next } = listAnswer.parse((await get(path)).body)
    found.push(...records.map(({ name }) => name))
    if (next === undefined) break
    after = next
  }
  expect(found).toEqual([...names.slice(0, 3), 'IN/requester/rides', 'IN/requester/z'])
})

test('listRecords lists delegations in the root zone and no passports anywhere', async () => {
  const { get } = await openInProcess()
  const { records } = listAnswer.parse((await get('/v1/zones/root/records?kind=country')).body)
  expect(records).toEqual(
    ['EE', 'IN'].map((zone) => ({
      name: `country/${zone}`,
      seq: 1,
      id: cast.countries[zone === 'EE' ? 'EE' : 'IN'].record.id,
    })),
  )
  expect((await get('/v1/zones/IN/records?kind=passport')).code).toBe('schema-mismatch')
})

test.each([
  'kind=node&limit=0',
  'kind=node&limit=-1',
  'kind=node&limit=1e3',
  'kind=node&after=EE/node/tallinn',
  'kind=node&after=IN/operator/sahyadri',
  'kind=node&after=..',
  'kind=node&kind=node',
  'kind=node&more=1',
  'kind=toString',
  '',
])('the route of listing refuses the query %s', async (query) => {
  const { get } = await openInProcess()
  expect(await get(`/v1/zones/IN/records?${query}`)).toMatchObject({ status: 400, code: 'schema-mismatch' })
})

test('GET /v1/root gives the newest version, and every one by its number', async () => {
  const { get, post } = await openInProcess({ zones: ['EE'], records: [] })
  const signers = Object.values(cast.houses).flat()
  const next = await signAfter(rootNoun, cast.root, { expires: formatTime(castNow + 86_400) }, signers, castNow)
  expect((await post(next.signed)).body).toMatchObject({ zone: 'root', seq: 2 })
  expect((await get('/v1/root')).body).toEqual(next.signed)
  expect((await get('/v1/root/1')).body).toEqual(cast.root.signed)
  expect((await get('/v1/root/2')).body).toEqual(next.signed)
  expect((await get('/v1/root/3')).status).toBe(404)
  expect((await get('/v1/root/01')).code).toBe('schema-mismatch')
})

test('GET /v1/records/{id} gives current and replaced records, for long', async () => {
  const { get, post } = await openInProcess()
  const signers = Object.values(cast.houses).flat()
  const next = await signAfter(rootNoun, cast.root, {}, signers, castNow)
  await post(next.signed)
  for (const { id, signed } of [cast.root, next, cast.nodes.pune.record]) {
    const { body, headers } = await get(`/v1/records/${id}`)
    expect(body).toEqual(signed)
    expect(headers.get('cache-control')).toBe('public, max-age=86400, immutable')
  }
  expect((await get(`/v1/records/${'A'.repeat(43)}`)).status).toBe(404)
  expect((await get('/v1/records/short')).code).toBe('schema-mismatch')
})
