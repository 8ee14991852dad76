import type { Instant } from '@dcann/protocol/time'
import { parseTime } from '@dcann/protocol/time'
import type { Language } from './say.ts'

/** A country's name in the language, or its code where none is known. */
export function countryName(code: string, language: Language): string {
  try {
    return new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code
  } catch {
    return code
  }
}

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** How long ago, in the largest unit that fits twice: "3 minutes ago". */
export function sinceOf(at: Instant, language: Language, now: number = Date.now() / 1000): string {
  const seconds = Math.round(at - now)
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= 2 * size) ?? (['second', 1] as const)
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(seconds / size), unit)
}

/** A day as the language writes it. */
export function dayOf(time: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(parseTime(time) * 1000)
}

/** A day and the time of day here. */
export function momentOf(time: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(parseTime(time) * 1000)
}

export function listOf(words: readonly string[], language: Language): string {
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(words)
}

/** An amount as the language writes it, `5.00 EUR` where the currency is unknown. */
export function amountOf(amount: string, currency: string | undefined, language: Language): string {
  if (currency === undefined) return amount
  try {
    return new Intl.NumberFormat(language, { style: 'currency', currency }).format(Number(amount))
  } catch {
    return `${amount} ${currency}`
  }
}

/** Terms of the Data Privacy Vocabulary as words: `dpv:ServiceProvision` is "service provision". */
export function wordsOf(term: string): string {
  return term
    .replace(/^[a-z]+:/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
}
