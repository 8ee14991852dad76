import { expect, test } from 'vitest'
import { makeCast, signAfter, type Written, write } from '../../../test/cast.ts'
import { judged } from '../../../test/holding.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import { type NodeRecord, nodeNoun } from './node.ts'
import { operatorNoun } from './operator.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('node', now)
const country = cast.countries.EE
const operator = cast.operators.laht
const { record, identity } = cast.nodes.tallinn
const own = [...operator.keys, identity]
const after = async (
  change: Partial<NodeRecord>,
  signers: readonly Signer[],
  before = record,
): Promise<Written<NodeRecord>> => await signAfter(nodeNoun, before, change, signers, now)
const judge = async (change: Partial<NodeRecord>, signers: readonly Signer[], before = record): Promise<string> =>
  await judged([country.record, operator.record, before], await after(change, signers, before), now)

test('admitNode needs the operator and the identity key together', async () => {
  const held = [country.record, operator.record]
  expect(await judged(held, record, now)).toBe('admitted')
  for (const signers of [operator.keys, [identity], [operator.keys[0]!, identity], [...country.keys, identity]])
    expect(await judged(held, await write(nodeNoun, record.payload, signers), now)).toBe('not-entitled')
  expect(await judged([country.record], record, now)).toBe('not-found')
})

test.each(['draining', 'suspended', 'ended'] as const)(
  'admitNode: country, operator and node each tighten to %s alone',
  async (status) => {
    for (const signers of [country.keys, operator.keys, [identity]])
      expect(await judge({ status }, signers)).toBe('admitted')
    expect(await judge({ status }, [operator.keys[0]!])).toBe('not-entitled')
    expect(await judge({ status, url: 'https://elsewhere.example' }, [identity])).toBe('not-entitled')
  },
)

test('admitNode: out of draining the operator and the node come back, out of suspended the country signs too', async () => {
  const draining = await after({ status: 'draining' }, [identity])
  expect(await judge({ status: 'active' }, [identity], draining)).toBe('not-entitled')
  expect(await judge({ status: 'active' }, own, draining)).toBe('admitted')
  for (const status of ['suspended', 'ended'] as const) {
    const stopped = await after({ status }, country.keys)
    expect(await judge({ status: 'active' }, own, stopped)).toBe('not-entitled')
    expect(await judge({ status: 'draining' }, own, stopped)).toBe('not-entitled')
    expect(await judge({ status: 'active' }, country.keys, stopped)).toBe('not-entitled')
    expect(await judge({ status: 'active' }, [...own, ...country.keys], stopped)).toBe('admitted')
    expect(await judge({ url: 'https://elsewhere.example' }, own, stopped)).toBe('admitted')
  }
})

test('admitNode keeps the identity key continuous', async () => {
  const stranger = testSigner('stranger')
  const announced = testSigner('node/EE/node/tallinn/identity/next')
  expect(record.payload.next).toContain(keyDigest(announced.key))
  const change = { identity_key: stranger.key }
  expect(await judge(change, [...operator.keys, stranger])).toBe('not-entitled')
  expect(await judge(change, [...operator.keys, identity])).toBe('not-entitled')
  expect(await judge(change, [...operator.keys, identity, stranger])).toBe('admitted')
  expect(await judge({ identity_key: announced.key }, [...operator.keys, announced])).toBe('admitted')
})

test('admitNode: a node stays with its operator, of its own country', async () => {
  const other = await write(operatorNoun, { ...operator.record.payload, name: 'EE/operator/other' }, [
    ...country.keys,
    ...operator.keys,
  ])
  const moved = await after({ operator: 'EE/operator/other' }, own)
  expect(await judged([country.record, operator.record, other, record], moved, now)).toBe('rule-broken')
  const foreign = await write(nodeNoun, { ...record.payload, operator: 'IN/operator/sahyadri' }, [
    ...cast.operators.sahyadri.keys,
    identity,
  ])
  expect(await judged([country.record, cast.operators.sahyadri.record], foreign, now)).toBe('wrong-zone')
})

test('admitNode: an operator that is not accredited now brings nothing', async () => {
  const suspended = await signAfter(operatorNoun, operator.record, { status: 'suspended' }, country.keys, now)
  expect(await judged([country.record, suspended], record, now)).toBe('not-active')
  const until = parseTime(operator.record.payload.valid.until)
  const held = [country.record, operator.record]
  expect(await judged(held, record, until - 1)).toBe('admitted')
  expect(await judged(held, record, until)).toBe('not-active')
  // what it lost the right to run it may still stop
  const ended = await after({ status: 'ended' }, operator.keys)
  expect(await judged([country.record, suspended, record], ended, now)).toBe('admitted')
})

test('admitNode refuses one key for two uses, and keys that are none', async () => {
  expect(await judge({ assertion_key: identity.key }, own)).toBe('key-inadmissible')
  expect(await judge({ assertion_key: 'A'.repeat(43) }, own)).toBe('key-inadmissible')
})
