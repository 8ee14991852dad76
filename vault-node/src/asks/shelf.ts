import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { timeSchema } from '@dcann/protocol/time'
import { json, shelf, text } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import { z } from 'zod'

/** An offer that a requester delivered here, whether or not anybody lives under its address. */
const askSchema = z.strictObject({
  requester: z.string(),
  /** `null` when it was addressed to nobody at home here. */
  passport: z.string().nullable(),
  offer: signedSchema,
  expires: timeSchema,
  received: timeSchema,
  /** Digest of the invite that it came by. */
  invite: recordIdSchema.optional(),
})
export type Ask = z.infer<typeof askSchema>

export const asks = shelf(
  'asks/by-id',
  json((value) => askSchema.parse(value)),
)
/** What waits for a holder. */
export const waiting = shelf('asks/waiting', text)
/** What a granted ask became. */
export const granted = shelf('asks/granted', text)

/** The ask is decided: it waits no more, and whoever asked may fetch the grant. */
export function decidedGranted(passport: string, ask: string, agreement: string): Write[] {
  return [waiting.at(passport, ask).delete(), granted.at(ask).put(agreement)]
}
