import { expect, test } from 'vitest'
import { makeCast, makeHolder, signAfter, signPassport, signPassportAfter, write } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { judged } from '../../../test/holding.ts'
import { countryNoun } from './country.ts'
import { deriveIdentifier } from './identifier.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import { admitPassport, identifierOf, passportNoun, type PassportRecord, passportSigners } from './passport.ts'
import { proveSigned, readSigned } from './signed.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('passport', now)
const country = cast.countries.EE.record
const { tallinn, pune } = cast.nodes
const holder = makeHolder('mari')
const genesis = await signPassport(holder, 'EE', tallinn, now)
const judge = async (
  change: Partial<PassportRecord>,
  signers: readonly Signer[] = [holder.control],
  before = genesis,
): Promise<string> => {
  const proposed = await signPassportAfter(before, holder, change, now, signers)
  return await judged([country, before], proposed, now)
}
/** A genesis whose identifier is made to fit whatever it says. */
const begun = async (change: Partial<PassportRecord>, signers: readonly Signer[], zone = 'EE'): Promise<string> => {
  const { name: _, ...nameless } = { ...genesis.payload, ...change }
  const proposed = await write(passportNoun, { ...nameless, name: identifierOf(zone, nameless) }, signers)
  return await judged([country], proposed, now)
}

test('admitPassport takes a genesis of the holder and the home node', async () => {
  expect(await judged([country], genesis, now)).toBe('admitted')
  expect(await begun({}, [holder.control, tallinn.identity])).toBe('admitted')
  expect(await begun({}, [holder.control])).toBe('not-entitled')
  expect(await begun({}, [tallinn.identity])).toBe('not-entitled')
  expect(await begun({}, [holder.control, pune.identity])).toBe('key-unknown')
})

test('admitPassport: control key 0 itself signs the genesis', async () => {
  const keys = [holder.control.key, holder.device.key]
  expect(await begun({ keys }, [holder.control, tallinn.identity])).toBe('admitted')
  expect(await begun({ keys }, [holder.device, tallinn.identity])).toBe('not-entitled')
})

test('admitPassport: an identifier is derived, not chosen', async () => {
  const { payload } = genesis
  const chosen = deriveIdentifier('EE', { chosen: true })
  const signers = [holder.control, tallinn.identity]
  expect(await judged([country], await write(passportNoun, { ...payload, name: chosen }, signers), now)).toBe(
    'identifier-invalid',
  )
  const { name: _, ...nameless } = payload
  const foreign = await write(passportNoun, { ...payload, name: identifierOf('IN', nameless) }, signers)
  expect(await judged([country], foreign, now)).toBe('not-found')
  const proved = await proveSigned(readSigned(passportNoun, foreign.signed), passportSigners(undefined, payload))
  expect(await codeOf(() => admitPassport(country.payload, undefined, proved, now))).toBe('wrong-zone')
  expect(await codeOf(() => admitPassport(undefined, undefined, proved, now))).toBe('admitted')
  expect(identifierOf('EE', nameless)).toBe(payload.name)
})

test('admitPassport: a genesis is active, the first, and of a country that assigns', async () => {
  const signers = [holder.control, tallinn.identity]
  expect(await begun({ status: 'ended' }, signers)).toBe('rule-broken')
  expect(await begun({ seq: 2 }, signers)).toBe('record-stale')
  const keys = cast.countries.EE.keys
  const suspended = await signAfter(countryNoun, country, { status: 'suspended' }, keys, now)
  expect(await judged([suspended], genesis, now)).toBe('not-active')
  const next = await signPassportAfter(genesis, holder, {}, now)
  expect(await judged([suspended, genesis], next, now)).toBe('admitted')
})

test('admitPassport: later records are for a control key of the one before', async () => {
  expect(await judge({})).toBe('admitted')
  expect(await judge({ recovery: 'A'.repeat(43) })).toBe('admitted')
  expect(await judge({}, [tallinn.identity])).toBe('not-entitled')
  expect(await judge({}, [testSigner('thief')])).toBe('key-unknown')
})

test('admitPassport keeps keys continuous', async () => {
  const thief = testSigner('thief')
  expect(await judge({ keys: [thief.key] }, [thief])).toBe('not-entitled')
  expect(await judge({ keys: [holder.control.key, thief.key] }, [thief])).toBe('not-entitled')
  expect(await judge({ keys: [thief.key] }, [thief, tallinn.identity])).toBe('not-entitled')
  expect(await judge({ keys: [holder.next.key] }, [holder.next])).toBe('admitted')
  expect(await judge({ keys: [holder.control.key, holder.device.key] })).toBe('admitted')
  expect(genesis.payload.next).toContain(keyDigest(holder.next.key))
})

test('admitPassport: a new home signs, and the old one is not asked', async () => {
  const home = { node: pune.record.payload.name, key: pune.identity.key }
  expect(await judge({ home })).toBe('not-entitled')
  expect(await judge({ home }, [holder.control, pune.identity])).toBe('admitted')
  expect(await judge({ home }, [pune.identity])).toBe('not-entitled')
  expect(await judge({ home: { ...home, key: tallinn.identity.key } })).toBe('not-entitled')
  expect(await judge({ home: { ...genesis.payload.home, key: testSigner('x').key } })).toBe('not-entitled')
})

test('admitPassport wants a fresh salt each time', async () => {
  expect(await judge({ salt: genesis.payload.salt })).toBe('rule-broken')
})

test('admitPassport: what has ended stays so', async () => {
  const ended = await signPassportAfter(genesis, holder, { status: 'ended' }, now)
  expect(await judged([country, genesis], ended, now)).toBe('admitted')
  expect(await judge({ status: 'active' }, [holder.control], ended)).toBe('rule-broken')
  expect(await judge({ status: 'ended' }, [holder.control], ended)).toBe('rule-broken')
})

test('admitPassport refuses keys that are none, also of a home', async () => {
  const zero = 'A'.repeat(43)
  expect(await judge({ keys: [holder.control.key, zero] })).toBe('key-inadmissible')
  expect(await judge({ keys: [holder.control.key, holder.control.key] })).toBe('key-inadmissible')
  expect(await judge({ home: { ...genesis.payload.home, key: zero } })).toBe('key-inadmissible')
})
