import { base64Url, concatenate, equalBytes, fromBase64Url, textOf, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import type { QueryItem } from '@dcann/protocol/request'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

/** Cursors bound to an agreement and to what was asked: another caller's, or another question's, is none. */
export type Cursors = {
  readonly seal: (place: string, agreement: string, item: QueryItem) => string
  /** Throws `schema-mismatch` for a cursor that this node did not give for this question. */
  readonly open: (cursor: string, agreement: string, item: QueryItem) => string
}

/** Cursors under a secret of this node. */
export function createCursors(secret: Uint8Array): Cursors {
  const mark = (place: Uint8Array, agreement: string, { cursor: _, ...item }: QueryItem): Uint8Array =>
    hmac(sha256, secret, concatenate(place, utf8(`\n${agreement}\n`), canonicalBytes(item))).subarray(0, 16)
  return {
    seal: (place, agreement, item) => {
      const bytes = utf8(place)
      return base64Url(concatenate(mark(bytes, agreement, item), bytes))
    },
    open(cursor, agreement, item) {
      let bytes: Uint8Array
      try {
        bytes = fromBase64Url(cursor)
      } catch {
        bytes = new Uint8Array(0)
      }
      const place = bytes.subarray(16)
      if (!equalBytes(bytes.subarray(0, 16), mark(place, agreement, item))) {
        throw new ProtocolError(
          'schema-mismatch',
          'continuing an answer: the cursor was not given for this question; send the same item as before',
        )
      }
      return textOf(place)
    },
  }
}
