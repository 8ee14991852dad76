import { z } from 'zod'
import { canonicalBytes, parseCanonical } from '../canonical.ts'
import { ProtocolError } from '../errors.ts'
import { kindSchema } from '../name.ts'
import { parseSchema, recordIdSchema } from '../signed.ts'
import { tombstoneId } from '../tombstone.ts'
import { timeSchema } from '../time.ts'

/** Bytes of an entry at most. */
export const entryBytes = 512

/**
 * That a record came to stand under a name, or the tombstone in its place. The name's key in the map is given and not the
 * name itself: a log outlives what is erased.
 *
 * spec: log#entries
 */
export const actEntrySchema = z
  .strictObject({ key: recordIdSchema, record: recordIdSchema, type: z.union([kindSchema, z.literal('tombstone')]) })
  .refine(({ record, type }) => (type === 'tombstone') === (record === tombstoneId), {
    error: 'expected the tombstone under its own type, and nothing else there',
  })
export type ActEntry = z.infer<typeof actEntrySchema>

/**
 * What the map has come to by all acts before: its root, how many names it has, and the time at which the acts since the
 * last such entry were judged.
 *
 * spec: log#entries
 */
export const mapEntrySchema = z.strictObject({ map: recordIdSchema, names: z.int().min(0), time: timeSchema })
export type MapEntry = z.infer<typeof mapEntrySchema>

/** An entry of a zone's log. */
export type LogEntry = ActEntry | MapEntry

/** The bytes that a log has for an entry: its canonical form. spec: log#entries */
export function formatEntry(entry: LogEntry): Uint8Array {
  return canonicalBytes(entry)
}

/**
 * Reads what a zone's log has as an entry. Throws `malformed-json`, `not-canonical` or `schema-mismatch`.
 *
 * spec: log#entries
 */
export function parseEntry(bytes: Uint8Array): LogEntry {
  const value = parseCanonical(bytes, entryBytes)
  const isMap = typeof value === 'object' && value !== null && 'map' in value
  return parseSchema<LogEntry>(isMap ? mapEntrySchema : actEntrySchema, value, 'reading an entry of a log')
}

/** Reads the entry that a head ends in. Throws `evidence-broken` for an act: a head without its map says nothing. */
export function parseMapEntry(bytes: Uint8Array): MapEntry {
  const entry = parseEntry(bytes)
  if ('map' in entry) return entry
  throw new ProtocolError('evidence-broken', 'reading the last entry of a log: it is an act, expected what the map is')
}
