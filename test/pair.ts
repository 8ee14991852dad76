import { type Grant, grantNoun } from '@dcann/protocol/agreement'
import { pinOf } from '@dcann/protocol/control'
import { handleOf } from '@dcann/protocol/handle'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { type Offer, offerNoun, type Term } from '@dcann/protocol/offer'
import { proveSigned, readSigned, signPayload, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { CastRequester } from './cast.ts'

/** A term that the cast's insurer may ask: how often somebody rides, for a price of their own. */
export const ridesTerm: Term = {
  id: 'rides',
  optional: false,
  strand: 'mobility.rides',
  claims: ['rides_per_week'],
  category: 'pd:TravelHistory',
  purpose: 'dpv:PersonalisedBenefits',
  purpose_text: { en: 'To offer you a price that fits how you travel' },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A6-1-a',
  mode: 'view',
  fetch: 'periodic',
  frequency: { max: 4, per: 'month' },
  data_range: { last: 'P90D' },
  data_life: 'P30D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: [],
  used_by: [],
  combine: 'never',
}

/** Another, which the holder may leave out. */
export const ageTerm: Term = {
  ...ridesTerm,
  id: 'age',
  optional: true,
  strand: 'profile.person',
  claims: ['age_over_18'],
  category: 'pd:Age',
  data_range: null,
}

/** An offer by a requester of the cast, proved. */
export async function makeOffer(
  { record, keys }: CastRequester,
  now: Instant,
  change: Partial<Offer> = {},
  signers: readonly Signer[] = keys.slice(0, 1),
): Promise<Verified<Offer>> {
  const offer: Offer = {
    v: 1,
    requester: record.payload.name,
    at: formatTime(now),
    expires: formatTime(now + 7 * 86_400),
    lasts: 'P365D',
    terms: [ridesTerm, ageTerm],
    value: {
      gives: [
        { kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides'] },
        { kind: 'insight', per: 'once', terms: ['rides', 'age'] },
      ],
      settle_by: 'P30D',
    },
    refusal_detriment: 'none',
    jurisdiction: 'EE',
    authority: record.payload.authority,
    notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
    sealing_key: null,
    ring_fence: 'admitted',
    template: null,
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    ...change,
  }
  const signed = await signPayload(offerNoun, offer, signers)
  return await proveSigned(
    readSigned(offerNoun, signed),
    signers.map(({ key }) => key),
  )
}

/** A grant of an offer under a handle key, proved. */
export async function makeGrant(
  offer: Verified<Offer>,
  { record }: CastRequester,
  now: Instant,
  change: Partial<Grant> = {},
  signers: readonly Signer[] = [handleKey],
): Promise<Verified<Grant>> {
  const grant: Grant = {
    v: 1,
    offer: offer.id,
    terms: offer.payload.terms.map(({ id }) => id),
    handle: handleOf(handleKey.key),
    key: handleKey.key,
    control: pinOf(record.payload.control),
    at: formatTime(now),
    until: formatTime(now + 90 * 86_400),
    prior: null,
    ring_fence: false,
    ...change,
  }
  const signed = await signPayload(grantNoun, grant, signers)
  return await proveSigned(
    readSigned(grantNoun, signed),
    signers.map(({ key }) => key),
  )
}

export const handleKey: Signer = testSigner('pair/handle')
