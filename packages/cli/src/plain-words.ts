/** Terms of the Data Privacy Vocabulary as words: `dpv:ServiceProvision` is "service provision". */
export function wordsOf(term: string): string {
  return term
    .replace(/^[a-z]+:/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
}

/** A span of time as people say it, in the largest unit of which there are two at least. */
export function span(seconds: number): string {
  const [size, name] = units.find(([each]) => seconds >= 2 * each) ?? [1, 'second']
  const n = Math.max(0, Math.round(seconds / size))
  return `${n} ${name}${n === 1 ? '' : 's'}`
}

const units: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
]

/** `P90D` as people say it. */
export function daysOf(days: string): string {
  const n = Number(days.slice(1, -1))
  return `${n} day${n === 1 ? '' : 's'}`
}

/** A time as records carry it, to the minute: 2026-11-23 12:00. */
export function minuteOf(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`
}

/** A list as people say it. */
export function listOf(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
