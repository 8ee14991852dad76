import { ProtocolError } from '@dcann/protocol/errors'
import { admitPassport, passportNoun, passportSigners } from '@dcann/protocol/passport'
import { proveSigned, readSigned } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import type { Zones } from '../following/zones.ts'
import { passportPlace, standings } from './shelf.ts'

export type FollowDesk = { readonly store: Store; readonly zones: Zones }

/**
 * Looks at a passport's zone at once, for whoever has a record that it should show: a holder who has just changed something
 * need not wait for the next look. It is the zone that decides; the record only shows that there is a reason to ask. Says
 * which record is held here afterwards.
 *
 * Throws `not-found` for a passport that is not hosted here, and what `admitPassport` throws for a record that could not
 * follow the one held.
 */
export async function follow(
  { store, zones }: FollowDesk,
  input: unknown,
  now: Instant,
): Promise<{ readonly record: string; readonly seq: number }> {
  const submitted = readSigned(passportNoun, input)
  const { name, seq } = submitted.payload
  const [place, standingPlace] = [passportPlace(name), standings.at(name)]
  const hosted = place.from(await store.read([place.key]))?.value
  if (!hosted) throw new ProtocolError('not-found', 'following a passport: it is not hosted here')
  // one that follows is judged before anybody is asked; where records lie between, the zone has to be seen first
  if (seq === hosted.record.seq + 1) {
    const proved = await proveSigned(submitted, passportSigners(hosted.record, submitted.payload))
    admitPassport(undefined, { payload: hosted.record, id: hosted.id }, proved, now)
  }
  if (seq > hosted.record.seq) await zones.look(name)
  const standing = standingPlace.from(await store.read([standingPlace.key]))?.value
  if (!standing) throw new ProtocolError('not-found', 'following a passport: it is not hosted here')
  return { record: standing.record, seq: standing.seq }
}
