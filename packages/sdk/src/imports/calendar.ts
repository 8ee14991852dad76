import type { Reader } from './row.ts'

/**
 * A date as people write it in English, as finely as it is given: `12 Mar 2021` is read as `2021-03-12`, `Mar 2021` as
 * `2021-03`, `2019` as it is.
 */
export function date(column: string): Reader {
  return (row) => {
    const value = row.get(column)?.trim()
    return value === undefined || value === '' ? undefined : (readDate(value) ?? { column, expected: 'a date' })
  }
}

/** The instant at which such a date begins, in UTC: of a month the first second of its first day. */
export function beginningOf(read: Reader): Reader {
  return (row) => {
    const value = read(row)
    return typeof value === 'string' ? `${value}-01-01`.slice(0, 10).concat('T00:00:00Z') : value
  }
}

function readDate(value: string): string | undefined {
  const [, day, name, year] = /^(?:(?:(\d{1,2}) )?([A-Za-z]{3,9}) )?((?:19|20)\d{2})$/.exec(value) ?? []
  if (year === undefined) return undefined
  if (name === undefined) return year
  const month = months.findIndex((full) => isName(full, name.toLowerCase())) + 1
  if (month === 0) return undefined
  const found = `${year}-${two(month)}`
  if (day === undefined) return found
  // what does not come back is no date, such as 30 February
  const exists = Number(day) > 0 && new Date(Date.UTC(Number(year), month - 1, Number(day))).getUTCMonth() === month - 1
  return exists ? `${found}-${two(Number(day))}` : undefined
}

function isName(full: string, name: string): boolean {
  return name === full || name === full.slice(0, 3) || name === full.slice(0, 4)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const months = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
]
