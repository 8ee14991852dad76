import { parseEntry } from '@dcann/protocol/log/entry'
import type { ZoneName } from '@dcann/protocol/name'
import type { actsAnswer } from '@dcann/protocol/registry-api'
import type { RecordId, Signed } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import type { z } from 'zod'
import { currentRecord, pastRecord, pointer } from '../records/shelf.ts'
import { entriesBetween } from './read-tile.ts'

/** Entries looked through for one answer, and characters of payloads in it, save that one record always goes. */
const entriesMost = 256
const charactersMost = 384 * 1024

/** Records of the acts among a log's entries from an index on, in their order, as many as one answer holds. */
export async function readActs(
  store: Pick<Reader, 'read' | 'range'>,
  zone: ZoneName,
  from: number,
  size: number,
): Promise<z.infer<typeof actsAnswer>> {
  const ids: (RecordId | undefined)[] = []
  for await (const page of entriesBetween(store, zone, from, Math.min(size, from + entriesMost))) {
    for (const bytes of page) {
      const entry = parseEntry(bytes)
      ids.push('map' in entry ? undefined : entry.record)
    }
  }
  const found = await recordsBy(
    store,
    zone,
    ids.filter((id) => id !== undefined),
  )
  const records: Signed[] = []
  let next = from
  let characters = 0
  for (const id of ids) {
    const signed = id === undefined ? undefined : found.get(id)
    characters += signed?.payload.length ?? 0
    if (records.length > 0 && characters > charactersMost) break
    if (id !== undefined) {
      if (!signed) throw new Error(`reading acts of ${zone}: the record ${id} is in its log and not kept; run fsck`)
      records.push(signed)
    }
    next += 1
  }
  return { zone, from, next, records }
}

async function recordsBy(
  store: Pick<Reader, 'read'>,
  zone: ZoneName,
  ids: readonly RecordId[],
): Promise<ReadonlyMap<RecordId, Signed>> {
  const pointers = ids.map((id) => ({ id, place: pointer(zone, id) }))
  const pointed = await store.read(pointers.map(({ place }) => place.key))
  // a record moves once, from current to past, so both are looked for in one moment
  const places = pointers.flatMap(({ id, place }) => {
    const at = place.from(pointed)?.value
    return at ? [{ id, current: currentRecord(zone, at.name), past: pastRecord(zone, at.name, at.seq) }] : []
  })
  const records = await store.read(places.flatMap(({ current, past }) => [current.key, past.key]))
  return new Map(
    places.flatMap(({ id, current, past }) => {
      const kept = [current, past].map((place) => place.from(records)?.value).find((each) => each?.id === id)
      return kept ? [[id, kept.signed]] : []
    }),
  )
}
