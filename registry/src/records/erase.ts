import { times } from '@dcann/protocol/limits'
import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import type { Store, Write } from '@dcann/store/store'
import { shelfEntries } from '../shelf-entries.ts'
import { type EndingKept, endingPlace, endings } from './endings.ts'
import { act, currentRecord, type Kept, pastRecord, pointer } from './shelf.ts'

/** The keys of passports that ended so long ago that their tombstones are due, at most so many. */
export async function dueToBury(store: Store, zone: ZoneName, now: Instant, most: number): Promise<string[]> {
  const due: string[] = []
  for await (const { id, value } of shelfEntries(store, endings, [zone])) {
    if (value.is === 'ended' && now - value.at >= times.erasure) due.push(id.slice(1).join('/'))
    if (due.length === most) break
  }
  return due
}

/**
 * Erases what is kept of every passport of a zone whose tombstone has been under it for a day: its records, what finds
 * them, and its name wherever it stands; the lines of the log and of the journal stay, by the name's key. One durable
 * commit a passport. Answers how many there were.
 */
export async function eraseBuried(store: Store, zone: ZoneName, now: Instant): Promise<number> {
  let erased = 0
  for await (const { id, value } of shelfEntries(store, endings, [zone])) {
    if (value.is !== 'gone' || value.name === undefined || now - value.at < times.erasureFollows) continue
    await store.commit({ writes: await erasing(store, zone, id.slice(1).join('/'), value, value.name) })
    erased += 1
  }
  return erased
}

async function erasing(
  store: Store,
  zone: ZoneName,
  key: string,
  { is, at }: EndingKept,
  name: string,
): Promise<Write[]> {
  const current = currentRecord(zone, name)
  const newest = current.from(await store.read([current.key]))?.value
  const places = [current, ...Array.from({ length: (newest?.seq ?? 1) - 1 }, (_, i) => pastRecord(zone, name, i + 1))]
  const ending = endingPlace(zone, key)
  const snapshot = await store.read([...places.map((place) => place.key), ending.key])
  const kept = places.flatMap((place) => {
    const found: Kept | undefined = place.from(snapshot)?.value
    return found ? [{ place, pointed: pointer(zone, found.id) }] : []
  })
  const pointers = await store.read(kept.map(({ pointed }) => pointed.key))
  const lines = kept.flatMap(({ pointed }) => {
    const found = pointed.from(pointers)?.value
    return found ? [act(zone, found.act)] : []
  })
  const journal = await store.read(lines.map((line) => line.key))
  return [
    ...kept.flatMap(({ place, pointed }) => [place.delete(), pointed.delete()]),
    ...lines.flatMap((line): Write[] => {
      const held = line.from(journal)
      return held ? [line.replace(held, { key, id: held.value.id, time: held.value.time })] : []
    }),
    ending.replace(ending.from(snapshot), { is, at }),
  ]
}
