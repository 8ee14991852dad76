import { fromBase64Url } from '@dcann/protocol/bytes'
import { mapKey } from '@dcann/protocol/map/node'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import { tombstoneId } from '@dcann/protocol/tombstone'
import type { Entry } from '../records/shelf.ts'
import type { LoggedAct } from './sequence.ts'

/** What the log has for a line of a zone's journal. Only passports are erased. */
export function loggedOf(zone: ZoneName, entry: Entry): LoggedAct {
  const { id } = entry
  if ('name' in entry) return { key: mapKey(zone, entry.name), id, type: parseName(entry.name).kind }
  return { key: fromBase64Url(entry.key), id, type: id === tombstoneId ? 'tombstone' : 'passport' }
}
