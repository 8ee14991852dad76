import { nodeNameSchema } from '@dcann/protocol/name'
import { profferNoun } from '@dcann/protocol/proffer'
import { readSigned, type RecordId, recordIdSchema, type Signed, signedSchema } from '@dcann/protocol/signed'
import { ordered } from '@dcann/store/key'
import { json, shelf } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import { z } from 'zod'

const keptSchema = z.strictObject({
  /** As its holder signed it. */
  signed: signedSchema,
  node: nodeNameSchema,
  /** Seconds since 1970. */
  opened: z.int(),
  /** What it became once it was accepted here. */
  agreement: recordIdSchema.optional(),
})
/** A proffer that was opened by the link that its holder handed out. */
export type KeptProffer = z.infer<typeof keptSchema>

/** By record id. */
export const proffers = shelf(
  'proffers/opened',
  json((value) => keptSchema.parse(value)),
)
/** The same in the order of time. */
export const proffersByTime = shelf(
  'proffers/by-time',
  json((value) => z.null().parse(value)),
)

/** Describes keeping one that was opened for the first time. */
export function keep(signed: Signed, kept: Omit<KeptProffer, 'signed'>): Write[] {
  const { id } = readSigned(profferNoun, signed)
  return [proffers.at(id).put({ signed, ...kept }), proffersByTime.at(ordered(kept.opened), id).put(null)]
}

/** Describes that one became an agreement. */
export function accepted(id: RecordId, kept: KeptProffer, agreement: RecordId): Write {
  return proffers.at(id).put({ ...kept, agreement })
}
