import { offerNoun } from '@dcann/protocol/offer'
import { readSigned } from '@dcann/protocol/signed'
import { purposesReaching, type StandingRefusal, withRefusal } from '@dcann/protocol/standing-refusal'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import type { liftAnswer, refusalsAnswer, standingRefusalAnswer } from '@dcann/protocol/vault-api'
import { settle } from '@dcann/store/shelf'
import { MAX_RANGE, type Reader, type Store, type Write } from '@dcann/store/store'
import type { z } from 'zod'
import { segmentOf } from '../agreements/shelf.ts'
import { asks, waiting } from '../asks/shelf.ts'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { type Kept, remembered, standing } from './shelf.ts'

export type RefusalDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
}

/**
 * Refuses a purpose in advance: what waits for the holder and falls under it waits no more, and whoever asked is told what
 * they are told always. Said again it only grows.
 *
 * spec: standing-refusal#saying
 */
export async function refuseInAdvance(
  desk: RefusalDesk,
  passport: string,
  said: StandingRefusal,
  spent: readonly Write[],
  reading: Instant,
): Promise<z.infer<typeof standingRefusalAnswer>> {
  const now = desk.clock.decide(reading)
  const place = standing.at(passport, segmentOf(said.purpose))
  const headPlace = passportHeads.at(passport)
  return await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const snapshot = await desk.store.read([place.key, headPlace.key])
      const held = place.from(snapshot)
      const refusal = withRefusal(held?.value, said)
      const fallen = await waitingUnder(desk.store, passport, refusal)
      const head = headPlace.from(snapshot)
      const excepted = refusal.except.map((name) => `save ${name}`)
      const evidence = appendEvidence(
        desk.world,
        head?.value ?? { n: 0, leaf: null },
        lineOf(passport, 'refused-in-advance', [`every ask for ${refusal.purpose}`, ...excepted], now),
      )
      await desk.store.commit({
        writes: [
          place.replace(held, refusal),
          ...fallen.map((ask) => waiting.at(passport, ask).delete()),
          headPlace.replace(head, evidence.head),
          ...evidence.writes,
          ...spent,
          ...desk.clock.remember(now),
        ],
      })
      return { refusal, dropped: fallen.length }
    }),
  )
}

/** What is refused in advance, and what is remembered of refused asks, by the names that the requesters had. */
export async function listRefusals(
  { store, clock }: RefusalDesk,
  passport: string,
  reading: Instant,
): Promise<z.infer<typeof refusalsAnswer>> {
  const now = clock.decide(reading)
  const said = await store.range(standing.page([passport], { limit: MAX_RANGE }))
  const kept = await rememberedOf(store, passport)
  const own = kept.map(({ value }) => value).filter(({ until }) => parseTime(until) > now)
  return {
    standing: said.map((one) => standing.entry(one).value),
    // once for each requester, not for its group again
    remembered: own
      .filter(({ who, requester }) => who === requester)
      .map(({ requester, purpose, until }) => ({ requester, purpose, until })),
  }
}

/** Takes back a refusal in advance, or all that is remembered of one requester's asks, for its group too. spec: standing-refusal#lifting */
export async function lift(
  desk: RefusalDesk,
  passport: string,
  what: { readonly purpose: string } | { readonly requester: string },
  spent: readonly Write[],
  reading: Instant,
): Promise<z.infer<typeof liftAnswer>> {
  const now = desk.clock.decide(reading)
  const headPlace = passportHeads.at(passport)
  return await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const { count, writes } =
        'purpose' in what
          ? await liftPurpose(desk.store, passport, what.purpose)
          : await forget(desk.store, passport, what)
      const head = headPlace.from(await desk.store.read([headPlace.key]))
      const about = 'purpose' in what ? `asks for ${what.purpose}` : `asks by ${what.requester}`
      const evidence = appendEvidence(
        desk.world,
        head?.value ?? { n: 0, leaf: null },
        lineOf(passport, 'refusal-lifted', [about], now),
      )
      const lines = count === 0 ? [] : [headPlace.replace(head, evidence.head), ...evidence.writes]
      await desk.store.commit({ writes: [...writes, ...lines, ...spent, ...desk.clock.remember(now)] })
      return { lifted: count }
    }),
  )
}

type Lifting = { readonly count: number; readonly writes: readonly Write[] }

async function liftPurpose(store: Reader, passport: string, purpose: string): Promise<Lifting> {
  const place = standing.at(passport, segmentOf(purpose))
  const held = place.from(await store.read([place.key]))
  return held ? { count: 1, writes: [place.delete(held.version)] } : { count: 0, writes: [] }
}

async function forget(
  store: Reader,
  passport: string,
  { requester }: { readonly requester: string },
): Promise<Lifting> {
  const theirs = (await rememberedOf(store, passport)).filter(({ value }) => value.requester === requester)
  return {
    count: theirs.filter(({ value }) => value.who === requester).length,
    writes: theirs.map(({ value, version }) =>
      remembered.at(passport, segmentOf(value.who), segmentOf(value.purpose)).delete(version),
    ),
  }
}

async function rememberedOf(
  store: Reader,
  passport: string,
): Promise<readonly { readonly value: Kept; readonly version: number }[]> {
  const found: { value: Kept; version: number }[] = []
  for (let after: string | undefined, more = true; more;) {
    const page = await store.range(
      remembered.page([passport], { limit: MAX_RANGE, ...(after === undefined ? {} : { after }) }),
    )
    found.push(...page.map((one) => remembered.entry(one)))
    after = page.at(-1)?.key
    more = page.length === MAX_RANGE
  }
  return found
}

/** Ids of the asks that wait and fall under a refusal. */
async function waitingUnder(store: Reader, passport: string, { purpose, except }: StandingRefusal): Promise<string[]> {
  const ids = (await store.range(waiting.page([passport], { limit: 256 }))).map((one) => waiting.entry(one).value)
  const snapshot = await store.read(ids.map((id) => asks.at(id).key))
  return ids.filter((id) => {
    const ask = asks.at(id).from(snapshot)?.value
    if (!ask || except.includes(ask.requester)) return false
    return purposesReaching(readSigned(offerNoun, ask.offer).payload.terms).includes(purpose)
  })
}

function lineOf(passport: string, outcome: string, about: readonly string[], now: Instant) {
  return {
    agreement: null,
    passport,
    kind: 'ask' as const,
    request: null,
    answer: null,
    outcome,
    at: formatTime(now),
    of: passport,
    about: about.map((text) => text.slice(0, 120)).slice(0, 32),
  }
}
