import type { RequesterRecord } from '@dcann/protocol/requester'
import { offerSchema } from '@dcann/protocol/offer'
import { expect, test } from 'vitest'
import { emptyOffer, emptyTerm, mustSeal, type OfferForm, previewOf, questionOf, usesOf, writeOffer } from './offer.ts'

/** Of a record, what a form is judged by. */
const record = {
  v: 1,
  name: 'EE/requester/insurer',
  seq: 0,
  prev: null,
  kind: 'company',
  legal_name: 'Insurer (made up)',
  lei: null,
  local_id: null,
  country: 'EE',
  control: { epoch: 0, parent: null, as_of: '2026-11-01T00:00:00Z', exception: 'natural-persons' },
  uses: [
    {
      purpose: 'dpv:PersonalisedBenefits',
      categories: ['pd:TravelHistory', 'pd:Health'],
      used_by: [],
      bought_in: [],
      notice: 'https://insurer.example/notice',
    },
  ],
  // `as`: nothing else of it is read
} as unknown as RequesterRecord

const rides: OfferForm = {
  ...emptyOffer(record),
  terms: [
    { ...emptyTerm(record, 0), strand: 'mobility.rides', claims: 'rides_per_week', why: { en: 'To price your cover' } },
  ],
}
const [first = emptyTerm(record, 0)] = rides.terms
const withTerm = (change: object): OfferForm => ({ ...rides, terms: [{ ...first, ...change }] })

test('writeOffer: a filled form is the call that the gateway takes, and its preview a whole offer', () => {
  const { call, faults, broken } = writeOffer(rides, record)
  expect({ faults, broken }).toEqual({ faults: {}, broken: undefined })
  expect(call).toMatchObject({
    lasts: 'P90D',
    expires_in: 'P7D',
    terms: [
      {
        id: 'rides-per-week',
        optional: false,
        claims: ['rides_per_week'],
        purpose: 'dpv:PersonalisedBenefits',
        category: 'pd:TravelHistory',
        frequency: { max: 10, per: 'day' },
        goes_to: ['EE'],
      },
    ],
  })
  expect(call).not.toHaveProperty('sealed')
  if (call === undefined) throw new Error('there is no call')
  const preview = previewOf(call, { ...record, authority: 'Inspectorate', offers: 'https://x.example' }, 1_795_000_000)
  expect(offerSchema.safeParse(preview).success).toBe(true)
  expect(call.terms.map(questionOf)).toEqual([
    {
      purpose: 'dpv:PersonalisedBenefits',
      items: [{ strand: 'mobility.rides', claims: ['rides_per_week'] }],
    },
  ])
})

test('writeOffer: whole entries, once, for ever, and many terms of one name', () => {
  const whole = writeOffer(withTerm({ claims: ' ', reach: '', per: 'once', often: 'x' }), record).call
  expect(whole?.terms[0]).toMatchObject({
    id: 'rides',
    claims: null,
    data_range: null,
    fetch: 'one-time',
    frequency: null,
  })
  const twice = { ...rides, terms: [first, { ...first, key: 1, optional: true }] }
  expect(writeOffer(twice, record).call?.terms.map(({ id }) => id)).toEqual(['rides-per-week', 'rides-per-week-2'])
})

test.each<[string, OfferForm, string]>([
  ['no strand', withTerm({ strand: '' }), 'strand 0'],
  ['a strand of one word', withTerm({ strand: 'rides' }), 'strand 0'],
  ['a claim in capitals', withTerm({ claims: 'Rides' }), 'claims 0'],
  ['no purpose in words', withTerm({ why: { en: '  ' } }), 'why 0'],
  ['words that turn round', withTerm({ why: { en: 'a\u202eb' } }), 'why 0'],
  ['words of two lines', withTerm({ why: { en: 'a\nb' } }), 'why 0'],
  ['a use that is none', withTerm({ use: 'dpv:Anything pd:Nothing' }), 'use 0'],
  ['days that are none', withTerm({ kept: '-1' }), 'kept 0'],
  ['days with a fraction', withTerm({ reach: '1.5' }), 'reach 0'],
  ['no number of answers', withTerm({ often: 'many' }), 'often 0'],
  ['no end', { ...rides, lasts: '0' }, 'lasts'],
  ['no expiry', { ...rides, expires: '' }, 'expires'],
  [
    'an amount in words',
    { ...rides, gives: [{ kind: 'discount', amount: 'five', currency: 'EUR', per: 'once', terms: [0] }] },
    'amount 0',
  ],
  [
    'a gift for nothing',
    { ...rides, gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'once', terms: [] }] },
    'given-for 0',
  ],
])('writeOffer: names the field for %s', (_, form, field) => {
  const { call, faults } = writeOffer(form, record)
  expect(call).toBeUndefined()
  expect(Object.keys(faults)).toEqual([field])
})

test('writeOffer: what fields cannot show is judged as gateway and vault judge it', () => {
  expect(writeOffer(withTerm({ reach: '30' }), record).broken?.code).toBe('rule-broken')
  expect(writeOffer(withTerm({ strand: 'profile.person' }), record).broken?.code).toBe('rule-broken')
  expect(writeOffer(withTerm({ use: 'dpv:Marketing pd:TravelHistory' }), record).broken?.code).toBe('over-asking')
})

test('mustSeal: what is special is sealed, whatever the form says', () => {
  expect(usesOf(record)).toEqual(['dpv:PersonalisedBenefits pd:TravelHistory', 'dpv:PersonalisedBenefits pd:Health'])
  expect(mustSeal(rides)).toBe(false)
  expect(mustSeal(withTerm({ use: 'dpv:PersonalisedBenefits pd:Health' }))).toBe(true)
})
