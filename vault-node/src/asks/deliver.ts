import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Invite, inviteDigest } from '@dcann/protocol/invite'
import { times } from '@dcann/protocol/limits'
import { judgeOffer, type Offer, offerNoun } from '@dcann/protocol/offer'
import { proveSigned, readSigned, type Signed, type Verified } from '@dcann/protocol/signed'
import { refusedAs } from '@dcann/protocol/standing-refusal'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import { byHandle, pairs } from '../agreements/shelf.ts'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import type { Following } from '../following/requesters.ts'
import { findInviter, type Spending, spendInvite } from '../invites/spend.ts'
import { standings } from '../passports/shelf.ts'
import { rememberedPlaces, wanting } from '../refusals/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { asks, granted, waiting } from './shelf.ts'

export type AskDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly following: Following
}

export type Delivered = { readonly proposal: string; readonly state: 'pending'; readonly until: string }

/** To an address, or by a token that somebody gave out. */
export type To = { readonly to: string } | { readonly invite: Invite }

/**
 * Takes a delivered offer. The answer is the same whether anybody lives under the address, whether they have refused this
 * before, whether an invite is open, and whatever they will decide: pending, until the offer expires.
 */
export async function deliver(
  desk: AskDesk,
  from: string,
  to: To,
  offer: unknown,
  spent: readonly Write[],
  reading: Instant,
): Promise<Delivered> {
  const now = desk.clock.decide(reading)
  const { record } = await desk.following.decide(from, now)
  const proved = await proveSigned(readSigned(offerNoun, offer), record.keys)
  judgeOffer(proved, record, now)
  const proposal = base64Url(sha256(utf8(`dcann/proposal/1\n${from}\n${addressOf(to)}\n${proved.id}`)))
  const addressed = 'to' in to ? await addressee(desk.store, to.to) : await findInviter(desk.store, to.invite)
  const answer: Delivered = { proposal, state: 'pending', until: proved.payload.expires }
  const place = asks.at(proposal)
  const invited = async (passport: string): Promise<Spending | undefined> =>
    'to' in to
      ? undefined
      : await spendInvite(
          desk.store,
          passport,
          { invite: to.invite, ask: proposal, record, offer: proved.payload },
          now,
        )
  return await desk.turns.take(`passport/${addressed ?? ''}`, () =>
    settle(async () => {
      const spending = addressed === undefined ? undefined : await invited(addressed)
      const passport = 'to' in to || spending ? addressed : undefined
      const headPlace = passportHeads.at(passport ?? 'nobody')
      const wanted = passport === undefined ? undefined : wanting(passport, proved.payload, record)
      const snapshot = await desk.store.read([...new Set([place.key, headPlace.key, ...(wanted?.keys ?? [])])])
      if (place.from(snapshot)) {
        if (spent.length) await desk.store.commit({ writes: spent })
        return answer
      }
      const unwanted = wanted?.isUnwanted(snapshot, now) ?? true
      const writes: Write[] = [
        place.put(
          {
            requester: from,
            passport: passport ?? null,
            offer: proved.signed,
            expires: proved.payload.expires,
            received: formatTime(now),
            ...(spending ? { invite: spending.digest } : {}),
          },
          'absent',
        ),
      ]
      if (passport !== undefined && !unwanted) {
        const head = headPlace.from(snapshot)
        const evidence = appendEvidence(desk.world, head?.value ?? { n: 0, leaf: null }, {
          agreement: null,
          passport,
          kind: 'ask',
          request: proved.id,
          answer: null,
          outcome: 'delivered',
          at: formatTime(now),
          of: passport,
          requester: from,
          about: [...aboutOffer(proved), ...(spending ? [`by the invite ${spending.digest}`] : [])],
          soon: 'ask',
        })
        writes.push(
          waiting.at(passport, proposal).put(proposal),
          headPlace.replace(head, evidence.head),
          ...(spending ? [spending.write] : []),
          ...evidence.writes,
        )
      }
      await desk.store.commit({ writes: [...writes, ...spent, ...desk.clock.remember(now)] })
      return answer
    }),
  )
}

/** What stands for the address in the name of a proposal: never the token. */
function addressOf(to: To): string {
  return 'to' in to ? to.to : inviteDigest(to.invite)
}

async function addressee(store: Store, to: string): Promise<string | undefined> {
  if (to.length === 26) {
    const handle = byHandle.at(to)
    const agreement = handle.from(await store.read([handle.key]))?.value
    const pair = pairs.at(agreement ?? 'none')
    const passport = pair.from(await store.read([pair.key]))?.value.passport
    return passport === undefined ? undefined : await isAtHome(store, passport)
  }
  return await isAtHome(store, to)
}

/** One that has left or ended is asked no more than somebody who was never here. */
async function isAtHome(store: Store, passport: string): Promise<string | undefined> {
  const place = standings.at(passport)
  return place.from(await store.read([place.key]))?.value.residence === 'home' ? passport : undefined
}

function aboutOffer({ payload }: Verified<Offer>): string[] {
  return payload.terms.map(({ strand, claims }) => (claims ? `${strand}: ${claims.join(', ')}` : strand).slice(0, 120))
}

/** How a delivered offer stands for whoever delivered it. Throws `not-found` for one that is not theirs. */
export async function poll({ store, clock }: AskDesk, from: string, proposal: string, reading: Instant) {
  const now = clock.decide(reading)
  const place = asks.at(proposal)
  const became = granted.at(proposal)
  const snapshot = await store.read([place.key, became.key])
  const ask = place.from(snapshot)?.value
  if (!ask || ask.requester !== from) throw new ProtocolError('not-found', 'polling a proposal: there is none')
  const agreement = became.from(snapshot)?.value
  if (agreement === undefined)
    return { proposal, state: now < parseTime(ask.expires) ? ('pending' as const) : ('lapsed' as const) }
  const pair = pairs.at(agreement)
  const grant = pair.from(await store.read([pair.key]))?.value.grant
  return { proposal, state: 'granted' as const, agreement, ...(grant ? { grant } : {}) }
}

/** What waits for a holder's decision, oldest first; what has expired waits no more. */
export async function listAsks({ store, clock }: AskDesk, passport: string, reading: Instant) {
  const now = clock.decide(reading)
  const found = await store.range(waiting.page([passport], { limit: 256 }))
  const places = found.map((one) => asks.at(waiting.entry(one).value))
  const snapshot = await store.read(places.map(({ key }) => key))
  return places.flatMap((place, i) => {
    const ask = place.from(snapshot)?.value
    const id = found[i] ? waiting.entry(found[i]).value : ''
    return ask && parseTime(ask.expires) > now
      ? [
          {
            ask: id,
            requester: ask.requester,
            offer: ask.offer,
            received: ask.received,
            ...(ask.invite ? { invite: ask.invite } : {}),
          },
        ]
      : []
  })
}

/** Refuses an ask, or an offer opened by link: remembered for the requester, its control group and its purposes, and silence to whoever asked. */
export async function refuseAsk(
  desk: AskDesk,
  passport: string,
  decided: { readonly ask?: string | undefined; readonly offer?: unknown },
  spent: readonly Write[],
  reading: Instant,
) {
  const now = desk.clock.decide(reading)
  const signed = decided.ask === undefined ? decided.offer : await waitingOffer(desk.store, passport, decided.ask)
  const { payload, id } = readSigned(offerNoun, signed)
  const { requester } = payload
  // without its registry's word a refusal is remembered of it alone
  const known = await desk.following.decide(requester, now).catch(() => undefined)
  const names = known ? [...new Set(refusedAs(known.record))] : [requester]
  const until = formatTime(now + times.refusalRemembered)
  const headPlace = passportHeads.at(passport)
  await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const head = headPlace.from(await desk.store.read([headPlace.key]))
      const evidence = appendEvidence(desk.world, head?.value ?? { n: 0, leaf: null }, {
        agreement: null,
        passport,
        kind: 'ask',
        request: id,
        answer: null,
        outcome: 'refused',
        at: formatTime(now),
        of: passport,
        requester: payload.requester,
      })
      await desk.store.commit({
        writes: [
          ...rememberedPlaces(passport, names, payload).map(({ place, who, purpose }) =>
            place.put({ who, requester, purpose, until }),
          ),
          ...(decided.ask === undefined ? [] : [waiting.at(passport, decided.ask).delete()]),
          headPlace.replace(head, evidence.head),
          ...evidence.writes,
          ...spent,
        ],
      })
    }),
  )
  return { refused: true as const, re_ask_not_before: until }
}

async function waitingOffer(store: Store, passport: string, ask: string): Promise<Signed> {
  const place = asks.at(ask)
  const held = place.from(await store.read([place.key]))?.value
  if (!held || held.passport !== passport) throw new ProtocolError('not-found', 'refusing an ask: there is none')
  return held.offer
}
