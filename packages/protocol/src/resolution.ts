import { z } from 'zod'
import { limits, times } from './limits.ts'
import { headProofSchema } from './log/head-proof.ts'
import { mapProofSchema } from './map/proof.ts'
import { zoneSchema } from './name.ts'
import { type Noun, recordIdSchema, signedSchema } from './signed.ts'
import { timeSchema } from './time.ts'

/**
 * What a zone says of one name at one moment, signed by the zone's log key: the record id under it, or that there is none,
 * and for how long to believe it.
 *
 * spec: resolving#statement
 */
export const statementSchema = z.strictObject({
  v: z.literal(1),
  zone: zoneSchema,
  name: z.string().max(80),
  /** `null` says that nothing stands under this name. */
  record: recordIdSchema.nullable(),
  ttl: z.int().min(times.negativeTtlLeast).max(times.ttlMost),
  at: timeSchema,
})
export type Statement = z.infer<typeof statementSchema>

export const statementNoun: Noun<Statement> = {
  typ: 'dcann-statement+json',
  schema: statementSchema,
  mostBytes: limits.passportRecordBytes,
}

/** That a record, or none, stands under a name in the map of a head, and the head. spec: resolving#proof */
export const resolutionProofSchema = z.strictObject({ map: mapProofSchema, head: headProofSchema })
export type ResolutionProof = z.infer<typeof resolutionProofSchema>

/**
 * One name resolved: the zone's statement, the records that lead from the genesis to the one stated, and the proof that
 * this one stands there under the zone's head.
 *
 * spec: resolving#body
 */
export const resolutionSchema = z.strictObject({
  v: z.literal(1),
  zone: zoneSchema,
  name: z.string().max(80),
  /** Left out by a mirror, which has no key of the zone: its answer is as old as the cosignatures on the head. */
  statement: signedSchema.optional(),
  records: z.array(signedSchema).max(limits.records),
  proof: resolutionProofSchema.optional(),
})
export type Resolution = z.infer<typeof resolutionSchema>

/** A passport resolved, with its home node and the node's operator when the same registry has their zone. */
export const passportResolutionSchema = z.strictObject({
  v: z.literal(1),
  passport: resolutionSchema,
  node: resolutionSchema.optional(),
  operator: resolutionSchema.optional(),
})
export type PassportResolution = z.infer<typeof passportResolutionSchema>
