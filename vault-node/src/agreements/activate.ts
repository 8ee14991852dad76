import type { Allowance } from '@dcann/protocol/agreement'
import type { Binding } from '@dcann/protocol/binding'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Soon } from '@dcann/protocol/notice'
import type { SignedPair } from '@dcann/protocol/pair'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { Store, Write } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { padded } from '../evidence/shelf.ts'
import { followRequester } from '../following/shelf.ts'
import { noticeAtEnd, noticeTo } from '../notices/shelf.ts'
import type { World } from '../world.ts'
import { between, byHandle, ofPassport, pairs, segmentOf, type State, states, successors } from './shelf.ts'

export type ActivateDesk = { readonly store: Store; readonly world: World; readonly clock: Clock }

/** What is about to become active: proved, judged and not here yet. */
export type Made = {
  readonly pair: SignedPair
  readonly allowance: Allowance
  readonly binding: Verified<Binding>
  /** The requester as it was when this was judged. */
  readonly record: RequesterRecord
  /** What the holder is told of it soon: what they did themselves is no news. */
  readonly soon?: Soon
}

/** What an agreement is told by, whoever spoke first. */
export type Activated = {
  readonly agreement: string
  readonly handle: string
  readonly node: string
  readonly n: number
  readonly until: string
  /** When it comes into force, if it has to settle; `n` is 0 until then. */
  readonly settles?: string
}

/**
 * Describes the writes by which an agreement becomes active: its documents, its first line of evidence, and the end of what
 * it succeeds. They stand or fall as one commit. Throws what `supersede` throws.
 *
 * spec: agreement#activation
 */
export async function describeActivation(
  desk: ActivateDesk,
  { pair, allowance, binding, record, soon }: Made,
  now: Instant,
): Promise<Write[]> {
  const { passport } = binding.payload
  const { writes: prior, isOtherHandle } = await supersede(desk, passport, allowance, now)
  const evidence = appendEvidence(
    desk.world,
    { n: 0, leaf: null },
    {
      agreement: allowance.agreement,
      passport: null,
      kind: 'activated',
      request: binding.id,
      answer: null,
      outcome: 'activated',
      at: formatTime(now),
      of: passport,
      requester: allowance.requester,
      about: aboutTerms(allowance.terms),
      soon: soon ?? (isOtherHandle ? 'handle' : undefined),
    },
  )
  const state: State = { acted: 'active', ...evidence.head, grant_seq: 1, answers: 0, refusals: 0, used: {} }
  return [
    pairs.at(allowance.agreement).put({ passport, ...pair, binding: binding.signed, allowance }, 'absent'),
    states.at(allowance.agreement).put(state, 'absent'),
    ofPassport.at(passport, `${padded(now)}-${allowance.agreement}`).put(allowance.agreement),
    byHandle.at(allowance.handle).put(allowance.agreement),
    between.at(passport, segmentOf(allowance.requester)).put(allowance.agreement),
    noticeAtEnd(allowance),
    ...(await followRequester(desk.store, record, { passport, agreement: allowance.agreement })),
    ...evidence.writes,
    ...prior,
    ...desk.clock.remember(now),
  ]
}

/** What terms are about, for the holder's eyes. */
export function aboutTerms(terms: Allowance['terms']): string[] {
  return terms.map(({ strand, claims }) => (claims ? `${strand}: ${claims.join(', ')}` : strand).slice(0, 120))
}

/** The answer to whoever concluded it, the first time and every other. */
export function activatedAs(node: string, { agreement, handle, until }: Allowance): Activated {
  return { agreement, handle, node, n: 1, until: formatTime(until) }
}

/** Whether this agreement is here already. */
export async function isActivated(store: Store, { agreement }: Allowance): Promise<boolean> {
  const place = states.at(agreement)
  return place.from(await store.read([place.key])) !== undefined
}

/**
 * What the new agreement succeeds ends with it, in the same commit, and its chain says so. Throws `rule-broken` for one that
 * is not between the same two, `not-active` for one that has ended.
 */
async function supersede(
  desk: ActivateDesk,
  passport: string,
  { requester, prior, agreement, handle }: Allowance,
  now: Instant,
): Promise<{ readonly writes: readonly Write[]; readonly isOtherHandle: boolean }> {
  if (prior === null) return { writes: [], isOtherHandle: false }
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
  const next = successors.at(prior).put(agreement, 'absent')
  return {
    writes: [statePlace.replace(state, ended), next, noticeTo(requester, prior, ended.n, now), ...evidence.writes],
    isOtherHandle: pair.allowance.handle !== handle,
  }
}
