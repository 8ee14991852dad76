import { z } from 'zod'
import { errorCodes } from './errors.ts'
import { limits } from './limits.ts'
import { requesterNameSchema } from './name.ts'
import { type Noun, recordIdSchema } from './signed.ts'
import { timeSchema } from './time.ts'

/** A refusal that the vault signs, so that a requester can show it was refused. The uniform 404 is never signed. */
export const refusalSchema = z.strictObject({
  v: z.literal(1),
  node: z.string().max(60),
  aud: requesterNameSchema,
  request: recordIdSchema,
  agreement: recordIdSchema.nullable(),
  n: z.int().min(1).nullable(),
  code: z.enum(errorCodes),
  at: timeSchema,
})
export type Refusal = z.infer<typeof refusalSchema>

/** spec: request#refusals */
export const refusalNoun: Noun<Refusal> = {
  typ: 'dcann-refusal+json',
  schema: refusalSchema,
  mostBytes: limits.payloadBytes,
}
