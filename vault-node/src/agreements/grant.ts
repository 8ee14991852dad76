import { acceptanceNoun } from '@dcann/protocol/acceptance'
import { allowanceOf, type Documents, type Grant, grantNoun, judgeActivation } from '@dcann/protocol/agreement'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { admitKey } from '@dcann/protocol/key'
import { judgeOffer, offerNoun, requireRegisteredUse } from '@dcann/protocol/offer'
import { pairIn } from '@dcann/protocol/pair'
import { profferNoun } from '@dcann/protocol/proffer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { proveSigned, readSigned, type RecordId, type Verified } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { grantCall } from '@dcann/protocol/vault-api'
import { settle } from '@dcann/store/shelf'
import type { z } from 'zod'
import { decidedGranted } from '../asks/shelf.ts'
import type { Following } from '../following/requesters.ts'
import type { Zones } from '../following/zones.ts'
import type { Turns } from '../turns.ts'
import { type Activated, activatedAs, type ActivateDesk, describeActivation, isActivated } from './activate.ts'
import { proveBindingNow, requireBound } from './bind.ts'
import { type Pair, pairs } from './shelf.ts'

export type GrantDesk = ActivateDesk & {
  readonly turns: Turns
  readonly following: Following
  readonly zones: Zones
  readonly node: string
}

type Submitted = z.infer<typeof grantCall>

/**
 * Concludes an agreement by a grant: every document and the binding proved, the requester and its registered uses looked up
 * in its own country's zone, the pair judged, and `activated` made durable. The same grant again gets the same answer.
 *
 * Throws the codes of `judgeOffer`, `allowanceOf` and `judgeActivation`, and `not-entitled` for a binding that no control
 * key of a passport hosted here signed, nor one with the right to.
 */
export async function conclude(desk: GrantDesk, submitted: Submitted, reading: Instant): Promise<Activated> {
  const now = desk.clock.decide(reading)
  const form = readSigned(grantNoun, submitted.grant)
  admitKey(form.payload.key)
  const grant = await proveSigned(form, [form.payload.key])
  const { documents, record } =
    'offer' in submitted
      ? await proveOffered(desk, submitted.offer, grant, now)
      : await proveAccepted(desk, submitted, grant, now)
  const first = 'offer' in documents ? documents.offer : documents.proffer
  const allowance = allowanceOf(documents)
  const { binding, founded } = await proveBindingNow(desk, submitted.binding, now)
  requireBound(binding.payload, allowance)
  const ask = 'offer' in submitted ? submitted.ask : undefined
  const { passport } = binding.payload
  return await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      if (await isActivated(desk.store, allowance)) return activatedAs(desk.node, allowance)
      judgeActivation(first, grant, record, now)
      const writes = await describeActivation(desk, { pair: pairIn(submitted), allowance, binding, record }, now)
      const decided = ask === undefined ? [] : decidedGranted(passport, ask, allowance.agreement)
      await desk.store.commit({ writes: [...writes, ...decided, ...founded] })
      return activatedAs(desk.node, allowance)
    }),
  )
}

type Proved = { readonly documents: Documents; readonly record: RequesterRecord }

async function proveOffered(desk: GrantDesk, signed: unknown, grant: Verified<Grant>, now: Instant): Promise<Proved> {
  const submitted = readSigned(offerNoun, signed)
  const { record } = await desk.following.decide(submitted.payload.requester, now)
  const offer = await proveSigned(submitted, record.keys)
  // an offer's expiry binds first grants only: who succeeds an agreement over the same offer needs nothing new of its author
  const before = await priorPair(desk, grant.payload.prior)
  const again = before && 'offer' in before && readSigned(offerNoun, before.offer).id === offer.id
  judgeOffer(offer, record, again ? Math.min(now, parseTime(offer.payload.expires) - 1) : now)
  return { documents: { offer, grant }, record }
}

/** A grant anew over what was agreed on a proffer: the acceptance is the company's word, and is asked for nothing new. */
async function proveAccepted(
  desk: GrantDesk,
  submitted: Exclude<Submitted, { offer: unknown }>,
  grant: Verified<Grant>,
  now: Instant,
): Promise<Proved> {
  const form = readSigned(profferNoun, submitted.proffer)
  const proffer = await proveSigned(form, [form.payload.key])
  const second = readSigned(acceptanceNoun, submitted.acceptance)
  const { record } = await desk.following.decide(second.payload.requester, now)
  const before = await priorPair(desk, grant.payload.prior)
  if (!before || !('acceptance' in before) || idOf(before.acceptance) !== second.id) {
    throw new ProtocolError(
      'rule-broken',
      'concluding an agreement: a grant over an acceptance takes the place of an agreement on it',
    )
  }
  if (record.status !== 'active')
    throw new ProtocolError('not-active', `concluding an agreement: ${quote(record.name)} is ${record.status}`)
  const acceptance = await proveSigned(second, record.keys)
  for (const term of proffer.payload.terms.filter(({ id }) => grant.payload.terms.includes(id)))
    requireRegisteredUse(term, record)
  return { documents: { proffer, acceptance, grant }, record }
}

function idOf(signed: unknown): RecordId {
  return readSigned(acceptanceNoun, signed).id
}

async function priorPair({ store }: GrantDesk, prior: string | null): Promise<Pair | undefined> {
  if (prior === null) return undefined
  const place = pairs.at(prior)
  return place.from(await store.read([place.key]))?.value
}
