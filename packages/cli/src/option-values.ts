import { formatTime, parseTime } from '@dcann/protocol/time'
import { UsageError } from './failure.ts'

/** A time out of an option: a day, or a time in UTC. */
export function timeOf(text: string, option: string): string {
  try {
    return formatTime(parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text))
  } catch {
    throw new UsageError(`${option} ${JSON.stringify(text)} is no time; expected 2026-01-31 or 2026-01-31T12:00:00Z`)
  }
}

/** A whole number out of an option. */
export function wholeNumber(text: string, option: string, least = 0): number {
  if (/^[0-9]{1,9}$/.test(text) && Number(text) >= least) return Number(text)
  throw new UsageError(`${option} ${JSON.stringify(text)} is no whole number from ${least}`)
}

/** One of some words out of an option. */
export function oneWord<const T extends string>(
  text: string | undefined,
  option: string,
  of: readonly T[],
): T | undefined {
  if (text === undefined) return undefined
  const found = of.find((word) => word === text)
  if (found !== undefined) return found
  throw new UsageError(`${option} ${JSON.stringify(text)} is none of ${of.join(', ')}`)
}
