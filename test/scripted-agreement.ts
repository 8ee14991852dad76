import type { Term } from '@dcann/protocol/offer'
import type { Identifier } from '@dcann/protocol/identifier'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { AgreementPair } from '@dcann/sdk/agreement-pair'
import { makeOffer, type OfferText } from '@dcann/sdk/requester'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { controlSigner, handleSigner } from '@dcann/sdk/wallet-keys'
import type { SigningWorld } from '@dcann/sdk/world'
import type { CastRequester } from './cast.ts'

/** One thing asked for: rides of the last 180 days, whole or by their weekly count. */
export const ridesTerm: Term = {
  id: 'rides',
  optional: false,
  strand: 'mobility.rides',
  claims: ['rides_per_week'],
  category: 'pd:TravelHistory',
  purpose: 'dpv:PersonalisedBenefits',
  purpose_text: { en: 'A lower premium for those who drive little.' },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A6-1-a',
  mode: 'query',
  fetch: 'periodic',
  frequency: { max: 10, per: 'day' },
  data_range: { last: 'P180D' },
  data_life: 'P30D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: ['EE'],
  used_by: [],
  combine: 'never',
}

/** An optional one beside it: whole entries of locations. */
export const placesTerm: Term = {
  ...ridesTerm,
  id: 'places',
  optional: true,
  strand: 'mobility.places',
  claims: null,
  category: 'pd:Location',
}

export function offerText(now: number): OfferText {
  return {
    expires: now + 86_400,
    lasts: 'P180D',
    terms: [ridesTerm, placesTerm],
    value: {
      gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides'] }],
      settle_by: 'P30D',
    },
    notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
    sealing_key: null,
    template: null,
  }
}

/** An agreement between a requester of the cast and the wallet of a seed. */
export async function makeAgreement(
  world: SigningWorld,
  { record, keys }: CastRequester,
  seed: Uint8Array,
  passport: Identifier,
  terms: readonly string[] = ['rides', 'places'],
  text: Partial<OfferText> = {},
): Promise<AgreementPair> {
  const requester: RequesterRecord = record.payload
  const [signer] = keys
  if (signer === undefined) throw new Error('the cast’s requester has no key')
  const offer = await makeOffer(world, requester, signer, { ...offerText(Math.floor(world.now())), ...text })
  const { grant, allowance } = await makeGrant(world, offer, {
    terms,
    requester,
    passport,
    handle: handleSigner(seed, requester.name, 0),
    control: controlSigner(seed),
  })
  return { offer, grant, allowance }
}
