import { z } from 'zod'
import { base64Url, sha256, utf8 } from './bytes.ts'
import { canonicalBytes, canonicalText, type Json } from './canonical.ts'
import { limits } from './limits.ts'
import { momentSchema } from './moment.ts'
import { recordIdSchema } from './signed.ts'
import { tagsSchema } from './tag.ts'
import { plainTextSchema } from './text.ts'
import { timeSchema } from './time.ts'

/** How far others vouch for an entry, weakest first. spec: entry#assurance */
export const assurances = ['self', 'fetched', 'source-signed', 'attested'] as const
export const assuranceSchema = z.enum(assurances)
export type Assurance = z.infer<typeof assuranceSchema>

/** Whether `given` is at least as strong as `wanted`. */
export function isAssured(given: Assurance, wanted: Assurance): boolean {
  return assurances.indexOf(given) >= assurances.indexOf(wanted)
}

/** The weakest of several; `attested` of none. */
export function weakestAssurance(all: Iterable<Assurance>): Assurance {
  let weakest: Assurance = 'attested'
  for (const one of all) if (!isAssured(one, weakest)) weakest = one
  return weakest
}

const bodySchema = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,59}$/), z.json())
  .refine((body) => canonicalBytes(body).length <= limits.entryBytes, {
    error: `expected a body of at most ${limits.entryBytes} bytes`,
  })

/** One event or one record of a strand, as it is brought in. spec: entry */
export const entrySchema = z.strictObject({
  /** When it happened. */
  at: timeSchema,
  body: bodySchema,
  tags: tagsSchema,
  moment: momentSchema.optional(),
  source: plainTextSchema(80),
  assurance: assuranceSchema,
  /** Whom it is about; what is about others is in no answer unless a term names it. */
  about: z.enum(['holder', 'others', 'both']),
})
export type Entry = z.infer<typeof entrySchema>

/** An entry as a vault keeps it. */
export const keptEntrySchema = z.strictObject({
  ...entrySchema.shape,
  /** `entryId` of it. */
  id: recordIdSchema,
  /** When the vault took it in. */
  recorded: timeSchema,
})
export type KeptEntry = z.infer<typeof keptEntrySchema>

/**
 * The entry id: SHA-256, in base64url, of the strand's name, a line end, and the canonical form of `{at, body, source}`.
 * How an entry is classified is not in it, so bringing the same file again adds nothing.
 *
 * spec: entry#id
 */
export function entryId(
  strand: string,
  {
    at,
    body,
    source,
  }: {
    readonly at: string
    readonly body: Readonly<Record<string, Json>> | Readonly<Record<string, unknown>>
    readonly source: string
  },
): string {
  return base64Url(sha256(utf8(`${strand}\n${canonicalText({ at, body, source })}`)))
}
