import { expect, test } from 'vitest'
import { keySet, makeCast, signAfter, type Written } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { holding } from '../../../test/holding.ts'
import type { RecordOf } from './admission.ts'
import { countryNoun } from './country.ts'
import { type Draft, handsOf, missingHands } from './hands.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import type { NameKind } from './name.ts'
import { nodeNoun } from './node.ts'
import { operatorNoun } from './operator.ts'
import { requesterNoun } from './requester.ts'
import { rootNoun } from './root.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('hands', now)
const country = cast.countries.EE
const operator = cast.operators.laht
const node = cast.nodes.tallinn
const requester = cast.requesters.insurer
/** A record in hand is signed by somebody; who is supposed to have signed is asked apart. */
const anybody = testSigner('anybody')

/** Ways to complete a draft, each as its hands in words. */
function ways(draft: Draft, signers: readonly Signer[], ...held: Written<RecordOf[NameKind]>[]): string[] {
  const keys = signers.map(({ key }) => key)
  return missingHands(draft, keys, holding(...held), now).map((hands) => hands.map(({ who }) => who).join(' + '))
}

test('missingHands: a genesis wants those whom its rule mentions, and nobody once they signed', () => {
  const first: Draft = { kind: 'operator', payload: operator.record.payload }
  expect(ways(first, [], country.record)).toEqual(['the country EE'])
  expect(ways(first, [country.keys[0]!], country.record)).toEqual(['the country EE'])
  expect(ways(first, country.keys, country.record)).toEqual([''])
  const delegation: Draft = { kind: 'country', payload: country.record.payload }
  expect(ways(delegation, [], cast.root)).toEqual(["the root's country role + the country EE"])
  expect(ways(delegation, cast.roles.country, cast.root)).toEqual(['the country EE'])
  const admission: Draft = { kind: 'node', payload: node.record.payload }
  expect(ways(admission, [], country.record, operator.record)).toEqual(["EE/operator/laht + the node's identity key"])
  const registration: Draft = { kind: 'requester', payload: requester.record.payload }
  expect(ways(registration, [requester.keys[1]!], country.record)).toEqual(['the country EE'])
})

test('missingHands: a root wants three houses, citizens among them, in every way there is', () => {
  const { governments, technical } = cast.houses
  const first: Draft = { kind: 'root', payload: cast.root.payload }
  expect(ways(first, [])).toEqual([
    'the house of governments + the house of companies + the house of citizens',
    'the house of governments + the house of citizens + the house of technical',
    'the house of companies + the house of citizens + the house of technical',
  ])
  expect(ways(first, [...governments, ...technical])).toEqual(['the house of citizens'])
})

test('missingHands: tightening is for either, and a change of keys for the keys before and after', async () => {
  const ended = await signAfter(operatorNoun, operator.record, { status: 'ended' }, [anybody], now)
  expect(ways({ kind: 'operator', payload: ended.payload }, [], country.record, operator.record)).toEqual([
    'the country EE',
    'the operator',
  ])
  const fresh = [testSigner('fresh')]
  const rotated = await signAfter(operatorNoun, operator.record, keySet(fresh), [anybody], now)
  expect(ways({ kind: 'operator', payload: rotated.payload }, country.keys, country.record, operator.record)).toEqual([
    'the operator, with the keys it has + the operator, with the keys proposed',
  ])
  const announced = await signAfter(operatorNoun, operator.record, { next: [keyDigest(fresh[0]!.key)] }, [anybody], now)
  const later = await signAfter(operatorNoun, announced, { ...keySet(fresh), threshold: 1 }, [anybody], now)
  const draft: Draft = { kind: 'operator', payload: later.payload }
  expect(ways(draft, country.keys, country.record, announced).every((way) => way.includes('proposed'))).toBe(true)
})

test('missingHands throws what the rule says where no signature helps', async () => {
  const stale = await signAfter(nodeNoun, node.record, { seq: 7 }, [anybody], now)
  const all = [country.record, operator.record, node.record]
  expect(await codeOf(async () => ways({ kind: 'node', payload: stale.payload }, [], ...all))).toBe('record-stale')
  const held = await signAfter(countryNoun, country.record, { hold: ['EE/requester/insurer'] }, [anybody], now)
  const change = await signAfter(requesterNoun, requester.record, { legal_name: 'Another' }, [anybody], now)
  const draft: Draft = { kind: 'requester', payload: change.payload }
  expect(await codeOf(async () => ways(draft, requester.keys, held, requester.record))).toBe('held')
  const turned = await signAfter(rootNoun, cast.root, { test: false }, [anybody], now)
  expect(await codeOf(async () => ways({ kind: 'root', payload: turned.payload }, [], cast.root))).toBe('rule-broken')
})

test('handsOf throws where what the rule reads is not held', async () => {
  const draft: Draft = { kind: 'node', payload: node.record.payload }
  expect(await codeOf(async () => handsOf(draft, holding(country.record)))).toBe('not-found')
})
