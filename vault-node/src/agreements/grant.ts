import { acceptanceNoun } from '@dcann/protocol/acceptance'
import {
  type Allowance,
  allowanceOf,
  type Documents,
  type Grant,
  grantNoun,
  judgeActivation,
  settlesAt,
} from '@dcann/protocol/agreement'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { admitKey } from '@dcann/protocol/key'
import { judgeOffer, offerNoun, requireRegisteredUse } from '@dcann/protocol/offer'
import { pairIn } from '@dcann/protocol/pair'
import { profferNoun } from '@dcann/protocol/proffer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { proveSigned, readSigned, type RecordId, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import type { grantCall } from '@dcann/protocol/vault-api'
import { settle } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import type { z } from 'zod'
import { decidedGranted, waiting } from '../asks/shelf.ts'
import { notePassport } from '../evidence/note-happening.ts'
import { padded } from '../evidence/shelf.ts'
import type { Following } from '../following/requesters.ts'
import type { Zones } from '../following/zones.ts'
import type { Turns } from '../turns.ts'
import {
  aboutTerms,
  type Activated,
  activatedAs,
  type ActivateDesk,
  describeActivation,
  isActivated,
} from './activate.ts'
import { proveBindingNow, requireBound } from './bind.ts'
import { type Pair, pairs, settling, settlingDue } from './shelf.ts'

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
 * key of a passport hosted here signed, nor one with the right to. One that is to settle is kept until it has, with the codes
 * of `settlesAt`; sent without that, it is in force at once.
 */
export async function conclude(
  desk: GrantDesk,
  submitted: Submitted,
  reading: Instant,
  /** When it came, if it has settled since. */
  settled?: Instant,
): Promise<Activated> {
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
      const activated = activatedAs(desk.node, allowance)
      if (await isActivated(desk.store, allowance)) return activated
      judgeActivation(first, grant, record, now, settled)
      const place = settling.at(passport, allowance.agreement)
      const held = place.from(await desk.store.read([place.key]))
      if (submitted.settle && settled === undefined) {
        if (held) return { ...activated, n: 0, settles: held.value.settles }
        const settles = settlesAt(first, grant, allowance, now)
        await keepSettling(desk, passport, { submitted, allowance, settles, now, founded })
        return { ...activated, n: 0, settles: formatTime(settles) }
      }
      const soon = settled === undefined ? {} : { soon: 'settled' as const }
      const made = { pair: pairIn(submitted), allowance, binding, record, ...soon }
      const writes = await describeActivation(desk, made, now)
      const decided = ask === undefined ? [] : decidedGranted(passport, ask, allowance.agreement)
      // one that was taken back in between is not concluded: its row is gone
      if (settled !== undefined && !held) throw new ProtocolError('not-found', 'concluding an agreement: it was undone')
      const forgotten = held ? [place.delete(held.version)] : []
      await desk.store.commit({ writes: [...writes, ...decided, ...forgotten, ...founded] })
      return activated
    }),
  )
}

type Kept = {
  readonly submitted: Submitted
  readonly allowance: Allowance
  readonly settles: Instant
  readonly now: Instant
  readonly founded: readonly Write[]
}

/** Keeps what is to settle as it came, with a line in the passport's own chain, which whoever asked never sees. */
async function keepSettling(
  desk: GrantDesk,
  passport: string,
  { submitted, allowance: { agreement, requester, terms }, settles, now, founded }: Kept,
): Promise<void> {
  const at = formatTime(now)
  const ask = 'offer' in submitted ? submitted.ask : undefined
  const line = { kind: 'ask', request: agreement, answer: null, outcome: 'settling', at, of: passport } as const
  await notePassport(desk, { ...line, requester, about: aboutTerms(terms) }, [
    settling.at(passport, agreement).put({ call: submitted, requester, at, settles: formatTime(settles) }, 'absent'),
    settlingDue.at(padded(settles), agreement).put(passport),
    ...(ask === undefined ? [] : [waiting.at(passport, ask).delete()]),
    ...founded,
  ])
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
