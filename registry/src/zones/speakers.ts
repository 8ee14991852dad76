import { logSchema, type Log, type Speaker } from '@dcann/protocol/log/succession'
import type { ZoneName } from '@dcann/protocol/name'
import { json, type Place, shelf } from '@dcann/store/shelf'
import type { Reader, Write } from '@dcann/store/store'
import { z } from 'zod'
import { delegation, logOf } from './delegation.ts'

const speakersSchema = z.array(logSchema.extend({ from: z.int().min(0) })).min(1)

const speakers = shelf(
  'log/speakers',
  json((value) => speakersSchema.parse(value)),
)

/** The logs that have spoken for a zone, and from which of its heads on. */
export function speakersPlace(zone: ZoneName): Place<Speaker[]> {
  return speakers.at(zone)
}

/** The logs that have spoken for a zone as it is held here; none before its delegation is. */
export async function speakersHeld(store: Pick<Reader, 'read'>, zone: ZoneName): Promise<readonly Speaker[]> {
  const [place, named] = [speakersPlace(zone), delegation(zone)]
  const snapshot = await store.read([place.key, named.key])
  const held = place.from(snapshot)?.value
  const by = named.from(snapshot)?.value
  return held ?? (by ? [{ from: 0, ...logOf(zone, by) }] : [])
}

/** Notes, in the commit that makes a head of `size`, that another log speaks from it on than did before. */
export async function noteSpeaker(
  store: Pick<Reader, 'read'>,
  zone: ZoneName,
  log: Log | undefined,
  size: number,
): Promise<Write[]> {
  if (log === undefined) return []
  const held = await speakersHeld(store, zone)
  const last = held.at(-1)
  if (last?.key === log.key && last.origin === log.origin) return []
  const place = speakersPlace(zone)
  const { origin, key } = log
  const next = [...held, { from: last ? size : 0, origin, key }]
  return [place.replace(place.from(await store.read([place.key])), next)]
}
