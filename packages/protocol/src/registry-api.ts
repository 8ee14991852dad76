import { z } from 'zod'
import { zoneSchema } from './name.ts'
import { recordIdSchema, signedSchema } from './signed.ts'

/** `POST /v1/records` takes a signed record, which signs for itself. spec: registry-api */
export const recordAnswer = z.strictObject({
  zone: zoneSchema,
  name: z.string(),
  seq: z.int(),
  id: recordIdSchema,
  /** Whether this very record stood already. */
  known: z.boolean(),
})

/** `GET /v1/zones/{zone}/records?kind=operator|node|requester&after=&limit=` */
export const listAnswer = z.strictObject({
  zone: zoneSchema,
  records: z.array(z.strictObject({ name: z.string(), seq: z.int(), id: recordIdSchema })),
  next: z.string().optional(),
})

/** `GET /v1/zones` */
export const zonesAnswer = z.strictObject({
  zones: z.array(z.strictObject({ zone: zoneSchema, origin: z.string(), key: z.string() })),
})

/** `GET /v1/zones/{zone}/consistency?from=&to=` */
export const consistencyAnswer = z.strictObject({
  from: z.int().min(0),
  to: z.int().min(0),
  /** Hashes, nearest to the seam first. */
  proof: z.array(recordIdSchema).max(64),
})

/** `GET /v1/zones/{zone}/acts?from=` */
export const actsAnswer = z.strictObject({
  zone: zoneSchema,
  /** Records of the acts among the entries from here on, in their order; null for one that is erased, none for a tombstone. */
  from: z.int().min(0),
  /** The entry to go on from. */
  next: z.int().min(0),
  records: z.array(signedSchema.nullable()).max(256),
})

// `GET /v1/zones/{zone}/checkpoint` and `…/tile/{path}` answer as C2SP tlog-tiles says. `GET /v1/resolve/{DPI}`
// answers `passportResolutionSchema`, `GET /v1/zones/{zone}/record?name=` answers `resolutionSchema`,
// `GET /v1/root/{version}` and `GET /v1/records/{id}` answer a signed record.
