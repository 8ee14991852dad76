import { countryNoun } from '@dcann/protocol/country'
import type { Signer } from '@dcann/protocol/key'
import type { Log, LogNamed } from '@dcann/protocol/log/succession'
import type { ZoneName } from '@dcann/protocol/name'
import { ofLog, rootNoun } from '@dcann/protocol/root'
import { readSigned } from '@dcann/protocol/signed'
import type { Place } from '@dcann/store/shelf'
import { createBounded } from '../bounded.ts'
import { currentRecord, type Kept } from '../records/shelf.ts'

/** Signs for a zone; `next` takes its place with the very act by which the zone's record names it. */
export type LogSigner = Signer & { readonly next?: Signer }

/** Zones served here, each with the signer of its statements and heads. */
export type ServedZones = ReadonlyMap<ZoneName, LogSigner>

/** What a zone's own record says of its log. */
export type { Log } from '@dcann/protocol/log/succession'

/** Where the record stands that names a zone's log key: the root record, or the zone's copy of its country record. */
export function delegation(zone: ZoneName): Place<Kept> {
  return currentRecord(zone, delegationName(zone))
}

export function delegationName(zone: ZoneName): string {
  return zone === 'root' ? 'root' : `country/${zone}`
}

/** The signer held here of the log that a zone's record names. */
export function signerOf(zones: ServedZones, zone: ZoneName, { key }: Log): Signer | undefined {
  const signer = zones.get(zone)
  return [signer, signer?.next].find((each) => each?.key === key)
}

const known = createBounded<LogNamed>(512)

/** What a delegation says of its log: the log itself, and where the one before ended. */
export function logNamed(zone: ZoneName, { id, signed }: Kept): LogNamed {
  const found = known.get(id)
  if (found) return found
  const named =
    zone === 'root' ? ofLog(readSigned(rootNoun, signed).payload) : ofCountry(readSigned(countryNoun, signed).payload)
  known.set(id, named)
  return named
}

/** The log that a delegation names. */
export function logOf(zone: ZoneName, kept: Kept): Log {
  return logNamed(zone, kept).log
}

function ofCountry({ log, frozen }: LogNamed): LogNamed {
  return { log, frozen }
}
