import type { Departure } from '@dcann/http/departure'
import type { Door, DoorEnv } from '@dcann/http/door'
import { problemOf } from '@dcann/http/problem'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits, times } from '@dcann/protocol/limits'
import { type Query, querySchema, requestDigest } from '@dcann/protocol/request'
import type { Signed } from '@dcann/protocol/signed'
import { batchCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { isRequester } from '../calls.ts'
import { answer, type Asked, type Ready } from './answer.ts'
import type { AnswerDesk } from './desk.ts'
import { type Found, findAgreement } from './find.ts'
import { refuse, withNonce } from './refuse.ts'

/** `POST /v1/requests` and `POST /v1/requests/batch`. */
export function requestRoutes(app: Hono<DoorEnv>, door: Door, desk: AnswerDesk): void {
  const keysOf = async (from: string, now: number) => {
    // an identifier or a handle asks nothing here; the schema says so after the signature
    if (!isRequester(from))
      throw new ProtocolError('key-unknown', 'proving the signature: only requesters ask here', { check: 'keyid' })
    return (await desk.following.decide(from, desk.clock.decide(now))).record.keys
  }

  app.post('/v1/requests', async (c) => {
    const received = await door.authenticated(c, querySchema, keysOf)
    const asked: Asked = {
      query: received.body,
      bytes: received.bytes,
      claims: received.claims,
      now: desk.clock.decide(received.now),
    }
    const outcome = await decideOne(desk, asked)
    if ('refused' in outcome) return refusalResponse(outcome.refused, outcome.signed)
    return send(door.departure(c), [outcome], canonicalBytes(outcome.answer))
  })

  app.post('/v1/requests/batch', async (c) => {
    const received = await door.authenticated(c, batchCall, keysOf, limits.bodyBytes)
    const now = desk.clock.decide(received.now)
    await withNonce(received.claims, async (writes) => void (await desk.store.commit({ writes })))
    const outcomes: (Ready | Refused)[] = []
    let size = 64
    try {
      for (const query of received.body.requests) {
        const outcome = await decideItem(desk, received.from, query, now, limits.answerWireBytes - size)
        outcomes.push(outcome)
        size += 'refused' in outcome ? 128 : canonicalBytes(outcome.answer).length + 1
      }
    } catch (error) {
      withdrawAll(readyOf(outcomes))
      throw error
    }
    const ready = readyOf(outcomes)
    const answers = outcomes.map((outcome) =>
      'refused' in outcome || outcome.announced.isCut() ? { problem: problemIn(outcome) } : outcome.answer,
    )
    if (ready.length === 0) return c.json({ answers })
    return send(door.departure(c), ready, canonicalBytes({ answers }))
  })
}

/** One answer on the wire, in the clear or sealed, at most. */
const mostAnswerBytes = Math.ceil((limits.sealedBytes * 4) / 3) + 1024

type Refused = { readonly refused: ProtocolError; readonly signed: Signed | undefined }

async function decideItem(
  desk: AnswerDesk,
  from: string,
  query: Query,
  now: number,
  room: number,
): Promise<Ready | Refused> {
  if (query.from !== from) {
    return {
      refused: new ProtocolError('not-entitled', 'answering a batch: an item is from somebody else than the batch'),
      signed: undefined,
    }
  }
  if (room < mostAnswerBytes) {
    return {
      refused: new ProtocolError(
        'too-large',
        'answering a batch: no room is left in this answer; ask for the rest by itself',
      ),
      signed: undefined,
    }
  }
  return await decideOne(desk, { query, bytes: canonicalBytes(query), claims: undefined, now })
}

/** Finds, decides and answers; a refusal is made durable before it is given. */
async function decideOne(desk: AnswerDesk, asked: Asked): Promise<Ready | Refused> {
  const { query, now } = asked
  let found: Found = { passport: undefined, agreement: undefined }
  try {
    found = await findAgreement(desk.store, query)
    const requester = await desk.following.decide(query.from, now)
    refuseSlowReaders(desk, query.from)
    // whoever has no agreement does not learn by it whether anybody is hosted here
    const confirmed = found.agreement && (await desk.zones.confirm(found.agreement.pair.passport, now))
    const unconfirmed = requester.unconfirmed || confirmed?.unconfirmed === true
    return await answer(desk, asked, found, { ...requester, unconfirmed })
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const signed = await refuse(desk, query, requestDigest(asked.bytes), asked.claims, found, error, now)
    if (error.code === 'not-found') throwUnlessBatch(asked, error)
    return { refused: error, signed }
  }
}

/** Alone, the uniform 404 is the door's to release in its slot; in a batch it is one code among others. */
function throwUnlessBatch(asked: Asked, error: ProtocolError): void {
  if (asked.claims) throw error
}

/** Whoever lets answers wait in the socket holds back every revoke; two such at a time are enough. */
function refuseSlowReaders({ leaving }: AnswerDesk, from: string): void {
  if (leaving.unread(from, times.slowLeaseMilliseconds) >= 2) {
    throw new ProtocolError('rate-limited', 'answering: two answers to you are still being read; read them first', {
      retry_after: times.lease,
    })
  }
}

/** Hands the bytes to the departure, unless a revoke came first. */
function send(departure: Departure, ready: readonly Ready[], bytes: Uint8Array): Response {
  if (ready.some(({ announced }) => announced.isCut())) {
    withdrawAll(ready)
    throw new ProtocolError('not-found', 'answering: the agreement ended before the answer left')
  }
  try {
    const departing = departure.send({
      bytes,
      until: Math.min(...ready.map(({ until }) => until)),
      untilTime: Math.min(...ready.map(({ untilTime }) => untilTime)),
    })
    for (const { announced } of ready) announced.follow(departing)
  } catch (error) {
    withdrawAll(ready)
    throw error
  }
  return departure.response()
}

function readyOf(outcomes: readonly (Ready | Refused)[]): Ready[] {
  return outcomes.filter((outcome) => 'answer' in outcome)
}

/** Nothing of these will be sent: a revoke that waits for them need not wait any more. */
function withdrawAll(ready: readonly Ready[]): void {
  for (const { announced } of ready) announced.withdraw()
}

/** A problem that carries the node's signed refusal, so that the requester can show it. */
function refusalResponse(error: ProtocolError, signed: Signed | undefined): Response {
  const { status, headers, body } = problemOf(error)
  if (!signed) return new Response(body, { status, headers })
  const { refusal: _, ...problem } = { refusal: undefined, ...(JSON.parse(body) as Record<string, unknown>) }
  return new Response(JSON.stringify({ ...problem, refusal: signed }), { status, headers })
}

function problemIn(outcome: Ready | Refused): { readonly code: string; readonly status: number } {
  const { code, status } = problemOf('refused' in outcome ? outcome.refused : new ProtocolError('not-found', 'ended'))
  return { code, status }
}
