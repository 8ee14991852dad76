import { requesterNameSchema } from '@dcann/protocol/name'
import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { timeSchema } from '@dcann/protocol/time'
import { json, shelf, text } from '@dcann/store/shelf'
import { z } from 'zod'

/** A proffer as it lies here. Its siblings are known by its roster alone. */
const profferSchema = z.strictObject({
  passport: z.string(),
  roster: recordIdSchema,
  proffer: signedSchema,
  binding: signedSchema,
  expires: timeSchema,
  /** Whom it is for, or who opened it first. */
  requester: requesterNameSchema.nullable(),
  opened: z.boolean(),
  state: z.enum(['open', 'accepted', 'withdrawn']),
  agreement: recordIdSchema.nullable(),
})
export type Laid = z.infer<typeof profferSchema>

/** What counts over siblings. */
const rosterSchema = z.strictObject({
  passport: z.string(),
  cap: z.int(),
  accepted: z.int(),
  proffers: z.array(recordIdSchema),
})
export type LaidRoster = z.infer<typeof rosterSchema>

export const proffers = shelf(
  'proffers/by-id',
  json((value) => profferSchema.parse(value)),
)
export const rosters = shelf(
  'proffers/rosters',
  json((value) => rosterSchema.parse(value)),
)
/** A passport's rosters, oldest first. */
export const rostersOf = shelf('proffers/of', text)
/** Handles that a proffer has used: none of them stands behind another. */
export const handlesUsed = shelf('proffers/handles', text)
