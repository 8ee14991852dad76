import type { Reader, Row } from './row.ts'

/** What drives an event and where it happens. spec: moment */
export interface Moment {
  readonly driver: 'intent' | 'sharing' | 'experience'
  readonly channel: 'online' | 'offline'
  readonly stage?: string
}

/** Whom an entry is about. Data about others is in no answer unless a term names it. */
export type About = 'holder' | 'others' | 'both'

/** One event as a vault takes it in: its time in UTC to the second, its content, and how it is classified. */
export interface ImportedEntry {
  readonly at: string
  /** Texts only, decimals among them; at most `limits.entryBytes` in canonical form. */
  readonly body: Readonly<Record<string, string>>
  /** Dotted tags, sorted, each once. */
  readonly tags: readonly string[]
  readonly moment?: Moment
  readonly source: string
  /** Nobody but the holder vouches for a file the holder brings. */
  readonly assurance: 'self'
  readonly about: About
}

/** What the vault makes the strand with when it has none of this name yet. */
export interface StrandShape {
  readonly name: string
  readonly kind: 'stream'
  /** URN of the body's schema. */
  readonly schema: string
  /** DPV personal-data term, `pd:…` of version 2.3. */
  readonly category: string
  readonly special: boolean
  readonly tags: readonly string[]
}

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
  readonly strand: StrandShape
  readonly about: About
  /** The first kind whose `when` holds decides; an event of no kind stays out. */
  readonly kinds: readonly (Kept | LeftOut)[]
}
