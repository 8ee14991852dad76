import { countryNoun } from '@dcann/protocol/country'
import { keyDigest, type Signer, testSigner } from '@dcann/protocol/key'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { requesterNoun } from '@dcann/protocol/requester'
import { type House, houses, rootNoun } from '@dcann/protocol/root'
import { formatTime } from '@dcann/protocol/time'
import { expect, test } from 'vitest'
import { makeCast, makeHolder, signAfter, signPassport, signPassportAfter, write } from '../../../test/cast.ts'
import { castNow, openInProcess } from '../../../test/registry-in-process.ts'
import { currentRecord } from './shelf.ts'

const now = castNow
const cast = await makeCast('registry-tests', now)
const asha = makeHolder('asha')
const born = await signPassport(asha, 'IN', cast.nodes.tallinn, now)

test('admitRecord takes in a whole federation, one record after another', async () => {
  const { post } = await openInProcess({ records: [] })
  for (const [i, record] of cast.records.entries()) {
    const { status, body } = await post(record)
    expect([status, body]).toEqual([i === 0 ? 200 : 201, expect.objectContaining({ seq: 1, known: i === 0 })])
  }
})

test('admitRecord: a passport is born, changes, and ends; nothing follows an end', async () => {
  const { post } = await openInProcess()
  expect((await post(born.signed)).body).toEqual({
    zone: 'IN',
    name: born.payload.name,
    seq: 1,
    id: born.id,
    known: false,
  })
  const rotated = await signPassportAfter(born, asha, { keys: [asha.next.key] }, now, [asha.next])
  const ended = await signPassportAfter(rotated, asha, { status: 'ended' }, now, [asha.next])
  const after = await signPassportAfter(ended, asha, { status: 'active' }, now, [asha.next])
  expect((await post(rotated.signed)).status).toBe(201)
  expect((await post(ended.signed)).status).toBe(201)
  expect((await post(after.signed)).code).toBe('rule-broken')
})

test('admitRecord knows a record again, current or replaced, and takes no act for it', async () => {
  const { post, registry } = await openInProcess()
  await post(born.signed)
  const next = await signPassportAfter(born, asha, {}, now)
  await post(next.signed)
  for (const record of [born, next]) {
    expect(await post(record.signed)).toMatchObject({ status: 200, body: { id: record.id, known: true } })
  }
  expect(
    currentRecord('IN', born.payload.name).from(
      await registry.store.read([currentRecord('IN', born.payload.name).key]),
    ),
  ).toMatchObject({ version: 2, value: { id: next.id } })
})

test('admitRecord: no house acts alone, and citizens cannot be outvoted', async () => {
  const { post } = await openInProcess()
  const root = async (signing: readonly House[]) =>
    await signAfter(
      rootNoun,
      cast.root,
      { expires: formatTime(now + 86_400) },
      signing.flatMap((house) => [...cast.houses[house]]),
      now,
    )
  for (const house of houses) expect((await post((await root([house])).signed)).code).toBe('not-entitled')
  expect((await post((await root(['governments', 'companies', 'technical'])).signed)).code).toBe('not-entitled')
  expect((await post((await root(['governments', 'companies', 'citizens'])).signed)).status).toBe(201)
})

test('admitRecord refuses another genesis of the root, whoever signed it', async () => {
  const { post } = await openInProcess()
  const other = await makeCast('somebody-else', now)
  expect((await post(other.root.signed)).code).toBe('record-stale')
})

test('admitRecord refuses a zone that is not served here', async () => {
  const { post } = await openInProcess({ zones: ['root', 'EE'], records: cast.records.slice(0, 3) })
  expect(await post(born.signed)).toMatchObject({ status: 400, code: 'schema-mismatch' })
  expect((await post(cast.operators.sahyadri.record.signed)).code).toBe('schema-mismatch')
  expect((await post(cast.operators.laht.record.signed)).status).toBe(201)
})

test('admitRecord refuses what its zone lacks the ground for, and says what', async () => {
  const { post } = await openInProcess({ records: cast.records.slice(0, 3) })
  const { code, body } = await post(cast.nodes.pune.record.signed)
  expect(code).toBe('rule-broken')
  expect(body).toMatchObject({ detail: expect.stringContaining('IN/operator/sahyadri') })
})

test('admitRecord refuses a foreign country that accredits', async () => {
  const { post } = await openInProcess()
  const record = { ...cast.operators.sahyadri.record.payload, name: 'IN/operator/other' }
  const keys = cast.operators.sahyadri.keys
  const signedBy = async (country: readonly Signer[]) =>
    (await write(operatorNoun, record, [...country, ...keys])).signed
  expect((await post(await signedBy(cast.countries.EE.keys))).code).toBe('key-unknown')
  expect((await post(await signedBy([]))).code).toBe('not-entitled')
  expect((await post(await signedBy(cast.countries.IN.keys.slice(0, 1)))).code).toBe('not-entitled')
  expect((await post(await signedBy(cast.countries.IN.keys))).status).toBe(201)
})

test('admitRecord: whoever is named tightens alone and loosens with all', async () => {
  const { post } = await openInProcess()
  const { insurer } = cast.requesters
  const narrowed = await signAfter(requesterNoun, insurer.record, { uses: [] }, insurer.keys.slice(0, 1), now)
  expect((await post(narrowed.signed)).status).toBe(201)
  const wide = { uses: insurer.record.payload.uses }
  const alone = await signAfter(requesterNoun, narrowed, wide, insurer.keys, now)
  expect((await post(alone.signed)).code).toBe('not-entitled')
  const both = await signAfter(requesterNoun, narrowed, wide, [...insurer.keys, ...cast.countries.EE.keys], now)
  expect((await post(both.signed)).status).toBe(201)
})

test('admitRecord: a node changes its identity key only to one it announced or with the key before', async () => {
  const { post } = await openInProcess()
  const { pune } = cast.nodes
  const { keys } = cast.operators.sahyadri
  const announced = testSigner(`${cast.seed}/IN/node/pune/identity/next`)
  const stranger = testSigner('a stranger')
  const change = async (to: Signer) =>
    (await signAfter(nodeNoun, pune.record, { identity_key: to.key }, [...keys, to], now)).signed
  expect(pune.record.payload.next).toEqual([keyDigest(announced.key)])
  expect((await post(await change(stranger))).code).toBe('not-entitled')
  expect((await post(await change(announced))).status).toBe(201)
})

test('admitRecord refuses a seq that was taken, was skipped, or rests on another record', async () => {
  const { post } = await openInProcess()
  await post(born.signed)
  const second = await signPassportAfter(born, asha, {}, now)
  const rival = await signPassportAfter(born, asha, {}, now + 1)
  const third = await signPassportAfter(second, asha, {}, now)
  expect((await post(third.signed)).code).toBe('record-stale')
  expect((await post(second.signed)).status).toBe(201)
  expect(await post(rival.signed)).toMatchObject({ status: 409, code: 'record-stale' })
})

test('admitRecord: of many that submit the same seq at once exactly one wins', async () => {
  const { post } = await openInProcess()
  await post(born.signed)
  const rivals = await Promise.all(
    Array.from({ length: 20 }, (_, i) => signPassportAfter(born, asha, { home: born.payload.home }, now + i)),
  )
  const answers = await Promise.all(rivals.map(({ signed }) => post(signed)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ code }) => code === 'record-stale')).toHaveLength(19)
})

test('admitRecord assigns no more identifiers on a UTC day than the country allows', async () => {
  const bounds = { passports_per_day: 2, acts_per_second: 100 }
  const small = await makeCast('small', now, { bounds })
  const { post, clock } = await openInProcess({ cast: small })
  const passports = await Promise.all(
    [0, 1, 2].map((i) => signPassport(makeHolder(`small ${i}`), 'EE', small.nodes.tallinn, now)),
  )
  const answers = await Promise.all(passports.map(({ signed }) => post(signed)))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 412])
  expect(answers[2]).toMatchObject({ code: 'bound-crossed', body: { bound: 'passports_per_day' } })
  const [first] = passports
  expect((await post((await signPassportAfter(first!, makeHolder('small 0'), {}, now)).signed)).status).toBe(201)
  clock.now += 86_400
  expect((await post(passports[2]!.signed)).status).toBe(201)
})

test('admitRecord takes no more acts a second than the country allows', async () => {
  const bounds = { passports_per_day: 100, acts_per_second: 3 }
  const slow = await makeCast('slow', now, { bounds })
  const { post, clock } = await openInProcess({ cast: slow, records: slow.records.slice(0, 5) })
  clock.now += 1
  const passports = await Promise.all(
    [0, 1, 2, 3].map((i) => signPassport(makeHolder(`slow ${i}`), 'EE', slow.nodes.tallinn, now)),
  )
  const answers = await Promise.all(passports.map(({ signed }) => post(signed)))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429])
  expect(answers[3]?.headers.get('retry-after')).toBe('1')
  clock.now += 1
  expect((await post(passports[3]!.signed)).status).toBe(201)
})

test('admitRecord judges at a time that never falls', async () => {
  const { post, clock } = await openInProcess()
  const late = await signPassport(makeHolder('late'), 'IN', cast.nodes.pune, now + 1000)
  expect((await post(late.signed)).code).toBe('time-invalid')
  clock.now += 1000
  await post(born.signed)
  clock.now -= 1000
  expect((await post(late.signed)).status).toBe(201)
})

test('admitRecord does not take a clock that went back for one busy second', async () => {
  const bounds = { passports_per_day: 100, acts_per_second: 5 }
  const back = await makeCast('back', now, { bounds })
  const { post, clock } = await openInProcess({ cast: back, records: back.records.slice(0, 5) })
  const holders = Array.from({ length: 10 }, (_, i) => makeHolder(`back ${i}`))
  for (const holder of holders) {
    clock.now -= 1
    expect((await post((await signPassport(holder, 'EE', back.nodes.tallinn, now)).signed)).status).toBe(201)
  }
})

test('admitRecord copies a delegation into the country zone in the same commit', async () => {
  const { post, get } = await openInProcess()
  const { IN } = cast.countries
  const suspended = await signAfter(countryNoun, IN.record, { status: 'suspended' }, IN.keys, now)
  expect(await post(suspended.signed)).toMatchObject({ status: 201, body: { zone: 'root', seq: 2 } })
  for (const zone of ['root', 'IN']) {
    const { body } = await get(`/v1/zones/${zone}/record?name=country/IN`)
    expect(body).toMatchObject({ zone, records: [IN.record.signed, suspended.signed] })
  }
  expect((await post(born.signed)).code).toBe('not-active')
})

test('admitRecord takes delegations on a registry without the root, judged under the root it was handed', async () => {
  const { post, get } = await openInProcess({ zones: ['IN'], records: [] })
  expect((await get('/v1/zones/IN/record?name=IN/node/pune')).code).toBe('unavailable')
  expect((await get('/v1/zones')).body).toEqual({ zones: [] })
  const { IN, EE } = cast.countries
  const forged = await write(countryNoun, IN.record.payload, IN.keys)
  expect((await post(forged.signed)).code).toBe('not-entitled')
  expect((await post(IN.record.signed)).body).toMatchObject({ zone: 'IN', known: false })
  expect((await post(EE.record.signed)).code).toBe('schema-mismatch')
  expect((await post(born.signed)).status).toBe(201)
  expect((await get('/v1/zones')).body).toMatchObject({ zones: [{ zone: 'IN', key: IN.log.key }] })
})

test('admitRecord lets what the houses hold be tightened, and nothing else', async () => {
  const { post } = await openInProcess()
  const { IN } = cast.countries
  const holding = await signAfter(countryNoun, IN.record, { hold: ['IN/requester/rides'] }, IN.keys, now)
  await post(holding.signed)
  const { rides } = cast.requesters
  const renamed = await signAfter(
    requesterNoun,
    rides.record,
    { legal_name: 'Another' },
    [...IN.keys, ...rides.keys],
    now,
  )
  expect((await post(renamed.signed)).code).toBe('held')
  const ended = await signAfter(requesterNoun, rides.record, { status: 'ended' }, rides.keys, now)
  expect((await post(ended.signed)).status).toBe(201)
})

test('the door refuses a body that is no signed record, before any rule', async () => {
  const { post } = await openInProcess()
  expect((await post({})).code).toBe('schema-mismatch')
  expect((await post({ ...born.signed, more: 1 })).code).toBe('schema-mismatch')
  const [first] = born.signed.signatures
  expect((await post({ ...born.signed, signatures: [first] })).code).toBe('not-entitled')
  const flipped = born.signed.signatures.map((each) => ({ ...each, signature: `A${each.signature.slice(1)}` }))
  expect((await post({ ...born.signed, signatures: flipped })).code).toBe('record-signature-invalid')
})

test('registry_records_total counts kinds and outcomes, and names nobody', async () => {
  const { post, metrics } = await openInProcess()
  await post(born.signed)
  await post(born.signed)
  await post((await signPassportAfter(born, asha, {}, now, [asha.device])).signed)
  const text = metrics.render()
  expect(text).toContain('registry_records_total{kind="passport",outcome="admitted"} 1')
  expect(text).toContain('registry_records_total{kind="passport",outcome="known"} 1')
  expect(text).toContain('registry_records_total{kind="passport",outcome="key-unknown"} 1')
  expect(text).not.toContain(born.payload.name)
})
