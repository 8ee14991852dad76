import { fromBase64Url, textOf } from '@dcann/protocol/bytes'
import type { Noun, Signed } from '@dcann/protocol/signed'

/**
 * The payload of a record that is kept here. It was judged when it was taken in, and the store opens nothing that it did
 * not seal itself, so it is parsed and not judged again.
 */
export function admittedPayload<T>(_noun: Noun<T>, { payload }: Signed): T {
  // the noun's schema keeps every member as it was signed, so what was judged is what is parsed
  return JSON.parse(textOf(fromBase64Url(payload))) as T
}
