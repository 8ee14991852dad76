import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalText } from '@dcann/protocol/canonical'
import type { ImportedEntry } from './mapping.ts'

/** Names an entry by its content. */
export type Identify = (strand: string, entry: ImportedEntry) => string

/**
 * SHA-256, in base64url, of the strand's name, a line end, and the canonical form of `{at, body, source}`.
 *
 * So the same file brought twice adds nothing. How an entry is classified is not in it: a mapping that learns new tags
 * makes no second copy. Two events in the same second with the same body are the same entry.
 */
export function identifyEntry(strand: string, { at, body, source }: ImportedEntry): string {
  return base64Url(sha256(utf8(`${strand}\n${canonicalText({ at, body, source })}`)))
}
