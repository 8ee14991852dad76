import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import type { Head } from '@dcann/protocol/log/merkle'
import type { ZoneName } from '@dcann/protocol/name'
import { recordIdSchema } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { json, type Place, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

const witnessedSchema = z.strictObject({ size: z.int().min(0), root: recordIdSchema, at: z.int().min(0) })

const witnessed = shelf(
  'witness/cosigned',
  json((value) => witnessedSchema.parse(value)),
)

/** The head of a zone that was cosigned last, and when. */
export function witnessedPlace(zone: ZoneName): Place<z.infer<typeof witnessedSchema>> {
  return witnessed.at(zone)
}

export function readWitnessed(value: z.infer<typeof witnessedSchema>): Head & { readonly at: Instant } {
  return { size: value.size, root: fromBase64Url(value.root), at: value.at }
}

export function keepWitnessed({ size, root }: Head, at: Instant): z.infer<typeof witnessedSchema> {
  return { size, root: base64Url(root), at }
}
