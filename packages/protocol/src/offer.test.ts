import { expect, test } from 'vitest'
import { makeCast, signAfter } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { ageTerm, makeOffer, ridesTerm } from '../../../test/pair.ts'
import { testSigner } from './key.ts'
import { judgeOffer, type Offer, offerSchema, secondsOf, type Term } from './offer.ts'
import { requesterNoun } from './requester.ts'
import { testOpener } from './sealing-key.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('offer', now)
const { insurer, rides } = cast.requesters
const requester = insurer.record.payload
const judge = async (change: Partial<Offer>, at = now): Promise<string> => {
  const offer = await makeOffer(insurer, now, change)
  return await codeOf(() => judgeOffer(offer, requester, at))
}
const judgeTerm = async (change: Partial<Term>, more: Partial<Offer> = {}): Promise<string> =>
  await judge({ terms: [{ ...ridesTerm, ...change }], value: { gives: [], settle_by: 'P30D' }, ...more })

test('judgeOffer admits an offer inside a registered use', async () => {
  expect(await judge({})).toBe('admitted')
})

test('judgeOffer: only the requester itself offers', async () => {
  const stranger = testSigner('stranger')
  const forged = await makeOffer(insurer, now, {}, [stranger])
  expect(await codeOf(() => judgeOffer(forged, requester, now))).toBe('not-entitled')
  const byCountry = await makeOffer(insurer, now, {}, cast.countries.EE.keys)
  expect(await codeOf(() => judgeOffer(byCountry, requester, now))).toBe('not-entitled')
  const offer = await makeOffer(insurer, now)
  expect(await codeOf(() => judgeOffer(offer, rides.record.payload, now))).toBe('not-entitled')
})

test('judgeOffer: an offer expires, to the second, and not before it is made', async () => {
  const expires = now + 100
  expect(await judge({ expires: formatTime(expires) }, expires - 1)).toBe('admitted')
  expect(await judge({ expires: formatTime(expires) }, expires)).toBe('expired')
  expect(await judge({ at: formatTime(expires), expires: formatTime(expires) }, now)).toBe('rule-broken')
})

test('judgeOffer: a requester that is suspended, lapsed or ended offers nothing', async () => {
  const offer = await makeOffer(insurer, now)
  for (const status of ['suspended', 'lapsed', 'merged', 'retired', 'ended'] as const) {
    const after = await signAfter(requesterNoun, insurer.record, { status }, cast.countries.EE.keys, now)
    expect(await codeOf(() => judgeOffer(offer, after.payload, now))).toBe('not-active')
  }
})

test.each<[string, Partial<Term>, string]>([
  ['another purpose', { purpose: 'dpv:Marketing' }, 'over-asking'],
  ['another category', { category: 'pd:Health' }, 'over-asking'],
  ['a user that is not registered', { used_by: ['Another Ltd'] }, 'over-asking'],
  ['a source that is not registered', { combine: ['bought profiles'] }, 'over-asking'],
  ['a derived claim of another strand', { strand: 'profile.person' }, 'rule-broken'],
  ['a derived claim that looks back further', { data_range: { last: 'P89D' } }, 'rule-broken'],
  ['a frequency for what is fetched once', { mode: 'store', fetch: 'one-time' }, 'rule-broken'],
  ['members of entries', { claims: ['from', 'to'] }, 'admitted'],
  ['whole entries', { claims: null }, 'admitted'],
])('judgeOffer judges a term with %s', async (_, change, code) => {
  expect(await judgeTerm(change)).toBe(code)
})

test('judgeOffer: every user and every source of a term is registered, in one use', async () => {
  const [use] = requester.uses
  const uses = [
    { ...use!, used_by: ['app'], bought_in: ['maps'] },
    { ...use!, used_by: ['bank'], bought_in: ['weather'] },
  ]
  const registered = { ...requester, uses }
  const judgeUse = async (used_by: string[], combine: Term['combine']): Promise<string> => {
    const terms = [{ ...ridesTerm, used_by, combine }]
    const offer = await makeOffer(insurer, now, { terms, value: { gives: [], settle_by: 'P30D' } })
    return await codeOf(() => judgeOffer(offer, registered, now))
  }
  expect(await judgeUse([], 'never')).toBe('admitted')
  expect(await judgeUse(['app'], ['maps'])).toBe('admitted')
  expect(await judgeUse(['bank'], ['weather'])).toBe('admitted')
  expect(await judgeUse(['app', 'bank'], 'never')).toBe('over-asking')
  expect(await judgeUse(['app'], ['maps', 'weather'])).toBe('over-asking')
  expect(await judgeUse(['app'], ['weather'])).toBe('over-asking')
})

test('judgeOffer: a special category wants a sealing key', async () => {
  const uses = [{ ...requester.uses[0]!, categories: ['pd:Health'] }]
  const registered = { ...requester, uses }
  for (const [sealing_key, code] of [
    [null, 'rule-broken'],
    [testOpener('requester').key, 'admitted'],
    ['A'.repeat(43), 'key-inadmissible'],
  ] as const) {
    const change = {
      terms: [{ ...ridesTerm, category: 'pd:Health', claims: null }],
      value: { gives: [], settle_by: 'P30D' },
      sealing_key,
    }
    const offer = await makeOffer(insurer, now, change)
    expect(await codeOf(() => judgeOffer(offer, registered, now))).toBe(code)
  }
})

test('judgeOffer: terms have names of their own, and value is for terms that there are', async () => {
  expect(await judge({ terms: [ridesTerm, { ...ageTerm, id: 'rides' }] })).toBe('rule-broken')
  expect(await judge({ terms: [ridesTerm] })).toBe('rule-broken')
})

test('offerSchema: no detriment of refusing but none, and nothing beside what it names', async () => {
  const { payload } = await makeOffer(insurer, now)
  expect(offerSchema.safeParse(payload).success).toBe(true)
  const wrong: unknown[] = [
    { ...payload, refusal_detriment: 'a higher price' },
    { ...payload, ring_fence: 'refused' },
    { ...payload, terms: [] },
    { ...payload, terms: [{ ...ridesTerm, more: 1 }] },
    { ...payload, terms: [{ ...ridesTerm, claims: [] }] },
    { ...payload, terms: [{ ...ridesTerm, data_life: 'P0D' }] },
    { ...payload, terms: [{ ...ridesTerm, data_life: 'P1M' }] },
    { ...payload, terms: [{ ...ridesTerm, processing: ['dpv:Mischief'] }] },
    { ...payload, lasts: '365' },
    {
      ...payload,
      value: { gives: [{ kind: 'money', amount: '05.00', per: 'once', terms: ['rides'] }], settle_by: 'P1D' },
    },
    { ...payload, value: { gives: [{ kind: 'money', amount: 5, per: 'once', terms: ['rides'] }], settle_by: 'P1D' } },
  ]
  for (const one of wrong) expect(offerSchema.safeParse(one).success).toBe(false)
})

test('secondsOf counts days', () => {
  expect(secondsOf('P1D')).toBe(86_400)
  expect(secondsOf('P90D')).toBe(90 * 86_400)
})
