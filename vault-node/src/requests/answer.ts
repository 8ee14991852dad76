import { type Assertion, assertionNoun } from '@dcann/protocol/assertion'
import { sealingKeyOf, standingOf } from '@dcann/protocol/agreement'
import { cover, type CoveredItem } from '@dcann/protocol/cover'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { secondsOf } from '@dcann/protocol/offer'
import { type Query, requestDigest } from '@dcann/protocol/request'
import type { SignatureClaims } from '@dcann/protocol/request-signature'
import { sealAnswer } from '@dcann/protocol/seal'
import { recordIdOf, type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import type { AnswerBody } from '@dcann/protocol/vault-api'
import type { Place } from '@dcann/store/shelf'
import type { Snapshot, Write } from '@dcann/store/store'
import { type Pair, type State, states } from '../agreements/shelf.ts'
import { appendEvidence } from '../evidence/append.ts'
import { padded } from '../evidence/shelf.ts'
import type { Followed } from '../following/requesters.ts'
import { type Standing, standings } from '../passports/shelf.ts'
import { select } from '../strands/select.ts'
import { freshSalt } from '../world.ts'
import type { AnswerDesk } from './desk.ts'
import { type Found, stateIn } from './find.ts'
import { countUse } from './frequency.ts'
import type { Announced } from './leaving.ts'
import { aboutOf, replayed, withNonce } from './refuse.ts'
import { noncePlace, repeatPlace, repeatsDue } from './shelf.ts'

/** An answer whose evidence is durable, and the lease it may leave under. */
export type Ready = {
  readonly answer: AnswerBody
  /** Monotonic milliseconds after which no byte of it may be written. */
  readonly until: number
  /** The same in milliseconds of the wall clock, which goes on where a machine that sleeps stops the other. */
  readonly untilTime: number
  readonly announced: Announced
}

export type Asked = {
  readonly query: Query
  readonly bytes: Uint8Array
  /** Absent for an item of a batch, whose envelope has spent the nonce. */
  readonly claims: SignatureClaims | undefined
  readonly now: Instant
}

/**
 * Answers a query: decides on the state as it stands, selects what the agreement lets out, signs it, seals it where the
 * agreement names a key for that, and commits answer, evidence, nonce, counters and lease as one. Nothing may be sent before
 * this returns, nor after `until`.
 *
 * Throws the refusals of the specification in its order: not found, superseded, ended, suspended or paused, purpose and
 * over-asking, bounds, frequency.
 *
 * spec: request#order
 */
export async function answer(desk: AnswerDesk, asked: Asked, found: Found, requester: Followed): Promise<Ready> {
  const { query, claims } = asked
  const { agreement } = found
  if (!agreement) throw new ProtocolError('not-found', 'answering: there is no agreement')
  const digest = requestDigest(asked.bytes)
  const place = states.at(agreement.id)
  const standingPlace = standings.at(agreement.pair.passport)
  const repeat = repeatPlace(query.from, query.id)
  const nonce = claims ? noncePlace(claims) : undefined
  return await desk.turns.take(`agreement/${agreement.id}`, () =>
    withNonce(claims, async (spent) => {
      const snapshot = desk.store.read([place.key, standingPlace.key, repeat.key, ...(nonce ? [nonce.key] : [])])
      const seen = snapshot instanceof Promise ? await snapshot : snapshot
      if (nonce?.from(seen)) throw replayed()
      const state = stateIn(seen, agreement.id)
      const founded = requireAtHome(standingPlace, seen)
      const covered = decide(agreement.pair, state.value, query, requester, asked.now)
      const stored = repeat.from(seen)
      if (stored && stored.value.until > asked.now) {
        if (stored.value.digest !== digest) {
          throw new ProtocolError(
            'id-reused',
            `answering: the id ${quote(query.id, 64)} was used for another request; choose a new one`,
          )
        }
        // founded on the state as it was read: a revoke that comes between is a conflict
        return await leave(desk, asked, agreement.id, stored.value.answer, [...spent, founded, place.require(state)])
      }
      const used = countUse(state.value.used, agreement.pair.allowance, covered, asked.now)
      const assertion = await issue(desk, asked, digest, agreement.pair, state.value, covered, requester)
      const answered = await sealed(desk, assertion, digest, agreement.pair)
      const evidence = appendEvidence(desk.world, state.value, {
        agreement: agreement.id,
        passport: null,
        kind: 'answer',
        request: digest,
        answer: recordIdOf(fromBase64Url(assertion.payload)),
        outcome: 'answered',
        at: formatTime(asked.now),
        of: agreement.pair.passport,
        requester: query.from,
        about: aboutOf(query),
        soon: covered.some(({ term }) => isSpecialCategory(term.category)) ? 'special' : undefined,
      })
      const until = asked.now + times.repeatAnswer
      return await leave(desk, asked, agreement.id, answered, [
        ...spent,
        founded,
        place.replace(state, { ...state.value, ...evidence.head, answers: state.value.answers + 1, used }),
        ...evidence.writes,
        repeat.put({ digest, agreement: agreement.id, answer: answered, until }, stored?.version ?? 'absent'),
        repeatsDue.at(`${padded(until)}-${freshSalt(desk.world)}`).put(repeat.key),
        ...desk.clock.remember(asked.now),
      ])
    }),
  )
}

/** The decision itself: how the agreement stands now, and whether it covers what is asked. */
function decide({ allowance }: Pair, state: State, query: Query, requester: Followed, now: Instant): CoveredItem[] {
  const { standing, suspension } = standingOf(allowance, state.acted, requester.record, now, requester.held)
  switch (standing) {
    case 'superseded':
      throw new ProtocolError(
        'superseded',
        'answering: a newer agreement has taken the place of this one; ask under that',
      )
    case 'revoked':
    case 'retired':
    case 'expired':
      throw new ProtocolError('not-found', 'answering: the agreement has ended')
    case 'paused':
    case 'suspended':
      if (suspension === 'held') throw new ProtocolError('held', 'answering: the houses hold this requester')
      throw new ProtocolError(
        'not-active',
        'answering: the agreement is not active at this time',
        suspension ? { suspension } : {},
      )
    case 'active':
      return cover(query, allowance, requester.record, now)
  }
}

/**
 * The passport has to be at home here, and everything done that its records ask for; the answer is founded on it. Throws
 * `moved` to a party once it is at home elsewhere, `not-found` once it has ended.
 */
function requireAtHome(place: Place<Standing>, snapshot: Snapshot): Write {
  const standing = place.from(snapshot)
  if (!standing || standing.value.residence === 'ended')
    throw new ProtocolError('not-found', 'answering: there is no such passport')
  if (standing.value.residence === 'away')
    throw new ProtocolError('moved', 'answering: the passport is at home at another node; its holder says where')
  if (standing.value.due.length > 0)
    throw new ProtocolError('unavailable', 'answering: the passport has changed, which is being seen to; ask again')
  return place.require(standing)
}

async function issue(
  desk: AnswerDesk,
  { query, now }: Asked,
  digest: string,
  { passport, allowance }: Pair,
  state: State,
  covered: readonly CoveredItem[],
  { unconfirmed }: Followed,
): Promise<Signed> {
  const items = await select(desk, passport, allowance.agreement, covered, now)
  const life = Math.min(...covered.map(({ term }) => secondsOf(term.data_life)))
  const assertion: Assertion = {
    v: 1,
    iss: allowance.handle,
    aud: query.from,
    node: desk.node,
    request: digest,
    agreement: allowance.agreement,
    n: state.n + 1,
    grant_seq: state.grant_seq,
    iat: now,
    exp: Math.min(now + times.assertionLife, Math.max(allowance.until, now + 1)),
    complete: items.every(({ complete }) => complete),
    items,
    use_until: formatTime(now + life),
    ...(unconfirmed ? { unconfirmed: true } : {}),
  }
  return await signPayload(assertionNoun, assertion, [desk.assertionSigner])
}

/** The answer as it leaves and as it is kept: where its agreement names a sealing key, nobody in between can read it. */
async function sealed(
  { world }: AnswerDesk,
  assertion: Signed,
  request: string,
  { allowance }: Pair,
): Promise<AnswerBody> {
  const key = sealingKeyOf(allowance)
  if (key === null) return { assertion }
  return { sealed: await sealAnswer(key, { agreement: allowance.agreement, request }, assertion, world.random(32)) }
}

/** Commits under a lease that the answer leaves by. */
async function leave(
  desk: AnswerDesk,
  { query }: Asked,
  agreement: string,
  answered: AnswerBody,
  writes: readonly Write[],
): Promise<Ready> {
  const id = freshSalt(desk.world)
  const from = Math.floor(desk.world.now() * 1000)
  const until = desk.world.monotonic() + times.lease * 1000
  const announced = desk.leaving.announce(id, agreement, query.from)
  try {
    await desk.store.commit({
      writes: [...writes],
      lease: { id, scopes: [agreement], from, until: from + times.lease * 1000 },
    })
  } catch (error) {
    announced.withdraw()
    throw error
  }
  return { answer: answered, until, untilTime: from + times.lease * 1000, announced }
}
