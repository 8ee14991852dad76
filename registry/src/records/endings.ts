import type { Ending } from '@dcann/protocol/tombstone'
import type { ZoneName } from '@dcann/protocol/name'
import { json, type Place, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

const endingSchema = z.strictObject({
  is: z.enum(['ended', 'withheld', 'gone']),
  at: z.int().min(0),
  /** Whose it is, until its records are erased here. */
  name: z.string().optional(),
})
export type EndingKept = z.infer<typeof endingSchema> & Ending

/** Passports on their way out, by their key in the map, which says nothing of them. */
export const endings = shelf(
  'endings',
  json((value): EndingKept => endingSchema.parse(value)),
)

/** How far the name with this key in the map has come; nothing for one that lives or never was. */
export function endingPlace(zone: ZoneName, key: string): Place<EndingKept> {
  return endings.at(zone, key)
}
