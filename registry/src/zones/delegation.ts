import { countryNoun } from '@dcann/protocol/country'
import type { PublicKey, Signer } from '@dcann/protocol/key'
import type { ZoneName } from '@dcann/protocol/name'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned } from '@dcann/protocol/signed'
import type { Place } from '@dcann/store/shelf'
import { createBounded } from '../bounded.ts'
import { currentRecord, type Kept } from '../records/shelf.ts'

/** Zones served here, each with the signer of its statements. */
export type ServedZones = ReadonlyMap<ZoneName, Signer>

/** What a zone's own record says of its log. */
export type Log = { readonly origin: string; readonly key: PublicKey }

/** Where the record stands that names a zone's log key: the root record, or the zone's copy of its country record. */
export function delegation(zone: ZoneName): Place<Kept> {
  return currentRecord(zone, delegationName(zone))
}

export function delegationName(zone: ZoneName): string {
  return zone === 'root' ? 'root' : `country/${zone}`
}

const known = createBounded<Log>(512)

/** The log that a delegation names. */
export function logOf(zone: ZoneName, { id, signed }: Kept): Log {
  const found = known.get(id)
  if (found) return found
  const log =
    zone === 'root' ? readSigned(rootNoun, signed).payload.roles.log : readSigned(countryNoun, signed).payload.log
  known.set(id, log)
  return log
}
