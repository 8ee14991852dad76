import type { ImportedEntry, Mapping } from './mapping.ts'
import type { Skip } from './skip.ts'

/** Where a piece of an export comes from. */
export interface Origin {
  /** How the file was read; its strand is where the entries go. */
  readonly mapping: Mapping
  /** The file's name, or in an archive the member's, without folders. */
  readonly file: string
}

/** An entry, its id, and the line of the file it was made of. */
export interface Imported extends Origin {
  readonly id: string
  readonly line: number
  readonly entry: ImportedEntry
}

/** A piece of a file that stays out, and why. */
export interface Skipped extends Origin {
  readonly skipped: Skip
}

/**
 * Something about a whole file of an archive.
 *
 * - `unknown`: no mapping recognises it, and it was not read
 * - `unlike`: a mapping recognises it, and what that mapping needs is not there
 * - `damaged`: it is not what the archive says of it; entries made of it before that was found stand
 * - `truncated`: the archive ends inside it, or behind it without saying that it is complete
 */
export interface Passed {
  readonly passed: {
    readonly file: string
    readonly code: 'unknown' | 'unlike' | 'damaged' | 'truncated'
    /** For the holder's eyes; it names columns, never what stands in them. */
    readonly reason: string
  }
}

/** What comes of reading an export, piece by piece. */
export type Piece = Imported | Skipped | Passed
