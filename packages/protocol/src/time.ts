import { z } from 'zod'
import { ProtocolError, quote } from './errors.ts'

/** Seconds since 1970-01-01T00:00:00Z, whole. The clock is handed in everywhere; nothing here reads one. */
export type Instant = number

const grammar = /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/

/** RFC 3339 in UTC to the second, as records carry it. */
export function formatTime(instant: Instant): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19)}Z`
}

/** The instant of `2026-11-23T12:00:00Z`; throws `time-invalid` for any other form and for days that do not exist. */
export function parseTime(text: string): Instant {
  const instant = grammar.test(text) ? Date.parse(text) / 1000 : Number.NaN
  // 30 February parses in some engines; it does not come back, and only days past the 28th can do that
  if (!Number.isSafeInteger(instant) || (text.slice(8, 10) > '28' && formatTime(instant) !== text)) {
    throw new ProtocolError(
      'time-invalid',
      `reading the time ${quote(text)}: expected an existing instant like 2026-11-23T12:00:00Z`,
    )
  }
  return instant
}

/** Schema of a time in a record. */
export const timeSchema = z.string().refine(
  (text) => {
    try {
      parseTime(text)
      return true
    } catch {
      return false
    }
  },
  { error: 'expected a UTC time to the second' },
)

/** Whether `at` lies in the half-open interval `[from, until)`; an absent bound is open. */
export function within(at: Instant, from: string | null | undefined, until: string | null | undefined): boolean {
  return (from == null || at >= parseTime(from)) && (until == null || at < parseTime(until))
}
