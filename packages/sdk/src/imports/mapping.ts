import type { Entry } from '@dcann/protocol/entry'
import type { Moment } from '@dcann/protocol/moment'
import type { Strand } from '@dcann/protocol/strand'
import type { Reader, Row } from './row.ts'

/**
 * One event as a vault takes it in. Its body holds texts only, decimals among them, and nobody but the holder vouches for
 * a file that the holder brings. spec: entry
 */
export type ImportedEntry = Omit<Entry, 'body' | 'assurance'> & {
  readonly body: Readonly<Record<string, string>>
  readonly assurance: 'self'
}

/** What the vault makes the strand with when it has none of this name yet; custody is the holder's choice. */
export type StrandShape = Omit<Strand, 'custody'>

/** How a file begins, for recognising it: its name, and its first 4 KiB as text, bytes that are not UTF-8 replaced. */
export interface FileHead {
  readonly name: string
  readonly text: string
}

/** Words that stand for an interest: the entry whose text holds one of them, in any letter case, gets the tag. */
export interface Interest {
  readonly tag: string
  readonly words: readonly string[]
}

/** A kind of event that becomes an entry. */
export interface Kept {
  readonly when: (row: Row) => boolean
  /** Event time; an event without one is reported. */
  readonly at: Reader
  /** What stands in the body, under these names; what is absent in the row is absent in the body. */
  readonly body: Readonly<Record<string, Reader>>
  readonly tags: readonly string[]
  /** Tags out of the words in one field of the body. */
  readonly interests?: { readonly in: string; readonly of: readonly Interest[] }
  /** Absent where the event is no moment, such as a ride that never began. */
  readonly moment?: Moment
}

/** A kind of event that stays out, and why, in the holder's words. */
export interface LeftOut {
  readonly when: (row: Row) => boolean
  readonly leftOut: string
}

/**
 * How one company's export becomes entries of one strand. Adding a source is one file with such an object and one line in
 * `catalogue.ts`; reading, limits, duplicates and reports are the same for all.
 */
export interface Mapping {
  readonly id: string
  /** For the holder: which file of which download. */
  readonly title: string
  /** Written into every entry, and part of its id. */
  readonly source: string
  readonly format: 'json-array' | 'csv'
  readonly recognise: (head: FileHead) => boolean
  /** Columns without which it is another file; in JSON, without all of which the first event is another file's. */
  readonly required: readonly string[]
  /** Lines of a CSV file that may stand before its header, such as notes to the reader; none when absent. */
  readonly preambleLines?: number
  readonly strand: StrandShape
  readonly about: Entry['about']
  /** The first kind whose `when` holds decides; an event of no kind stays out. */
  readonly kinds: readonly (Kept | LeftOut)[]
}
