import { z } from 'zod'
import { base64Url, concatenate, fromBase64Url, sha256 } from './bytes.ts'
import { canonicalBytes } from './canonical.ts'
import { ProtocolError } from './errors.ts'
import { identifierSchema } from './identifier.ts'
import { recordIdSchema } from './signed.ts'
import { timeSchema } from './time.ts'

export const evidenceKinds = [
  'activated',
  'act',
  'answer',
  'refusal',
  'ask',
  'binding',
  'strand',
  'import',
  'capability',
  'invite',
  'proffer',
  'requester',
  'notice',
  'passport',
] as const

/**
 * One line of evidence. It stands in exactly one chain: an agreement's, or the passport's own for what happened without a
 * live agreement. No payload: digests of request and answer only.
 *
 * spec: evidence#entry
 */
export const evidenceEntrySchema = z
  .strictObject({
    v: z.literal(1),
    agreement: recordIdSchema.nullable(),
    passport: identifierSchema.nullable(),
    /** 1 for the first of its chain. */
    n: z.int().min(1),
    /** The leaf before it in the chain, so that erasing entry and salt leaves the chain whole. */
    prev: recordIdSchema.nullable(),
    kind: z.enum(evidenceKinds),
    /** Digest of the request's body, or the record id of the signed act. */
    request: recordIdSchema.nullable(),
    /** Record id of the assertion. */
    answer: recordIdSchema.nullable(),
    /** `answered`, the kind of act, or the code of the refusal. */
    outcome: z.string().regex(/^[a-z][a-z-]{0,39}$/),
    at: timeSchema,
  })
  .refine((entry) => (entry.agreement === null) !== (entry.passport === null), {
    error: 'expected an agreement or a passport, not both',
  })
  .refine((entry) => (entry.n === 1) === (entry.prev === null), { error: 'expected prev exactly from the second on' })
export type EvidenceEntry = z.infer<typeof evidenceEntrySchema>

/** 16 random bytes in base64url: without it a leaf tells nothing about its entry. */
export const saltSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/)

/** The leaf of an entry: SHA-256(salt ‖ canonical entry), in base64url. spec: evidence#leaf */
export function evidenceLeaf(salt: string, entry: EvidenceEntry): string {
  return base64Url(sha256(concatenate(fromBase64Url(salt), canonicalBytes(entry))))
}

/** An entry with what opens its leaf. */
export type OpenedEntry = { readonly entry: EvidenceEntry; readonly salt: string }

/**
 * Judges that entries are one chain without gap or fork, from `n` of the first on; returns the leaf of the last. Throws
 * `evidence-broken`, naming the number.
 *
 * spec: evidence#chain
 */
export function judgeChain(opened: readonly OpenedEntry[]): string | null {
  let before: { entry: EvidenceEntry; leaf: string } | undefined
  for (const { entry, salt } of opened) {
    const leaf = evidenceLeaf(salt, entry)
    if (before) {
      const sameChain = before.entry.agreement === entry.agreement && before.entry.passport === entry.passport
      if (!sameChain || entry.n !== before.entry.n + 1 || entry.prev !== before.leaf) {
        throw new ProtocolError(
          'evidence-broken',
          `judging a chain: entry ${entry.n} does not follow entry ${before.entry.n}`,
          { n: entry.n },
        )
      }
    }
    before = { entry, leaf }
  }
  return before?.leaf ?? null
}
