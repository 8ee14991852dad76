import { z } from 'zod'
import { derivedClaim } from './claim.ts'
import { assuranceSchema } from './entry.ts'
import { ProtocolError, quote } from './errors.ts'
import { publicKeySchema } from './key.ts'
import { limits } from './limits.ts'
import { momentPatternSchema } from './moment.ts'
import { requesterNameSchema } from './name.ts'
import type { RequesterRecord } from './requester.ts'
import { admitSealingKey } from './sealing-key.ts'
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import { strandNameSchema } from './strand.ts'
import { tagSchema } from './tag.ts'
import { plainTextSchema } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'
import { valueSchema } from './value.ts'
import { categorySchema, isSpecialCategory, processingSchema, purposeSchema } from './vocabulary.ts'

/** A whole number of days as ISO 8601 writes it: `P90D`. */
export const daysSchema = z.string().regex(/^P[1-9][0-9]{0,4}D$/)

/** Seconds of `P90D`. */
export function secondsOf(days: string): number {
  return Number(days.slice(1, -1)) * 86_400
}

export const claimNameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,59}$/)

/** One thing asked for. The field set is that of ISO/IEC TS 27560 and of India's Account Aggregator artefact, and ours. */
export const termSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  optional: z.boolean(),
  strand: strandNameSchema,
  /** Derived claims or members of the entries' bodies; `null` asks for whole entries. */
  claims: z.array(claimNameSchema).min(1).max(32).nullable(),
  category: categorySchema,
  purpose: purposeSchema,
  /** In the holder's words, by language tag. */
  purpose_text: z.record(z.string().regex(/^[a-z]{2,3}(?:-[A-Z]{2})?$/), plainTextSchema(400)),
  processing: z.array(processingSchema).min(1).max(16),
  legal_basis: z.string().regex(/^[a-z]{2}(?:-[a-z]{2,12})?:[A-Za-z0-9-]{1,40}$/),
  mode: z.enum(['view', 'store', 'query', 'stream', 'write']),
  fetch: z.enum(['one-time', 'periodic']),
  frequency: z
    .strictObject({ max: z.int().min(1).max(100_000), per: z.enum(['hour', 'day', 'week', 'month']) })
    .nullable(),
  /** How far back an answer may reach. */
  data_range: z.strictObject({ last: daysSchema }).nullable(),
  /** How long an answer may be kept. */
  data_life: daysSchema,
  tags: z.array(tagSchema).max(16),
  moments: z.array(momentPatternSchema).max(8),
  about_others: z.boolean(),
  min_assurance: assuranceSchema,
  goes_to: z.array(z.string().regex(/^[A-Z]{2}$/)).max(32),
  used_by: z.array(plainTextSchema(120)).max(16),
  combine: z.union([z.literal('never'), z.array(plainTextSchema(120)).min(1).max(16)]),
})
export type Term = z.infer<typeof termSchema>

/** The first document of an agreement, by the requester. spec: agreement#offer */
export const offerSchema = z.strictObject({
  v: z.literal(1),
  requester: requesterNameSchema,
  at: timeSchema,
  /** Until when it can be granted. */
  expires: timeSchema,
  /** How long an agreement on it lasts at most. */
  lasts: daysSchema,
  terms: z.array(termSchema).min(1).max(limits.terms),
  value: valueSchema,
  /** What happens to the person who says no. The only answer is nothing. */
  refusal_detriment: z.literal('none'),
  jurisdiction: z.string().regex(/^[A-Z]{2}$/),
  authority: plainTextSchema(120),
  notice: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).max(512),
    digest: recordIdSchema.nullable(),
    language: z.string().max(12),
  }),
  /** X25519: answers are sealed to it when set. */
  sealing_key: publicKeySchema.nullable(),
  ring_fence: z.literal('admitted'),
  template: z.string().max(120).nullable(),
  /** So that two offers of the same words are two. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})
export type Offer = z.infer<typeof offerSchema>

export const offerNoun: Noun<Offer> = { typ: 'dcann-offer+json', schema: offerSchema, mostBytes: limits.payloadBytes }

/**
 * Judges an offer against the requester's record as the registry has it: signed by one of its keys, not expired, and every
 * term inside a registered use, its sealing key admissible. Throws `not-entitled`, `expired`, `key-inadmissible`,
 * `rule-broken` or `over-asking`, naming the term.
 *
 * spec: agreement#offer
 */
export function judgeOffer(offer: Verified<Offer>, requester: RequesterRecord, now: Instant): void {
  const { payload, signers } = offer
  if (payload.requester !== requester.name)
    throw new ProtocolError(
      'not-entitled',
      `judging an offer: it is by ${quote(payload.requester)}, not by ${quote(requester.name)}`,
    )
  if (!signers.some((key) => requester.keys.includes(key)))
    throw new ProtocolError('not-entitled', `judging an offer: no key of ${quote(requester.name)} signed it`)
  if (requester.status !== 'active')
    throw new ProtocolError('not-active', `judging an offer: ${quote(requester.name)} is ${requester.status}`)
  if (now >= parseTime(payload.expires))
    throw new ProtocolError('expired', `judging an offer: it expired at ${payload.expires}`)
  if (parseTime(payload.expires) <= parseTime(payload.at))
    throw new ProtocolError('rule-broken', 'judging an offer: it expires before it is made')
  if (payload.sealing_key !== null) admitSealingKey(payload.sealing_key)
  for (const term of payload.terms) {
    requireRegisteredUse(term, requester)
    requireSealing(term, payload.sealing_key, 'the offer')
  }
  judgeTerms(payload, 'judging an offer')
}

/**
 * Judges terms and value by themselves, whoever wrote them: ids distinct, value for terms that are there, derived claims as
 * far as they look back. Throws `rule-broken`.
 */
export function judgeTerms({ terms, value }: Pick<Offer, 'terms' | 'value'>, doing: string): void {
  const ids = new Set(terms.map(({ id }) => id))
  if (ids.size !== terms.length) throw new ProtocolError('rule-broken', `${doing}: two terms have one id`)
  for (const term of terms) judgeTerm(term)
  const nowhere = value.gives.flatMap((item) => item.terms).find((id) => !ids.has(id))
  if (nowhere !== undefined)
    throw new ProtocolError('rule-broken', `${doing}: it gives for the term ${quote(nowhere)}, which it does not have`)
}

/** Answers over a special category leave sealed or not at all. Throws `rule-broken`. spec: seal#answers */
export function requireSealing(term: Pick<Term, 'id' | 'category'>, key: string | null, document: string): void {
  if (!isSpecialCategory(term.category) || key !== null) return
  throw new ProtocolError(
    'rule-broken',
    `judging the term ${quote(term.id)}: ${term.category} is a special category, so ${document} must name a sealing key`,
  )
}

function judgeTerm(term: Term): void {
  for (const name of term.claims ?? []) judgeDerived(name, term)
  if (term.mode === 'store' && term.fetch === 'one-time' && term.frequency !== null) {
    throw new ProtocolError(
      'rule-broken',
      `judging the term ${quote(term.id)}: it is fetched once, so it has no frequency`,
    )
  }
}

/** A derived claim has one strand and one reach; a term that lets it out has the same strand and reaches as far. */
function judgeDerived(name: string, term: Term): void {
  const claim = derivedClaim(name)
  if (!claim) return
  if (claim.strand !== term.strand) {
    throw new ProtocolError(
      'rule-broken',
      `judging the term ${quote(term.id)}: ${quote(name, 60)} derives from ${claim.strand}, not from ${quote(term.strand, 80)}`,
    )
  }
  if (claim.window !== null && term.data_range && secondsOf(term.data_range.last) < claim.window) {
    throw new ProtocolError(
      'rule-broken',
      `judging the term ${quote(term.id)}: ${quote(name, 60)} looks back ${claim.window} s, the term only ${term.data_range.last}`,
    )
  }
}

/** Whether a registered use covers the term; throws `over-asking` naming what none registers. spec: requester#uses */
export function requireRegisteredUse(
  term: Pick<Term, 'id' | 'purpose' | 'category' | 'used_by' | 'combine'>,
  requester: RequesterRecord,
): void {
  const uses = requester.uses.filter((use) => use.purpose === term.purpose && use.categories.includes(term.category))
  const covered = uses.some(
    (use) =>
      term.used_by.every((name) => use.used_by.includes(name)) &&
      (term.combine === 'never' || term.combine.every((source) => use.bought_in.includes(source))),
  )
  if (!covered) {
    throw new ProtocolError(
      'over-asking',
      `judging the term ${quote(term.id)}: ${quote(requester.name)} has no registered use of ${term.category} for ${term.purpose}${uses.length ? ' with those users and sources' : ''}`,
      { term: term.id, bound: 'registered-use' },
    )
  }
}
