import { z } from 'zod'
import { handleSchema } from './handle.ts'
import { identifierSchema } from './identifier.ts'
import { publicKeySchema } from './key.ts'
import { limits } from './limits.ts'
import { requesterNameSchema } from './name.ts'
import type { Noun } from './signed.ts'
import { timeSchema } from './time.ts'

/**
 * Which passport stands behind a handle. Signed by a control key or one of right `all` or `agree`, kept by the vault, shown only
 * in a dispute; its record id stands in the chain where the agreement begins.
 *
 * spec: handle#binding
 */
export const bindingSchema = z.strictObject({
  v: z.literal(1),
  handle: handleSchema,
  key: publicKeySchema,
  passport: identifierSchema,
  /** `null` behind the handle of a proffer that names nobody: whoever accepts it, as the agreement says. */
  requester: requesterNameSchema.nullable(),
  at: timeSchema,
  salt: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})
export type Binding = z.infer<typeof bindingSchema>

export const bindingNoun: Noun<Binding> = {
  typ: 'dcann-binding+json',
  schema: bindingSchema,
  mostBytes: limits.payloadBytes,
}
