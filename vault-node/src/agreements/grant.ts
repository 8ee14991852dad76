import { admitKey } from '@dcann/protocol/key'
import { type Allowance, allowanceOf, grantNoun, judgeActivation } from '@dcann/protocol/agreement'
import { type Binding, bindingNoun } from '@dcann/protocol/binding'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { judgeOffer, offerNoun } from '@dcann/protocol/offer'
import { rightsToBind } from '@dcann/protocol/right'
import { proveSigned, readSigned, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import { decidedGranted } from '../asks/shelf.ts'
import { keysOfHolder } from '../capabilities/keys.ts'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { padded } from '../evidence/shelf.ts'
import type { Following } from '../following/requesters.ts'
import { noticeAtEnd, noticeTo } from '../notices/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { between, byHandle, ofPassport, pairs, segmentOf, type State, states } from './shelf.ts'

export type GrantDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly following: Following
  readonly node: string
}

export type GrantSubmitted = {
  readonly offer: unknown
  readonly grant: unknown
  readonly binding: unknown
  readonly ask?: string | undefined
}
export type Granted = {
  readonly agreement: string
  readonly handle: string
  readonly node: string
  readonly n: number
  readonly until: string
}

/**
 * Concludes an agreement: both documents and the binding proved, the requester and its registered uses looked up in its
 * own country's zone, the pair judged, and `activated` made durable. The same grant again gets the same answer.
 *
 * Throws the codes of `judgeOffer`, `allowanceOf` and `judgeActivation`, and `not-entitled` for a binding that no control
 * key of a passport hosted here signed, nor one with the right to.
 */
export async function conclude(
  desk: GrantDesk,
  { offer, grant, binding, ask }: GrantSubmitted,
  reading: Instant,
): Promise<Granted> {
  const now = desk.clock.decide(reading)
  const submittedOffer = readSigned(offerNoun, offer)
  const { record } = await desk.following.decide(submittedOffer.payload.requester, now)
  const provedOffer = await proveSigned(submittedOffer, record.keys)
  const submittedGrant = readSigned(grantNoun, grant)
  admitKey(submittedGrant.payload.key)
  const provedGrant = await proveSigned(submittedGrant, [submittedGrant.payload.key])
  // an offer's expiry binds first grants only: who succeeds an agreement over the same offer needs nothing new of its author
  const again = await isOverOfferOf(desk.store, provedGrant.payload.prior, provedOffer.id)
  judgeOffer(provedOffer, record, again ? Math.min(now, lastMoment(provedOffer.payload.expires)) : now)
  const allowance = allowanceOf({ offer: provedOffer, grant: provedGrant })
  const bound = await proveBinding(desk, binding, now)
  requireFits(bound.payload, allowance)

  const passport = bound.payload.passport
  const before = async (): Promise<Granted | undefined> => {
    const place = states.at(allowance.agreement)
    return place.from(await desk.store.read([place.key])) ? { ...grantedOf(desk.node, allowance), n: 1 } : undefined
  }
  return await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const known = await before()
      if (known) return known
      judgeActivation(provedOffer, provedGrant, record, now)
      const prior = await supersede(desk, passport, allowance, now)
      const evidence = appendEvidence(
        desk.world,
        { n: 0, leaf: null },
        {
          agreement: allowance.agreement,
          passport: null,
          kind: 'activated',
          request: bound.id,
          answer: null,
          outcome: 'activated',
          at: formatTime(now),
          of: passport,
          requester: allowance.requester,
          about: allowance.terms.map((term) =>
            (term.claims ? `${term.strand}: ${term.claims.join(', ')}` : term.strand).slice(0, 120),
          ),
        },
      )
      const state: State = { acted: 'active', ...evidence.head, grant_seq: 1, answers: 0, refusals: 0, used: {} }
      await desk.store.commit({
        writes: [
          pairs
            .at(allowance.agreement)
            .put(
              { passport, offer: provedOffer.signed, grant: provedGrant.signed, binding: bound.signed, allowance },
              'absent',
            ),
          states.at(allowance.agreement).put(state, 'absent'),
          ofPassport.at(passport, `${padded(now)}-${allowance.agreement}`).put(allowance.agreement),
          byHandle.at(allowance.handle).put(allowance.agreement),
          between.at(passport, segmentOf(allowance.requester)).put(allowance.agreement),
          ...(ask === undefined ? [] : decidedGranted(passport, ask, allowance.agreement)),
          noticeAtEnd(allowance),
          ...evidence.writes,
          ...prior,
          ...desk.clock.remember(now),
        ],
      })
      return { ...grantedOf(desk.node, allowance), n: 1 }
    }),
  )
}

function lastMoment(expires: string): Instant {
  return Date.parse(expires) / 1000 - 1
}

function grantedOf(
  node: string,
  allowance: { readonly agreement: string; readonly handle: string; readonly until: Instant },
): Omit<Granted, 'n'> {
  return { agreement: allowance.agreement, handle: allowance.handle, node, until: formatTime(allowance.until) }
}

async function proveBinding({ store }: GrantDesk, binding: unknown, now: Instant): Promise<Verified<Binding>> {
  const submitted = readSigned(bindingNoun, binding)
  // an unknown passport, a wrong key and a bad signature are one refusal: this call must not tell who lives here
  try {
    return await proveSigned(submitted, await keysOfHolder(store, submitted.payload.passport, rightsToBind, now))
  } catch (error) {
    throw error instanceof ProtocolError && ['key-unknown', 'record-signature-invalid'].includes(error.code)
      ? unbound()
      : error
  }
}

function unbound(): ProtocolError {
  return new ProtocolError(
    'not-entitled',
    'concluding an agreement: no control key of a passport at home here signed the binding',
  )
}

function requireFits(
  binding: Binding,
  { handle, key, requester }: { readonly handle: string; readonly key: string; readonly requester: string },
): void {
  if (binding.handle !== handle || binding.key !== key || binding.requester !== requester) {
    throw new ProtocolError(
      'rule-broken',
      `concluding an agreement: the binding is of another handle, key or requester than the grant to ${quote(requester, 60)}`,
    )
  }
}

async function isOverOfferOf(store: Store, prior: string | null, offer: string): Promise<boolean> {
  if (prior === null) return false
  const place = pairs.at(prior)
  const pair = place.from(await store.read([place.key]))?.value
  return pair !== undefined && readSigned(offerNoun, pair.offer).id === offer
}

/**
 * What the new agreement succeeds ends with it, in the same commit, and its chain says so. Throws `rule-broken` for one that
 * is not between the same two, `not-active` for one that has ended.
 */
async function supersede(
  desk: GrantDesk,
  passport: string,
  { requester, prior, agreement }: Pick<Allowance, 'requester' | 'prior' | 'agreement'>,
  now: Instant,
): Promise<Write[]> {
  if (prior === null) return []
  const statePlace = states.at(prior)
  const pairPlace = pairs.at(prior)
  const snapshot = await desk.store.read([statePlace.key, pairPlace.key])
  const pair = pairPlace.from(snapshot)?.value
  const state = statePlace.from(snapshot)
  if (!pair || !state || pair.passport !== passport || pair.allowance.requester !== requester) {
    throw new ProtocolError('rule-broken', 'concluding an agreement: it succeeds one that is not between these two')
  }
  if (state.value.acted === 'revoked' || state.value.acted === 'retired' || state.value.acted === 'superseded') {
    throw new ProtocolError(
      'not-active',
      `concluding an agreement: the one it succeeds is ${state.value.acted}; make a new one without prior`,
    )
  }
  const evidence = appendEvidence(desk.world, state.value, {
    agreement: prior,
    passport: null,
    kind: 'act',
    request: agreement,
    answer: null,
    outcome: 'superseded',
    at: formatTime(now),
    of: passport,
    requester,
  })
  const ended = { ...state.value, ...evidence.head, acted: 'superseded' as const, grant_seq: evidence.head.n }
  return [statePlace.replace(state, ended), noticeTo(requester, prior, ended.n, now), ...evidence.writes]
}
