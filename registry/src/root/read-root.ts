import { ProtocolError } from '@dcann/protocol/errors'
import type { Reader } from '@dcann/store/store'
import { currentRecord, type Kept, pastRecord } from '../records/shelf.ts'

/** A version of the root record, or the newest. Throws `not-found`. */
export async function readRoot(store: Pick<Reader, 'read'>, version?: number): Promise<Kept> {
  const current = currentRecord('root', 'root')
  const places = version === undefined ? [current] : [current, pastRecord('root', 'root', version)]
  const snapshot = await store.read(places.map(({ key }) => key))
  const found = places.map((place) => place.from(snapshot)?.value)
  const kept = found.find((each) => each !== undefined && (version === undefined || each.seq === version))
  if (kept) return kept
  throw new ProtocolError('not-found', 'reading the root: there is no such version')
}
