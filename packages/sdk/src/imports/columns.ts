import type { FileHead } from './mapping.ts'

/** Recognises a CSV file by a line that has all these columns, among its first lines. */
export function hasColumns(columns: readonly string[], lines = 1): (head: FileHead) => boolean {
  return ({ text }) =>
    text
      .replace(/^\uFEFF/, '')
      .split('\n', lines)
      .some((line) => {
        const names = new Set(line.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1')))
        return columns.every((column) => names.has(column))
      })
}
