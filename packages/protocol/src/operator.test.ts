import { expect, test } from 'vitest'
import { keySet, makeCast, signAfter, type Written, write } from '../../../test/cast.ts'
import { judged } from '../../../test/holding.ts'
import { countryNoun } from './country.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import { isOperatorActive, type OperatorRecord, operatorNoun } from './operator.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('operator', now)
const country = cast.countries.EE
const { record, keys } = cast.operators.laht
const after = async (
  change: Partial<OperatorRecord>,
  signers: readonly Signer[],
  before = record,
): Promise<Written<OperatorRecord>> => await signAfter(operatorNoun, before, change, signers, now)
const judge = async (change: Partial<OperatorRecord>, signers: readonly Signer[], before = record): Promise<string> =>
  await judged([country.record, before], await after(change, signers, before), now)

test('admitOperator: the country accredits', async () => {
  expect(await judged([country.record], record, now)).toBe('admitted')
  const alone = await write(operatorNoun, record.payload, country.keys)
  expect(await judged([country.record], alone, now)).toBe('admitted')
  const itself = await write(operatorNoun, record.payload, keys)
  expect(await judged([country.record], itself, now)).toBe('not-entitled')
  const foreign = await write(operatorNoun, record.payload, cast.countries.IN.keys)
  expect(await judged([country.record], foreign, now)).toBe('key-unknown')
  expect(await judged([], record, now)).toBe('not-found')
})

const { from, until } = record.payload.valid
test.each<[string, Partial<OperatorRecord>]>([
  ['suspending', { status: 'suspended' }],
  ['ending', { status: 'ended' }],
  ['shortening', { valid: { from, until: formatTime(parseTime(until) - 1) } }],
  ['beginning later', { valid: { from: formatTime(parseTime(from) + 1), until } }],
])('admitOperator: %s is for either alone, the way back for both', async (_, change) => {
  expect(await judge(change, keys)).toBe('admitted')
  expect(await judge(change, country.keys)).toBe('admitted')
  expect(await judge(change, [keys[0]!])).toBe('not-entitled')
  const tightened = await after(change, keys)
  const { status, valid } = record.payload
  expect(await judge({ status, valid }, keys, tightened)).toBe('not-entitled')
  expect(await judge({ status, valid }, country.keys, tightened)).toBe('not-entitled')
  expect(await judge({ status, valid }, [...keys, ...country.keys], tightened)).toBe('admitted')
})

test('admitOperator: a tightening that changes anything else is none', async () => {
  expect(await judge({ status: 'suspended', legal_name: 'Another' }, keys)).toBe('not-entitled')
  expect(await judge({ status: 'suspended', next: [keyDigest(testSigner('x').key)] }, country.keys)).toBe(
    'not-entitled',
  )
})

test('admitOperator keeps keys continuous, and lets lost keys go to announced ones', async () => {
  const fresh = [testSigner('fresh/0'), testSigner('fresh/1')]
  expect(await judge(keySet(fresh), [...country.keys, ...fresh])).toBe('not-entitled')
  expect(await judge(keySet(fresh), [...country.keys, ...keys])).toBe('not-entitled')
  expect(await judge(keySet(fresh), [...country.keys, ...fresh, ...keys])).toBe('admitted')
  const announcing = await after({ next: fresh.map(({ key }) => keyDigest(key)) }, [...country.keys, ...keys])
  expect(await judge(keySet(fresh), [...country.keys, ...fresh], announcing)).toBe('admitted')
  expect(await judge(keySet(fresh), fresh, announcing)).toBe('not-entitled')
  expect(await judge(keySet([fresh[0]!]), [...country.keys, fresh[0]!], announcing)).toBe('not-entitled')
})

test('admitOperator: a name that the houses hold may be tightened, and nothing else', async () => {
  const hold = [record.payload.name]
  const holder = await signAfter(countryNoun, country.record, { hold }, country.keys, now)
  const proposed = await after({ legal_name: 'Another' }, [...country.keys, ...keys])
  expect(await judged([holder, record], proposed, now)).toBe('held')
  expect(await judged([holder, record], await after({ status: 'ended' }, keys), now)).toBe('admitted')
})

test('admitOperator: a record that changes nothing is no tightening, so one side alone cannot use the numbers up', async () => {
  expect(await judged([country.record, record], await after({}, keys), now)).toBe('not-entitled')
  expect(await judged([country.record, record], await after({}, [...country.keys, ...keys]), now)).toBe('admitted')
})

test('isOperatorActive within its validity, half-open', () => {
  const at = parseTime(until)
  expect(isOperatorActive(record.payload, parseTime(from) - 1)).toBe(false)
  expect(isOperatorActive(record.payload, parseTime(from))).toBe(true)
  expect(isOperatorActive(record.payload, at - 1)).toBe(true)
  expect(isOperatorActive(record.payload, at)).toBe(false)
  expect(isOperatorActive({ ...record.payload, status: 'suspended' }, at - 1)).toBe(false)
})
