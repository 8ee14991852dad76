import { z } from 'zod'
import { assuranceSchema } from './entry.ts'
import { ProtocolError, quote } from './errors.ts'
import { handleSchema } from './handle.ts'
import { limits, times } from './limits.ts'
import { momentSchema } from './moment.ts'
import { requesterNameSchema } from './name.ts'
import { claimNameSchema } from './offer.ts'
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import { coverageSchema, strandNameSchema } from './strand.ts'
import { tagsSchema } from './tag.ts'
import { type Instant, timeSchema } from './time.ts'

/** A derived claim in an answer, with what it rests on. */
const derivedValueSchema = z.strictObject({
  value: z.union([z.string().max(200), z.int(), z.boolean(), z.null()]),
  assurance: assuranceSchema,
  of: z.int().min(0),
  from: timeSchema.nullable(),
  to: timeSchema.nullable(),
})

/** An entry as it leaves: the members of its body that the term lets out. */
const answeredEntrySchema = z.strictObject({
  at: timeSchema,
  body: z.record(claimNameSchema, z.json()),
  tags: tagsSchema,
  moment: momentSchema.optional(),
  assurance: assuranceSchema,
})

export const assertionItemSchema = z.strictObject({
  strand: strandNameSchema,
  term: z.string().max(40),
  derived: z.record(claimNameSchema, derivedValueSchema).optional(),
  entries: z.array(answeredEntrySchema).max(limits.answerEntries).optional(),
  /** The weakest of what is in it. */
  assurance: assuranceSchema,
  coverage: coverageSchema,
  complete: z.boolean(),
  /** Why not, when not. */
  why: z.enum(['more', 'no-strand', 'assurance', 'about-others']).optional(),
  cursor: z.string().max(200).optional(),
})
export type AssertionItem = z.infer<typeof assertionItemSchema>

/** What a vault says, signed by the node's assertion key. spec: assertion */
export const assertionSchema = z.strictObject({
  v: z.literal(1),
  iss: handleSchema,
  aud: requesterNameSchema,
  /** The node that signs, whose record bears the key. */
  node: z.string().max(60),
  /** `requestDigest` of the request. */
  request: recordIdSchema,
  agreement: recordIdSchema,
  /** Its number in the agreement's chain: a gap or fork in the numbers proves a hidden answer. */
  n: z.int().min(1),
  /** The `n` of the last act that changed the agreement's state. */
  grant_seq: z.int().min(1),
  /** Seconds since 1970. */
  iat: z.int(),
  exp: z.int(),
  complete: z.boolean(),
  items: z.array(assertionItemSchema).min(1).max(limits.queryItems),
  /** Until when what it says may be kept and used. */
  use_until: timeSchema,
  /** Set when the requester's registry has been silent for a while, but not for too long. */
  unconfirmed: z.literal(true).optional(),
})
export type Assertion = z.infer<typeof assertionSchema>

export const assertionNoun: Noun<Assertion> = {
  typ: 'dcann-assertion+json',
  schema: assertionSchema,
  mostBytes: limits.assertionBytes,
}

/** What a requester expects of an answer. */
export type Expected = {
  readonly aud: string
  readonly request: string
  readonly agreement: string
  readonly now: Instant
}

/**
 * Judges that an assertion answers this request, of this agreement, to this requester, now. Throws `answer-invalid`,
 * naming the member.
 *
 * spec: assertion#checks
 */
export function judgeAssertion({ payload }: Verified<Assertion>, { aud, request, agreement, now }: Expected): void {
  const refuse = (member: string, is: string | number, expected: string | number): never => {
    throw new ProtocolError(
      'answer-invalid',
      `judging an assertion: ${member} is ${quote(String(is), 60)}, expected ${expected}`,
      { member },
    )
  }
  if (payload.aud !== aud) refuse('aud', payload.aud, aud)
  if (payload.request !== request) refuse('request', payload.request, request)
  if (payload.agreement !== agreement) refuse('agreement', payload.agreement, agreement)
  if (payload.exp - payload.iat > times.assertionLife || payload.exp <= payload.iat)
    refuse('exp', payload.exp, `at most iat + ${times.assertionLife}`)
  if (now >= payload.exp + times.nodeSkew || now < payload.iat - times.nodeSkew)
    refuse('exp', payload.exp, `an answer of about ${now}`)
}
