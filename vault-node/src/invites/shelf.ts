import { inviteTermsSchema } from '@dcann/protocol/invite'
import { requesterNameSchema } from '@dcann/protocol/name'
import { recordIdSchema } from '@dcann/protocol/signed'
import { timeSchema } from '@dcann/protocol/time'
import { json, shelf, text } from '@dcann/store/shelf'
import { z } from 'zod'

const keptSchema = z.strictObject({
  terms: inviteTermsSchema,
  made: timeSchema,
  spent: z.strictObject({ by: requesterNameSchema, ask: recordIdSchema }).nullable(),
  withdrawn: z.boolean(),
})
export type KeptInvite = z.infer<typeof keptSchema>

/** By passport and digest of the token, which is nowhere. */
export const invites = shelf(
  'invites/of',
  json((value) => keptSchema.parse(value)),
)

/** By digest, whose it is. */
export const inviters = shelf('invites/by-digest', text)
