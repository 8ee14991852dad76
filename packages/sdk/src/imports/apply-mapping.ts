import { canonicalBytes } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import type { ImportedEntry, Interest, Kept, Mapping } from './mapping.ts'
import type { Row } from './row.ts'
import { skip, type OrSkipped } from './skip.ts'

/** The entry that `mapping` makes of one row, or why it makes none. `line` is where the row stands in its file. */
export function applyMapping(mapping: Mapping, row: Row, line: number): OrSkipped<{ readonly entry: ImportedEntry }> {
  const kind = mapping.kinds.find(({ when }) => when(row))
  if (kind === undefined) return skip(line, 'left-out', 'an event of a kind this strand does not keep')
  if ('leftOut' in kind) return skip(line, 'left-out', kind.leftOut)
  const at = kind.at(row)
  if (at === undefined) return skip(line, 'field-missing', 'the event has no time')
  if (typeof at !== 'string') return skip(line, 'field-invalid', `${at.column} is not ${at.expected}`)
  const body = new Map<string, string>()
  for (const [name, read] of Object.entries(kind.body)) {
    const value = read(row)
    if (typeof value === 'string') body.set(name, value)
    else if (value !== undefined) return skip(line, 'field-invalid', `${value.column} is not ${value.expected}`)
  }
  return measure(mapping, kind, at, Object.fromEntries(body), line)
}

function measure(
  mapping: Mapping,
  kind: Kept,
  at: string,
  body: Readonly<Record<string, string>>,
  line: number,
): OrSkipped<{ readonly entry: ImportedEntry }> {
  if (canonicalBytes(body).length > limits.entryBytes) {
    return skip(line, 'too-large', `the entry is larger than ${limits.entryBytes} bytes`)
  }
  const { source, about } = mapping
  const found = kind.interests === undefined ? [] : matchInterests(body[kind.interests.in] ?? '', kind.interests.of)
  const tags = [...new Set([...kind.tags, ...found])].sort()
  const entry = { at, body, tags, source, assurance: 'self', about } as const
  return { entry: kind.moment === undefined ? entry : { ...entry, moment: kind.moment } }
}

function matchInterests(text: string, interests: readonly Interest[]): string[] {
  const lower = text.toLowerCase()
  return interests.filter(({ words }) => words.some((word) => beginsWord(lower, word))).map(({ tag }) => tag)
}

// The beginning only, since words take endings; "current income" is still no search for something to "rent in" a town.
function beginsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{M}]/u.test(text.charAt(at - 1))) return true
  }
  return false
}
