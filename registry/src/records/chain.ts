import type { ZoneName } from '@dcann/protocol/name'
import type { Signed } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { type Kept, pastRecord } from './shelf.ts'

/**
 * The records of a name from its genesis to the one that stood when it was read. Those before it were there by then and
 * never change, so a second snapshot cannot tear the chain.
 */
export async function chainOf(
  store: Pick<Reader, 'read'>,
  zone: ZoneName,
  name: string,
  current: Kept,
): Promise<Signed[]> {
  if (current.seq === 1) return [current.signed]
  const places = Array.from({ length: current.seq - 1 }, (_, i) => pastRecord(zone, name, i + 1))
  const snapshot = await store.read(places.map(({ key }) => key))
  const before = places.flatMap((place) => place.from(snapshot)?.value.signed ?? [])
  if (before.length !== places.length) {
    throw new Error(`reading a chain: ${before.length} of ${places.length} earlier records are there; run fsck`)
  }
  return [...before, current.signed]
}
