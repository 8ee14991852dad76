/** How wide what people read is at most. */
export const columns = 100

/** Breaks a line between words; what follows stands under where its text begins. A longer word stays whole. */
export function wrap(line: string, width: number = columns): string[] {
  if (line.length <= width) return [line]
  const indent = /^ *(?:[-✓✗·] +)?/.exec(line)?.[0].length ?? 0
  const under = ' '.repeat(columnOf(line) ?? indent)
  const lines: string[] = []
  let rest = line
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width)
    const cut = at > under.length ? at : rest.indexOf(' ', width)
    if (cut === -1) break
    lines.push(rest.slice(0, cut).trimEnd())
    rest = under + rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}

/** Lines of two columns: names, `least` wide or more, and what is said of them. What nothing is said of is left out. */
export function table(rows: readonly (readonly [string, string | undefined])[], least = 0): string[] {
  const width = Math.max(least, ...rows.map(([name]) => name.length)) + 2
  return rows.flatMap(([name, says]) => (says === undefined ? [] : [`  ${name.padEnd(width)}${says}`]))
}

/** Where the second column of a line of `table` begins. */
function columnOf(line: string): number | undefined {
  const found = /^ {2,}[^ ](?:[^ ]| (?! ))* {2,}(?=\S)/.exec(line)?.[0].length
  return found !== undefined && found <= 40 ? found : undefined
}

/** Whole numbers as people read them: 12,345. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`
}

/** One line, cut where the page ends. */
export function cut(line: string, width: number = columns): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}

/**
 * Text with what would move the terminal or turn the direction of text made visible: much of what is shown was written by
 * somebody else.
 */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`,
  )
}
