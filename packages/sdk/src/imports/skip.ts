/**
 * Why a piece of a file does not become an entry.
 *
 * - `malformed`: it does not follow the file's format
 * - `encoding`: it is not UTF-8
 * - `too-large`: it, or the entry made of it, is larger than the limit
 * - `too-deep`: it nests deeper than the limit
 * - `truncated`: the file ends inside it
 * - `field-missing`, `field-invalid`: it is readable, and lacks a field or holds one that is not what it should be
 * - `left-out`: it is understood, and is not what this strand keeps
 * - `duplicate`: the same entry stands earlier in the file
 */
export type SkipCode =
  | 'malformed'
  | 'encoding'
  | 'too-large'
  | 'too-deep'
  | 'truncated'
  | 'field-missing'
  | 'field-invalid'
  | 'left-out'
  | 'duplicate'

/**
 * A piece of the file that stays out. `line` is its first line, counted from 1. `reason` is for the holder's eyes and
 * names columns and counts, never what stands in them, so that it can be logged.
 */
export interface Skip {
  readonly line: number
  readonly code: SkipCode
  readonly reason: string
}

/** A piece on the way to an entry, or the reason why it goes no further. */
export type OrSkipped<T> = T | { readonly skipped: Skip }

/** A piece that goes no further. */
export function skip(line: number, code: SkipCode, reason: string): { readonly skipped: Skip } {
  return { skipped: { line, code, reason } }
}
