import { type Acceptance, acceptanceNoun } from '@dcann/protocol/acceptance'
import { pinOf } from '@dcann/protocol/control'
import { handleOf } from '@dcann/protocol/handle'
import type { Signer } from '@dcann/protocol/key'
import { type Proffer, profferNoun } from '@dcann/protocol/proffer'
import { proveSigned, readSigned, signPayload, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { CastRequester } from './cast.ts'
import { ageTerm, handleKey, ridesTerm } from './pair.ts'

/** A proffer to the cast's insurer under the handle key of the tests, proved. */
export async function makeProffer(
  now: Instant,
  change: Partial<Proffer> = {},
  signers: readonly Signer[] = [handleKey],
): Promise<Verified<Proffer>> {
  const proffer: Proffer = {
    v: 1,
    for: { requester: 'EE/requester/insurer' },
    handle: handleOf(handleKey.key),
    key: handleKey.key,
    at: formatTime(now),
    expires: formatTime(now + 7 * 86_400),
    lasts: 'P90D',
    terms: [ridesTerm, ageTerm],
    value: { gives: [{ kind: 'insight', per: 'once', terms: ['rides', 'age'] }], settle_by: 'P30D' },
    prior: null,
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    ...change,
  }
  const signed = await signPayload(profferNoun, proffer, signers)
  return await proveSigned(
    readSigned(profferNoun, signed),
    signers.map(({ key }) => key),
  )
}

/** An acceptance of a proffer by a requester of the cast, proved. */
export async function makeAcceptance(
  proffer: Verified<Proffer>,
  { record, keys }: CastRequester,
  now: Instant,
  change: Partial<Acceptance> = {},
  signers: readonly Signer[] = keys.slice(0, 1),
): Promise<Verified<Acceptance>> {
  const acceptance: Acceptance = {
    v: 1,
    proffer: proffer.id,
    requester: record.payload.name,
    terms: proffer.payload.terms.map(({ id }) => id),
    control: pinOf(record.payload.control),
    at: formatTime(now),
    until: formatTime(now + 30 * 86_400),
    sealing_key: null,
    refusal_detriment: 'none',
    jurisdiction: record.payload.name.slice(0, 2),
    authority: record.payload.authority,
    notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
    ring_fence: 'admitted',
    nonce: 'BBBBBBBBBBBBBBBBBBBBBA',
    ...change,
  }
  const signed = await signPayload(acceptanceNoun, acceptance, signers)
  return await proveSigned(
    readSigned(acceptanceNoun, signed),
    signers.map(({ key }) => key),
  )
}
