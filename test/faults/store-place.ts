import type { Place } from '@dcann/store/engines'

/** Where a store is, in one word of a command line: a folder, or `postgres://…` and its key file with `#` between. */
export function placeAt(at: string): Place {
  const [url = '', keyFile] = at.split('#')
  return keyFile === undefined ? at : { url, keyFile }
}
