import { expect, test } from 'vitest'
import { keySet, makeCast, signAfter, type Written, write } from '../../../test/cast.ts'
import { judged } from '../../../test/holding.ts'
import { type CountryRecord, countryNoun } from './country.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import { rootNoun } from './root.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('country', now)
const { root } = cast
const { record, keys } = cast.countries.EE
const role = cast.roles.country
const after = async (
  change: Partial<CountryRecord>,
  signers: readonly Signer[],
  before = record,
): Promise<Written<CountryRecord>> => await signAfter(countryNoun, before, change, signers, now)
const judge = async (change: Partial<CountryRecord>, signers: readonly Signer[], before = record): Promise<string> =>
  await judged([root, before], await after(change, signers, before), now)

test('admitCountry needs the root role and the country together', async () => {
  expect(await judged([root], record, now)).toBe('admitted')
  expect(await judged([root], await write(countryNoun, record.payload, role), now)).toBe('not-entitled')
  expect(await judged([root], await write(countryNoun, record.payload, keys), now)).toBe('not-entitled')
  expect(await judged([root], await write(countryNoun, record.payload, [...keys, role[0]!]), now)).toBe('not-entitled')
  expect(await judged([root], await write(countryNoun, record.payload, [...role, keys[0]!]), now)).toBe('not-entitled')
  expect(await judged([], record, now)).toBe('not-found')
})

const { bounds } = record.payload
const tightenings: [string, Partial<CountryRecord>][] = [
  ['suspending', { status: 'suspended' }],
  ['fewer passports', { bounds: { ...bounds, passports_per_day: bounds.passports_per_day - 1 } }],
  ['fewer acts', { bounds: { ...bounds, acts_per_second: bounds.acts_per_second - 1 } }],
  ['holding more', { hold: ['EE/node/x'] }],
]

test.each(tightenings)('admitCountry: %s is for either alone, the way back for both', async (_, change) => {
  expect(await judge(change, role)).toBe('admitted')
  expect(await judge(change, keys)).toBe('admitted')
  expect(await judge(change, [keys[0]!])).toBe('not-entitled')
  const tightened = await after(change, keys)
  const { status, bounds, hold } = record.payload
  const missing = 'hold' in change ? 'held' : 'not-entitled'
  expect(await judge({ status, bounds, hold }, role, tightened)).toBe(missing)
  expect(await judge({ status, bounds, hold }, keys, tightened)).toBe(missing)
  const letGo = 'hold' in change ? [...cast.houses.citizens, ...cast.houses.technical] : []
  expect(await judge({ status, bounds, hold }, [...role, ...keys, ...letGo], tightened)).toBe('admitted')
})

test('admitCountry: the houses that the root names for a hold tighten without role and country', async () => {
  const { citizens, technical, companies } = cast.houses
  for (const [, change] of tightenings) {
    expect(await judge(change, [...citizens, ...technical])).toBe('admitted')
    expect(await judge(change, citizens)).toBe('not-entitled')
    expect(await judge(change, [...companies, ...technical])).toBe('not-entitled')
  }
  const own = await after({ hold: ['country/EE'] }, [...citizens, ...technical])
  const moved = { urls: ['https://elsewhere.example'] }
  expect(await judge(moved, [...role, ...keys], own)).toBe('held')
  expect(await judge({ status: 'suspended' }, keys, own)).toBe('admitted')
  expect(await judge(moved, [...role, ...keys, ...citizens, ...companies], own)).toBe('admitted')
})

test('admitCountry: a new log key comes with a new origin and the head at which the log before ended', async () => {
  const all = [...role, ...keys]
  const log = { origin: 'ee-2.dcann.example', key: testSigner('another log').key }
  const frozen = { size: 7, root: 'A'.repeat(43) }
  expect(await judge({ log, frozen }, all)).toBe('admitted')
  expect(await judge({ log }, all)).toBe('rule-broken')
  expect(await judge({ log: { ...log, origin: record.payload.log.origin }, frozen }, all)).toBe('rule-broken')
  expect(await judge({ log: { ...record.payload.log, origin: 'x.example' }, frozen }, all)).toBe('rule-broken')
  expect(await judge({ frozen }, all)).toBe('rule-broken')
  const moved = await after({ log, frozen }, all)
  expect(await judge({ frozen: { ...frozen, size: 6 } }, all, moved)).toBe('rule-broken')
  const third = { log: { origin: 'ee-3.dcann.example', key: testSigner('a third log').key } }
  expect(await judge({ ...third, frozen: { ...frozen, size: 6 } }, all, moved)).toBe('rule-broken')
  expect(await judge({ ...third, frozen: { ...frozen, size: 9 } }, all, moved)).toBe('admitted')
})

test('admitCountry: a tightening that changes anything else is none', async () => {
  const urls = ['https://elsewhere.example']
  expect(await judge({ status: 'suspended', urls }, keys)).toBe('not-entitled')
  expect(await judge({ status: 'suspended', ...keySet([testSigner('x')]) }, role)).toBe('not-entitled')
})

test('admitCountry keeps keys continuous', async () => {
  const fresh = [testSigner('fresh/0'), testSigner('fresh/1')]
  expect(await judge(keySet(fresh), [...role, ...fresh])).toBe('not-entitled')
  expect(await judge(keySet(fresh), [...role, ...fresh, ...keys])).toBe('admitted')
  const next = fresh.map(({ key }) => keyDigest(key))
  const announcing = await after({ next }, [...role, ...keys])
  expect(await judge(keySet(fresh), [...role, ...fresh], announcing)).toBe('admitted')
  expect(await judge(keySet(fresh.slice(0, 1)), [...role, fresh[0]!], announcing)).toBe('not-entitled')
})

test('admitCountry: an expired root delegates no more, and still tightens', async () => {
  const later = parseTime(root.payload.expires)
  const moved = { urls: ['https://elsewhere.example'] }
  const loosened = await signAfter(countryNoun, record, moved, [...role, ...keys], later)
  expect(await judged([root, record], loosened, later)).toBe('expired')
  expect(await judged([root, record], loosened, later - 300)).toBe('admitted')
  const tightened = await signAfter(countryNoun, record, { status: 'suspended' }, keys, later)
  expect(await judged([root, record], tightened, later)).toBe('admitted')
})

test('admitCountry: XA to XJ are for tests, and XN for people without a state', async () => {
  const production = await write(rootNoun, { ...root.payload, test: false }, role)
  const under = async (zone: string, by = root): Promise<string> => {
    const proposed = await write(countryNoun, { ...record.payload, name: `country/${zone}` }, [...role, ...keys])
    return await judged([by], proposed, now)
  }
  for (const zone of ['XA', 'XJ']) {
    expect(await under(zone)).toBe('admitted')
    expect(await under(zone, production)).toBe('rule-broken')
  }
  for (const zone of ['XN', 'XZ', 'EE']) expect(await under(zone, production)).toBe('admitted')
})

test('admitCountry refuses a log key that is none', async () => {
  const log = { ...record.payload.log, key: 'A'.repeat(43) }
  expect(await judge({ log }, [...role, ...keys])).toBe('key-inadmissible')
})
