import { utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Refusal, refusalNoun } from '@dcann/protocol/refusal'
import type { Query } from '@dcann/protocol/request'
import type { SignatureClaims } from '@dcann/protocol/request-signature'
import { type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { isStoreError } from '@dcann/store/errors'
import { settle } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import { states } from '../agreements/shelf.ts'
import type { AnswerDesk } from './desk.ts'
import { type Found, stateIn } from './find.ts'
import { noncePlace, spend } from './shelf.ts'

/** Codes that cost the node more than the caller, or that say nothing about the caller: counted, never written. */
const unwritten = new Set(['rate-limited', 'unavailable', 'stale', 'replayed', 'internal'])

/**
 * Makes a refusal durable before it is given: in the agreement's chain while that lives, else in the passport's own, so
 * that the holder sees who asked and why they got nothing. The nonce is spent with it, whoever asks for whomever, so a
 * refusal takes one commit for a stranger as for a person who exists.
 *
 * Returns the refusal signed, for the caller to keep; `undefined` for the uniform 404 and for what is only counted.
 */
export async function refuse(
  desk: AnswerDesk,
  query: Query,
  digest: string,
  claims: SignatureClaims | undefined,
  found: Found,
  error: ProtocolError,
  now: Instant,
): Promise<Signed | undefined> {
  if (unwritten.has(error.code) || desk.refusalRates.take(query.from, desk.world.monotonic()) > 0) return undefined
  const live = error.code === 'not-found' ? undefined : found.agreement
  const n = live
    ? await writeInAgreement(desk, query, digest, claims, live.id, live.pair.passport, error, now)
    : await writeInPassport(desk, query, digest, claims, found, error, now)
  if (error.code === 'not-found') return undefined
  const refusal: Refusal = {
    v: 1,
    node: desk.node,
    aud: query.from,
    request: digest,
    agreement: live?.id ?? null,
    n: n ?? null,
    code: error.code,
    at: formatTime(now),
  }
  return await signPayload(refusalNoun, refusal, [desk.identitySigner])
}

function happeningOf(query: Query, digest: string, passport: string, error: ProtocolError, now: Instant) {
  return {
    kind: 'refusal' as const,
    request: digest,
    answer: null,
    outcome: error.code,
    at: formatTime(now),
    of: passport,
    requester: query.from,
    about: aboutOf(query),
  }
}

/** What was asked, for the holder's eyes: strands, and claims where some were named. */
export function aboutOf(query: Pick<Query, 'items'>): string[] {
  return query.items
    .map(({ strand, claims }) => (claims ? `${strand}: ${claims.join(', ')}` : strand))
    .map((text) => (utf8(text).length > 120 ? `${text.slice(0, 100)}…` : text))
}

async function writeInAgreement(
  desk: AnswerDesk,
  query: Query,
  digest: string,
  claims: SignatureClaims | undefined,
  agreement: string,
  passport: string,
  error: ProtocolError,
  now: Instant,
): Promise<number> {
  const place = states.at(agreement)
  return await desk.turns.take(`agreement/${agreement}`, () =>
    withNonce(claims, async (writes) => {
      const state = stateIn(await desk.store.read([place.key]), agreement)
      const appended = appendEvidence(desk.world, state.value, {
        ...happeningOf(query, digest, passport, error, now),
        agreement,
        passport: null,
      })
      await desk.store.commit({
        writes: [
          place.replace(state, { ...state.value, ...appended.head, refusals: state.value.refusals + 1 }),
          ...appended.writes,
          ...writes,
          ...desk.clock.remember(now),
        ],
      })
      return appended.head.n
    }),
  )
}

async function writeInPassport(
  desk: AnswerDesk,
  query: Query,
  digest: string,
  claims: SignatureClaims | undefined,
  { passport }: Found,
  error: ProtocolError,
  now: Instant,
): Promise<number | undefined> {
  if (passport === undefined) {
    // a stranger costs one commit as somebody does
    await withNonce(
      claims,
      async (writes) => void (await desk.store.commit({ writes: [...writes, ...desk.clock.remember(now)] })),
    )
    return undefined
  }
  const place = passportHeads.at(passport)
  return await desk.turns.take(`passport/${passport}`, () =>
    withNonce(claims, async (writes) => {
      const head = place.from(await desk.store.read([place.key]))
      const appended = appendEvidence(desk.world, head?.value ?? { n: 0, leaf: null }, {
        ...happeningOf(query, digest, passport, error, now),
        agreement: null,
        passport,
      })
      await desk.store.commit({
        writes: [place.replace(head, appended.head), ...appended.writes, ...writes, ...desk.clock.remember(now)],
      })
      return appended.head.n
    }),
  )
}

/** A commit that spends a nonce conflicts when somebody has spent it: that is a replay, not a reason to try again. */
export async function withNonce<T>(
  claims: SignatureClaims | undefined,
  act: (writes: Write[]) => Promise<T>,
): Promise<T> {
  try {
    return await settle(async () => {
      try {
        return await act(claims ? [spend(claims)] : [])
      } catch (error) {
        if (claims && isStoreError(error, 'conflict') && error.key === noncePlace(claims).key) throw replayed()
        throw error
      }
    }, 64)
  } catch (error) {
    if (isStoreError(error, 'conflict'))
      throw new ProtocolError('unavailable', 'deciding: too many decide on the same thing at once; ask again')
    throw error
  }
}

export function replayed(): ProtocolError {
  return new ProtocolError('replayed', 'checking the nonce: it was spent before; sign the request anew', {
    check: 'nonce',
  })
}
