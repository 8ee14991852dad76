import { ProtocolError, quote } from '@dcann/protocol/errors'
import { googleSearch } from './google-search.ts'
import type { FileHead, Mapping } from './mapping.ts'
import { rideTrips } from './ride-trips.ts'

/** Every export that can be brought in, in the order in which they are tried on a file. */
export const catalogue: readonly Mapping[] = [googleSearch, rideTrips]

/** The mapping for a file that begins like this. Throws `schema-mismatch`, naming the exports known. */
export function recogniseFile(head: FileHead, among: readonly Mapping[] = catalogue): Mapping {
  const found = among.find(({ recognise }) => recognise(head))
  if (found !== undefined) return found
  const known = among.map(({ title }) => title).join('; ')
  throw new ProtocolError('schema-mismatch', `importing ${quote(head.name)}: it is none of the exports known: ${known}`)
}
