import { type ActEntry, parseEntry } from '@dcann/protocol/log/entry'
import type { ZoneName } from '@dcann/protocol/name'
import type { actsAnswer } from '@dcann/protocol/registry-api'
import type { RecordId, Signed } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import type { z } from 'zod'
import { endingPlace } from '../records/endings.ts'
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
  const acts: (ActEntry | undefined)[] = []
  for await (const page of entriesBetween(store, zone, from, Math.min(size, from + entriesMost))) {
    for (const bytes of page) {
      const entry = parseEntry(bytes)
      acts.push('map' in entry || entry.type === 'tombstone' ? undefined : entry)
    }
  }
  const named = acts.filter((act) => act !== undefined)
  const found = await recordsBy(
    store,
    zone,
    named.map(({ record }) => record),
  )
  const erased = await erasedAmong(
    store,
    zone,
    named.filter(({ record }) => !found.has(record)),
  )
  const records: (Signed | null)[] = []
  let next = from
  let characters = 0
  for (const act of acts) {
    const signed = act && found.get(act.record)
    characters += signed?.payload.length ?? 0
    if (records.length > 0 && characters > charactersMost) break
    if (act) {
      if (!signed && !erased.has(act.key))
        throw new Error(`reading acts of ${zone}: the record ${act.record} is in its log and not kept; run fsck`)
      records.push(signed ?? null)
    }
    next += 1
  }
  return { zone, from, next, records }
}

/** Of acts whose records are not kept, the keys of names that are gone. */
async function erasedAmong(
  store: Pick<Reader, 'read'>,
  zone: ZoneName,
  acts: readonly ActEntry[],
): Promise<ReadonlySet<string>> {
  const places = acts.map(({ key }) => ({ key, place: endingPlace(zone, key) }))
  const snapshot = await store.read(places.map(({ place }) => place.key))
  return new Set(places.filter(({ place }) => place.from(snapshot)?.value.is === 'gone').map(({ key }) => key))
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
