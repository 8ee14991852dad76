import { base64Url } from '@dcann/protocol/bytes'
import { controlPinSchema, pinOf } from '@dcann/protocol/control'
import { mapKey } from '@dcann/protocol/map/node'
import { parseName } from '@dcann/protocol/name'
import { type RequesterRecord, requesterStatusSchema } from '@dcann/protocol/requester'
import { json, shelf, text } from '@dcann/store/shelf'
import type { Reader, Write } from '@dcann/store/store'
import { z } from 'zod'
import { segmentOf } from '../agreements/shelf.ts'

/** What of a requester holders have been told, up to which version of its record. */
const toldSchema = z.strictObject({ seq: z.int().min(1), status: requesterStatusSchema, control: controlPinSchema })
export type Told = z.infer<typeof toldSchema>

/** How holders know the requesters they agreed with. */
export const told = shelf(
  'following/told',
  json((value) => toldSchema.parse(value)),
)
/** Who agreed with a requester: by requester, passport, agreement; which version of its record that holder knows of. */
export const concerned = shelf('following/concerned', text)
/** Names behind keys of a zone's log: an entry there names none. */
const named = shelf('following/names', text)
/** Zones that are followed, and how much of each log has been read. */
export const zones = shelf('following/zones', text)

export function toldOf({ seq, status, control }: Pick<RequesterRecord, 'seq' | 'status' | 'control'>): Told {
  return { seq, status, control: pinOf(control) }
}

/** The name behind a key of a log, where it is one that this node follows. */
export function namePlace(key: string): ReturnType<typeof named.at> {
  return named.at(key)
}

/** Has the log of a name's zone looked through for it. */
export async function followName(store: Reader, name: string): Promise<Write[]> {
  const { zone } = parseName(name)
  const [key, row] = [namePlace(base64Url(mapKey(zone, name))), zones.at(zone)]
  const snapshot = await store.read([key.key, row.key])
  return [
    ...(key.from(snapshot) ? [] : [key.put(name)]),
    // read from where its log is when it is looked at for the first time
    ...(row.from(snapshot) ? [] : [row.put('new')]),
  ]
}

/** Has the holder told of what becomes of the requester; for the commit that makes an agreement active. */
export async function followRequester(
  store: Reader,
  requester: RequesterRecord,
  { passport, agreement }: { readonly passport: string; readonly agreement: string },
): Promise<Write[]> {
  const segment = segmentOf(requester.name)
  const place = told.at(segment)
  const known = place.from(await store.read([place.key]))
  return [
    ...(await followName(store, requester.name)),
    ...(known ? [] : [place.put(toldOf(requester))]),
    concerned.at(segment, passport, agreement).put(String(requester.seq)),
  ]
}
