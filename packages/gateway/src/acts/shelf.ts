import { recordIdSchema, type RecordId, signedSchema } from '@dcann/protocol/signed'
import { json, shelf } from '@dcann/store/shelf'
import { ordered } from '@dcann/store/key'
import type { Write } from '@dcann/store/store'
import { z } from 'zod'

const keptActSchema = z.strictObject({
  kind: z.enum(['receipt', 'deletion-attestation']),
  agreement: recordIdSchema,
  signed: signedSchema,
  /** Seconds since 1970. */
  at: z.int(),
  /** Its number in the agreement's chain; `null` until the vault has it. */
  n: z.int().min(1).nullable(),
})
/** An act of the company's on an agreement, as it was signed: sent again it is the same act, and has the same number. */
export type KeptAct = z.infer<typeof keptActSchema>

/** By record id. */
export const acts = shelf(
  'acts/kept',
  json((value) => keptActSchema.parse(value)),
)
/** The same in the order of time. */
export const actsByTime = shelf(
  'acts/by-time',
  json((value) => z.null().parse(value)),
)

/** Acts that the vault does not have yet: how often that has failed, and not before when it is tried again. */
export const owedActs = shelf(
  'acts/owed',
  json((value) => z.strictObject({ failed: z.int().min(0), due: z.int() }).parse(value)),
)

/** Describes keeping an act that is to be sent; whatever rests on it belongs into the same commit. */
export function owe(id: RecordId, act: Omit<KeptAct, 'n'>): Write[] {
  return [
    acts.at(id).put({ ...act, n: null }, 'absent'),
    actsByTime.at(ordered(act.at), id).put(null),
    owedActs.at(id).put({ failed: 0, due: 0 }),
  ]
}
