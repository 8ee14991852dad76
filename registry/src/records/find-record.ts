import { ProtocolError } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import type { RecordId, Signed } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { currentRecord, pastRecord, pointer } from './shelf.ts'

export type FindDesk = { readonly store: Pick<Reader, 'read'>; readonly zones: readonly ZoneName[] }

/** The record with this id, in whatever zone kept here it stands. Throws `not-found`. */
export async function findRecord({ store, zones }: FindDesk, id: RecordId): Promise<Signed> {
  const pointers = zones.map((zone) => ({ zone, place: pointer(zone, id) }))
  const snapshot = await store.read(pointers.map(({ place }) => place.key))
  for (const { zone, place } of pointers) {
    const found = place.from(snapshot)
    if (!found) continue
    const { name, seq } = found.value
    // a record moves once, from current to past
    const places = [currentRecord(zone, name), pastRecord(zone, name, seq)]
    const records = await store.read(places.map(({ key }) => key))
    const kept = places.map((each) => each.from(records)?.value).find((each) => each?.id === id)
    if (kept) return kept.signed
  }
  throw new ProtocolError('not-found', 'finding a record: none with this id is kept here')
}
