import { base64Url, fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
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

/** A head of some log as it was cosigned, and when. */
export type Witnessed = z.infer<typeof witnessedSchema>

/** The head of a zone that was cosigned last, and when. */
export function witnessedPlace(zone: ZoneName): Place<Witnessed> {
  return witnessed.at(zone)
}

const plain = shelf(
  'witness/plain',
  json((value) => witnessedSchema.parse(value)),
)

/** The same of a log that is no zone's. Whose it is may hold characters that a key does not. */
export function plainPlace(whose: string): Place<Witnessed> {
  return plain.at(base64Url(sha256(utf8(whose))))
}

export function readWitnessed({ size, root, at }: Witnessed): Head & { readonly at: Instant } {
  return { size, root: fromBase64Url(root), at }
}

export function keepWitnessed({ size, root }: Head, at: Instant): Witnessed {
  return { size, root: base64Url(root), at }
}
