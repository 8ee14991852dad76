import { type RecordId, recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import { ordered } from '@dcann/store/key'
import { json, type Place, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

const keptSchema = z.strictObject({ id: recordIdSchema, seq: z.int().min(1), signed: signedSchema })
/** A record as it was submitted, and what finds it. */
export type Kept = z.infer<typeof keptSchema>

const actSchema = z.strictObject({
  name: z.string(),
  id: recordIdSchema,
  seq: z.int().min(1),
  time: z.int().min(0),
  /** The root record a delegation was judged under. */
  under: recordIdSchema.optional(),
  /** A country record taken over from the root zone, which has judged it. */
  copied: z.literal(true).optional(),
})
const erasedSchema = z.strictObject({ key: recordIdSchema, id: recordIdSchema, time: z.int().min(0) })

/** One line of a zone's journal: what was admitted, in what order, at what time. */
export type Named = z.infer<typeof actSchema>
/** A line of which no record is kept: it was erased, or withheld, or is the tombstone. The key in the map is all of its name. */
export type Nameless = z.infer<typeof erasedSchema>
export type Entry = Named | Nameless

/** The act by which it came is kept too, so that its line is found when it is erased. */
const pointerSchema = z.strictObject({ name: z.string(), seq: z.int().min(1), act: z.int().min(1) })

const currentRecords = shelf(
  'current',
  json((value) => keptSchema.parse(value)),
)
const pastRecords = shelf(
  'past',
  json((value) => keptSchema.parse(value)),
)
const pointers = shelf(
  'ids',
  json((value) => pointerSchema.parse(value)),
)
const journal = shelf(
  'acts',
  json((value): Entry => z.union([actSchema, erasedSchema]).parse(value)),
)

/** The record that stands under a name. */
export function currentRecord(zone: ZoneName, name: string): Place<Kept> {
  return currentRecords.at(zone, name)
}

/** A record that was replaced: it never changes again. */
export function pastRecord(zone: ZoneName, name: string, seq: number): Place<Kept> {
  return pastRecords.at(zone, name, ordered(seq))
}

/** Where a record id stands in a zone. */
export function pointer(zone: ZoneName, id: RecordId): Place<z.infer<typeof pointerSchema>> {
  return pointers.at(zone, id)
}

/** The n-th act of a zone, from 1. */
export function act(zone: ZoneName, n: number): Place<Entry> {
  return journal.at(zone, ordered(n))
}

export const recordShelves = { current: currentRecords, past: pastRecords, pointers, journal }

/** Whose thing a key is: what stands under one name is erased together. */
export function ownerOf(key: string): string {
  const [shelfName = '', zone = '', ...rest] = key.split('/')
  if (shelfName === 'current') return [zone, ...rest].join('/')
  if (shelfName === 'past') return [zone, ...rest.slice(0, -1)].join('/')
  return key
}

/** An act described, not yet committed. */
export type Act = {
  readonly zone: ZoneName
  readonly name: string
  readonly kept: Kept
  /** What the clock said; the zone's own time, which never falls, may be later. */
  readonly clock: Instant
  /** Whether it assigns an identifier, which the zone's bound counts. */
  readonly assigns: boolean
  /** Whether it ends a passport. */
  readonly ends?: boolean
  readonly under?: RecordId
  readonly copied?: true
}
