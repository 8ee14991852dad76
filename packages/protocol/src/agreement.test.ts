import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCast, signAfter } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { ageTerm, handleKey, makeGrant, makeOffer, ridesTerm } from '../../../test/pair.ts'
import {
  type ActedState,
  allowanceOf,
  type Grant,
  isLive,
  judgeActivation,
  sealingKeyOf,
  settlesAt,
  type Standing,
  standingOf,
} from './agreement.ts'
import { fromHex } from './bytes.ts'
import { handleOf } from './handle.ts'
import { signerFromSeed, testSigner } from './key.ts'
import { times } from './limits.ts'
import { type RequesterRecord, requesterNoun } from './requester.ts'
import { formatTime, parseTime } from './time.ts'
import { dueFor } from './value.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const day = 86_400
const cast = await makeCast('agreement', now)
const { insurer } = cast.requesters
const requester = insurer.record.payload
const offer = await makeOffer(insurer, now)
const allowed = async (change: Partial<Grant>, signers = [handleKey]): Promise<string> => {
  const grant = await makeGrant(offer, insurer, now, change, signers)
  return await codeOf(() => allowanceOf({ offer, grant }))
}
const activated = async (change: Partial<Grant>, at = now, record: RequesterRecord = requester): Promise<string> => {
  const grant = await makeGrant(offer, insurer, now, change)
  return await codeOf(() => judgeActivation(offer, grant, record, at))
}

test('allowanceOf is made of the two documents alone', async () => {
  const grant = await makeGrant(offer, insurer, now)
  expect(allowanceOf({ offer, grant })).toEqual({
    agreement: grant.id,
    requester: requester.name,
    handle: handleOf(handleKey.key),
    key: handleKey.key,
    terms: [ridesTerm, ageTerm],
    control: { epoch: 1, parent: null },
    from: now,
    until: now + 90 * day,
    due: offer.payload.value.gives,
    sealing_key: null,
    prior: null,
  })
})

test('allowanceOf: what was left out is neither allowed nor due', async () => {
  const grant = await makeGrant(offer, insurer, now, { terms: ['rides'] })
  const { terms, due } = allowanceOf({ offer, grant })
  expect(terms).toEqual([ridesTerm])
  expect(due.map(({ kind }) => kind)).toEqual(['discount'])
})

test.each<[string, Partial<Grant>, string]>([
  ['a required term left out', { terms: ['age'] }, 'rule-broken'],
  ['a term that was not offered', { terms: ['rides', 'income'] }, 'rule-broken'],
  ['a term twice', { terms: ['rides', 'rides'] }, 'rule-broken'],
  ['another offer', { offer: 'A'.repeat(43) }, 'rule-broken'],
  ['a handle of another key', { handle: handleOf(testSigner('x').key) }, 'rule-broken'],
  ['another key', { key: testSigner('x').key }, 'rule-broken'],
  ['a longer time than offered', { until: formatTime(now + 365 * day + 1) }, 'rule-broken'],
  ['the time offered', { until: formatTime(now + 365 * day) }, 'admitted'],
  ['no time', { until: formatTime(now) }, 'rule-broken'],
  ['time that runs back', { until: formatTime(now - 1) }, 'rule-broken'],
])('allowanceOf judges a grant with %s', async (_, change, code) => {
  expect(await allowed(change)).toBe(code)
})

test('allowanceOf: the handle key signs, and it alone', async () => {
  expect(await allowed({}, [testSigner('x')])).toBe('rule-broken')
  expect(await allowed({}, [handleKey, testSigner('x')])).toBe('rule-broken')
})

test('judgeActivation: dated now, give or take the skew', async () => {
  for (const [at, code] of [
    [now, 'admitted'],
    [now + times.nodeSkew, 'admitted'],
    [now - times.nodeSkew, 'admitted'],
    [now + times.nodeSkew + 1, 'time-invalid'],
    [now - times.nodeSkew - 1, 'time-invalid'],
  ] as const)
    expect(await activated({}, at)).toBe(code)
})

test('judgeActivation: before the offer expires, unless it succeeds another', async () => {
  const expires = parseTime(offer.payload.expires)
  const dated = { at: formatTime(expires), until: formatTime(expires + day) }
  expect(await activated(dated, expires - 1)).toBe('admitted')
  expect(await activated(dated, expires)).toBe('expired')
  expect(await activated({ ...dated, prior: 'A'.repeat(43) }, expires)).toBe('admitted')
})

test('judgeActivation: pinned to who owns the requester now', async () => {
  const parent = '5493001KJTIIGC8Y1R12'
  expect(await activated({ control: { epoch: 2, parent: null } })).toBe('not-active')
  expect(await activated({ control: { epoch: 1, parent } })).toBe('not-active')
  const sold = { ...requester, control: { ...requester.control, epoch: 2 } }
  expect(await activated({}, now, sold)).toBe('not-active')
  expect(await activated({ control: { epoch: 2, parent: null } }, now, sold)).toBe('admitted')
})

test('judgeActivation: a handle key is a key like others', async () => {
  const published = signerFromSeed(fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
  const grant = await makeGrant(offer, insurer, now, { key: published.key, handle: handleOf(published.key) }, [
    published,
  ])
  expect(await codeOf(() => judgeActivation(offer, grant, requester, now))).toBe('key-inadmissible')
})

test('standingOf: acted end, else expired, else suspended, else as acted', async () => {
  const allowance = allowanceOf({ offer, grant: await makeGrant(offer, insurer, now) })
  const at = (acted: ActedState, when: number, record = requester): unknown =>
    standingOf(allowance, acted, record, when)
  const last = allowance.until - 1
  const fresh = { ...requester, control: { ...requester.control, as_of: formatTime(last) } }
  expect(at('active', last, fresh)).toEqual({ standing: 'active' })
  expect(at('paused', last, fresh)).toEqual({ standing: 'paused' })
  expect(at('active', last + 1, fresh)).toEqual({ standing: 'expired' })
  for (const acted of ['revoked', 'retired', 'superseded'] as const)
    expect(at(acted, last + 1, fresh)).toEqual({ standing: acted })
})

test('standingOf: the record of the requester suspends by itself', async () => {
  const grant = await makeGrant(offer, insurer, now, { until: formatTime(now + 300 * day) })
  const allowance = allowanceOf({ offer, grant })
  const keys = cast.countries.EE.keys
  const stand = async (change: Partial<RequesterRecord>, when = now): Promise<unknown> => {
    const { payload } = await signAfter(requesterNoun, insurer.record, change, keys, now)
    return standingOf(allowance, 'active', payload, when)
  }
  const suspended = (suspension: string): unknown => ({ standing: 'suspended', suspension })
  expect(await stand({ status: 'suspended' })).toEqual(suspended('legal'))
  for (const status of ['lapsed', 'merged', 'retired', 'ended'] as const)
    expect(await stand({ status })).toEqual(suspended('control-stale'))
  expect(await stand({ control: { ...requester.control, epoch: 2 } })).toEqual(suspended('control-change'))
  expect(await stand({}, now + 92 * day)).toEqual({ standing: 'active' })
  expect(await stand({}, now + 92 * day + 1)).toEqual(suspended('control-stale'))
})

test('standingOf: an agreement that ended or expired never stands again', async () => {
  const allowance = allowanceOf({ offer, grant: await makeGrant(offer, insurer, now) })
  const acted = fc.constantFrom<ActedState>('active', 'paused', 'revoked', 'retired', 'superseded')
  fc.assert(
    fc.property(acted, fc.nat(400 * day), fc.integer({ min: 1, max: 3 }), (state, later, epoch) => {
      const record = { ...requester, control: { ...requester.control, epoch } }
      const { standing } = standingOf(allowance, state, record, now + later)
      const ended = ['revoked', 'retired', 'superseded'].includes(state) || now + later >= allowance.until
      expect(isLive(standing)).toBe(!ended)
      if (standing === 'active') expect(epoch).toBe(1)
    }),
  )
})

test('sealingKeyOf: a special category is sealed or not answered at all', async () => {
  const health = { ...ridesTerm, id: 'mood', category: 'pd:MentalHealth' }
  const { key } = handleKey
  expect(sealingKeyOf({ sealing_key: null, terms: [ridesTerm, ageTerm] })).toBe(null)
  expect(sealingKeyOf({ sealing_key: key, terms: [ridesTerm] })).toBe(key)
  expect(sealingKeyOf({ sealing_key: key, terms: [ridesTerm, health] })).toBe(key)
  expect(await codeOf(() => sealingKeyOf({ sealing_key: null, terms: [ridesTerm, health] }))).toBe('rule-broken')
})

test('isLive is active, paused or suspended', () => {
  const all: Standing[] = ['active', 'paused', 'revoked', 'retired', 'superseded', 'expired', 'suspended']
  expect(all.filter(isLive)).toEqual(['active', 'paused', 'suspended'])
})

test('dueFor: an item is due only if all its terms were granted', () => {
  const { value } = offer.payload
  expect(dueFor(value, [])).toEqual([])
  expect(dueFor(value, ['age'])).toEqual([])
  expect(dueFor(value, ['rides'])).toHaveLength(1)
  expect(dueFor(value, ['rides', 'age'])).toHaveLength(2)
})

test('settlesAt: a day, over special data alone, and only where it is not over by then', async () => {
  const special = { ...ridesTerm, category: 'pd:Health' }
  const settles = async (
    { terms = [special], until = now + 90 * day, expires = now + 7 * day },
    change: Partial<Grant> = {},
  ): Promise<string> => {
    const grant = await makeGrant(offer, insurer, now, change)
    return await codeOf(() => settlesAt({ payload: { expires: formatTime(expires) } }, grant, { terms, until }, now))
  }
  const grant = await makeGrant(offer, insurer, now)
  expect(settlesAt(offer, grant, { terms: [ridesTerm, special], until: now + 90 * day }, now)).toBe(now + day)
  expect(await settles({ terms: [ridesTerm, ageTerm] })).toBe('rule-broken')
  expect(await settles({ expires: now + day })).toBe('expired')
  expect(await settles({ expires: now + day + 1 })).toBe('admitted')
  expect(await settles({ until: now + day })).toBe('expired')
  // over the same offer its expiry binds the first grant only
  expect(await settles({ expires: now }, { prior: 'A'.repeat(43) })).toBe('admitted')
})

test('judgeActivation: one that has settled was dated when it was submitted', async () => {
  const grant = await makeGrant(offer, insurer, now)
  const judged = async (at: number, submitted?: number): Promise<string> =>
    await codeOf(() => judgeActivation(offer, grant, requester, at, submitted))
  expect(await judged(now + day)).toBe('time-invalid')
  expect(await judged(now + day, now)).toBe('admitted')
  expect(await judged(now + day, now - times.nodeSkew - 1)).toBe('time-invalid')
  expect(await judged(now + 7 * day, now)).toBe('expired')
})
