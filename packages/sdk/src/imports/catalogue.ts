import { ProtocolError, quote } from '@dcann/protocol/errors'
import { googleSearch } from './google-search.ts'
import type { FileHead, Mapping } from './mapping.ts'
import { networkConnections } from './network-connections.ts'
import { networkPositions } from './network-positions.ts'
import { rideTrips } from './ride-trips.ts'

/** Every export that can be brought in, in the order in which they are tried on a file, or on each member of an archive. */
export const catalogue: readonly Mapping[] = [googleSearch, rideTrips, networkPositions, networkConnections]

/** The mapping for a file that begins like this. Throws `schema-mismatch`, naming the exports known. */
export function recogniseFile(head: FileHead, among: readonly Mapping[] = catalogue): Mapping {
  const found = among.find(({ recognise }) => recognise(head))
  if (found !== undefined) return found
  const known = among.map(({ title }) => title).join('; ')
  throw new ProtocolError('schema-mismatch', `importing ${quote(head.name)}: it is none of the exports known: ${known}`)
}
