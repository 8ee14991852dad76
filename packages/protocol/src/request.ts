import { z } from 'zod'
import { base64Url, sha256 } from './bytes.ts'
import { handleSchema } from './handle.ts'
import { identifierSchema } from './identifier.ts'
import { limits } from './limits.ts'
import { momentPatternSchema } from './moment.ts'
import { nodeNameSchema, requesterNameSchema } from './name.ts'
import { claimNameSchema } from './offer.ts'
import { recordIdSchema } from './signed.ts'
import { strandNameSchema } from './strand.ts'
import { tagSchema } from './tag.ts'
import { timeSchema } from './time.ts'
import { purposeSchema } from './vocabulary.ts'

/** Chosen by the caller, once: a repeat of it with the same body gets the same answer. */
export const requestIdSchema = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)

/** Who calls: a requester or node by name, a holder by identifier or handle. */
export const fromSchema = z.union([requesterNameSchema, nodeNameSchema, identifierSchema, handleSchema])

/** Members of every authenticated body. spec: request#members */
export const callMembers = { id: requestIdSchema, from: fromSchema }

export const queryItemSchema = z.strictObject({
  strand: strandNameSchema,
  /** Derived claims, or members of the entries' bodies; absent asks for whole entries. */
  claims: z.array(claimNameSchema).min(1).max(32).optional(),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  tags: z.array(tagSchema).min(1).max(16).optional(),
  moments: z.array(momentPatternSchema).min(1).max(8).optional(),
  limit: z.int().min(1).max(limits.answerEntries).optional(),
  cursor: z.string().max(200).optional(),
})
export type QueryItem = z.infer<typeof queryItemSchema>

/** A query: closed and strict, so that what is asked can be compared with what was agreed. spec: request#query */
export const querySchema = z.strictObject({
  ...callMembers,
  from: requesterNameSchema,
  to: z.union([handleSchema, identifierSchema]),
  agreement: recordIdSchema.optional(),
  purpose: purposeSchema,
  items: z.array(queryItemSchema).min(1).max(limits.queryItems),
})
export type Query = z.infer<typeof querySchema>

/** The request digest that answers and evidence name: SHA-256 of the body's bytes in base64url. */
export function requestDigest(body: Uint8Array): string {
  return base64Url(sha256(body))
}
