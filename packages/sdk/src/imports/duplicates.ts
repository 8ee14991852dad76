import type { ImportedEntry } from './mapping.ts'
import type { Imported, Origin, Skipped } from './piece.ts'
import { skip } from './skip.ts'

/** Names an entry by its content, among the entries of all strands. */
export type Identify = (strand: string, entry: ImportedEntry) => string

/** Lets an entry in under its id, unless the same one stands earlier in the export. */
export type Admit = (origin: Origin, entry: ImportedEntry, line: number) => Imported | Skipped

/** Remembers the last 200,000 ids: a duplicate further apart comes out twice, under one id. */
export function createAdmission(identify: Identify): Admit {
  const places = new Map<string, { readonly file: string; readonly line: number }>()
  return (origin, entry, line) => {
    const { file } = origin
    const id = identify(origin.mapping.strand.name, entry)
    const earlier = places.get(id)
    if (earlier !== undefined) {
      const where = earlier.file === file ? '' : ` of ${earlier.file}`
      return { ...origin, ...skip(line, 'duplicate', `the same event stands at line ${earlier.line}${where}`) }
    }
    places.set(id, { file, line })
    const [oldest] = places.size > remembered ? places.keys() : []
    if (oldest !== undefined) places.delete(oldest)
    return { ...origin, id, line, entry }
  }
}

const remembered = 200_000
