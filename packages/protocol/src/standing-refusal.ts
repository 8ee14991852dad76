import { z } from 'zod'
import { groupOf } from './control.ts'
import type { Term } from './offer.ts'
import { requesterNameSchema } from './name.ts'
import type { RequesterRecord } from './requester.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'
import { broaderPurposes, purposeSchema } from './vocabulary.ts'

/** A whole purpose that a holder refuses in advance, with every narrower one; save to those excepted. spec: standing-refusal */
export const standingRefusalSchema = z.strictObject({
  purpose: purposeSchema,
  except: z.array(requesterNameSchema).max(64),
})
export type StandingRefusal = z.infer<typeof standingRefusalSchema>

/** A refusal of one ask, as it is remembered: of whom, by name or control group, and for what. */
export const rememberedSchema = z.strictObject({ who: z.string(), purpose: purposeSchema, until: timeSchema })
export type Remembered = z.infer<typeof rememberedSchema>

/** Under which names a refusal of a requester is remembered: its own, and that of whoever ultimately controls it. */
export function refusedAs(requester: RequesterRecord): readonly string[] {
  return [requester.name, groupOf(requester)]
}

/** The purposes whose standing refusal reaches any of these terms: their own and every broader one. */
export function purposesReaching(terms: readonly Pick<Term, 'purpose'>[]): readonly string[] {
  return [...new Set(terms.flatMap(({ purpose }) => broaderPurposes(purpose)))]
}

/**
 * Whether a holder has said that they do not want to be asked this: one of its purposes, or a broader one, is refused in
 * advance and its requester not excepted; or the requester, or another of the same control group, was refused for one of its
 * purposes and the time for that is not over.
 *
 * spec: standing-refusal#effect
 */
export function isUnwanted(
  terms: readonly Pick<Term, 'purpose'>[],
  requester: RequesterRecord,
  said: { readonly standing: readonly StandingRefusal[]; readonly remembered: readonly Remembered[] },
  now: Instant,
): boolean {
  const reaching = purposesReaching(terms)
  const inAdvance = said.standing.some(
    ({ purpose, except }) => reaching.includes(purpose) && !except.includes(requester.name),
  )
  const asked = new Set(terms.map(({ purpose }) => purpose))
  const names = refusedAs(requester)
  return (
    inAdvance ||
    said.remembered.some(
      ({ who, purpose, until }) => names.includes(who) && asked.has(purpose) && now < parseTime(until),
    )
  )
}

/** Said again, a refusal only grows: whoever is to be excepted must have been excepted before. spec: standing-refusal#saying */
export function withRefusal(held: StandingRefusal | undefined, said: StandingRefusal): StandingRefusal {
  return held ? { ...said, except: said.except.filter((name) => held.except.includes(name)) } : said
}
