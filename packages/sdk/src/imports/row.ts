import { formatTime } from '@dcann/protocol/time'

/**
 * One event of a file, whatever its format: text by name. In CSV the name is the column's; in JSON it is the path to the
 * value, such as `products.0` or `details.0.name`. What is empty is absent.
 */
export type Row = ReadonlyMap<string, string>

/** A field that does not hold what it should; `expected` completes the sentence "… is not". */
export interface FieldFault {
  readonly column: string
  readonly expected: string
}

/** Reads one value out of a row: text, `undefined` for a value that is absent, or a fault. */
export type Reader = (row: Row) => string | undefined | FieldFault

/** The column as it stands. */
export function text(column: string): Reader {
  return (row) => row.get(column)
}

/** The column in lower case: statuses, products. */
export function word(column: string): Reader {
  return (row) => row.get(column)?.toLowerCase()
}

/** A decimal number, kept as text, since signed bytes admit no fractions. A leading plus and blanks go. */
export function decimal(column: string): Reader {
  return (row) => {
    const value = row.get(column)?.trim().replace(/^\+/, '')
    if (value === undefined || value === '') return undefined
    return /^-?[0-9]{1,20}(\.[0-9]{1,20})?$/.test(value) ? value : { column, expected: 'a decimal number' }
  }
}

/**
 * An instant, to the second, in UTC. It reads RFC 3339 (`2026-03-04T05:06:07.123Z`) and the form
 * `2026-03-04 05:06:07 +0000 UTC`; a fraction of a second is cut off. An instant of 1970 is what exports write for "never"
 * and counts as absent.
 */
export function time(column: string): Reader {
  return (row) => {
    const value = row.get(column)
    if (value === undefined) return undefined
    const instant = readInstant(value)
    if (instant === undefined) return { column, expected: 'a time' }
    return instant < secondsOf1970 ? undefined : formatTime(instant)
  }
}

/** The first of these that is there. */
export function firstOf(...readers: readonly Reader[]): Reader {
  return (row) => {
    for (const read of readers) {
      const value = read(row)
      if (value !== undefined) return value
    }
    return undefined
  }
}

/** Whether the column holds one of these values. */
export function holds(column: string, ...values: readonly string[]): (row: Row) => boolean {
  return (row) => values.includes(row.get(column) ?? '')
}

/** The text without NUL and lone surrogates, which signed text cannot hold. Nothing else of it changes. */
export function cleanText(value: string): string {
  return value.replace(/\0|\p{Surrogate}/gu, '')
}

const secondsOf1970 = 365 * 86_400
const shape =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})? ?(?:Z|UTC|([+-])(\d{2}):?(\d{2})(?: [A-Z]{1,5})?)$/

function readInstant(value: string): number | undefined {
  const parts = shape.exec(value.trim())
  if (parts === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number)
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Date.UTC takes 30 February for a day in March; what does not come back is no date
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!exists || hour > 23 || minute > 59 || second > 59 || year < 1970) return undefined
  const offset = (Number(parts[8] ?? 0) * 60 + Number(parts[9] ?? 0)) * 60
  return date.getTime() / 1000 - (parts[7] === '-' ? -offset : offset)
}
