import { z } from 'zod'
import { base64Url, sha256, utf8 } from './bytes.ts'
import { identifierSchema } from './identifier.ts'
import { limits } from './limits.ts'
import { requesterNameSchema } from './name.ts'
import { type Noun, type RecordId, recordIdSchema } from './signed.ts'
import { timeSchema } from './time.ts'

/**
 * One signed record that pauses or revokes without a list and without any other call: everything, everything with one
 * requester, or one agreement.
 *
 * spec: stop
 */
export const stopSchema = z.strictObject({
  v: z.literal(1),
  kind: z.enum(['pause', 'revoke']),
  /** Whose; `null` for every passport that the signing key has a right on, so that a card need name nobody. */
  passport: identifierSchema.nullable(),
  of: z.union([
    z.strictObject({ all: z.literal(true) }),
    z.strictObject({ requester: requesterNameSchema }),
    z.strictObject({ agreement: recordIdSchema }),
  ]),
  at: timeSchema,
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})
export type Stop = z.infer<typeof stopSchema>

export const stopNoun: Noun<Stop> = { typ: 'dcann-stop+json', schema: stopSchema, mostBytes: limits.payloadBytes }

/** Whether a stop is about this agreement. spec: stop */
export function isAbout(
  { of }: Pick<Stop, 'of'>,
  { agreement, requester }: { readonly agreement: RecordId; readonly requester: string },
): boolean {
  if ('all' in of) return true
  return 'requester' in of ? of.requester === requester : of.agreement === agreement
}

/**
 * What an agreement's chain names in place of the stop's own record id: another value in each agreement, so that two
 * requesters who compare their chains find nothing that they share. The holder, who has the stop, makes it again.
 *
 * spec: stop#chain
 */
export function actIdOf(stop: RecordId, agreement: RecordId): RecordId {
  return base64Url(sha256(utf8(`dcann/stop/1\n${stop}\n${agreement}`)))
}
