import { ProtocolError } from '@dcann/protocol/errors'
import { requireRegisteredUse } from '@dcann/protocol/offer'
import { isOnRoster, type Proffer, profferNoun } from '@dcann/protocol/proffer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { readSigned, type RecordId, type Signed, type Submitted } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import type { Following } from '../following/requesters.ts'
import { lineOf, type ProfferDesk } from './lay.ts'
import { type Laid, type LaidRoster, proffers, rosters } from './shelf.ts'

export type OpenDesk = ProfferDesk & { readonly following: Following }

/**
 * Gives a proffer to whom it is for. One that names nobody is from then on for the first who opens it and may accept: no two
 * requesters are ever shown one handle. The holder's own chain says that it was opened.
 *
 * Throws `not-found` for whatever this requester may not see.
 *
 * spec: proffer#opening
 */
export async function openProffer(
  desk: OpenDesk,
  from: string,
  id: RecordId,
  spent: readonly Write[],
  reading: Instant,
): Promise<{ readonly proffer: Signed }> {
  const now = desk.clock.decide(reading)
  const { record } = await desk.following.decide(from, now)
  const place = proffers.at(id)
  const passport = place.from(await desk.store.read([place.key]))?.value.passport
  return await desk.turns
    .take(`passport/${passport ?? ''}`, () =>
      settle(async () => {
        const held = place.from(await desk.store.read([place.key]))
        const rosterPlace = rosters.at(held?.value.roster ?? 'none')
        const headPlace = passportHeads.at(passport ?? 'nobody')
        const snapshot = await desk.store.read([rosterPlace.key, headPlace.key])
        const roster = rosterPlace.from(snapshot)?.value
        const laid = held?.value
        const submitted = laid && readSigned(profferNoun, laid.proffer)
        const isTheirs =
          laid?.requester === from || (laid?.requester === null && submitted && mayAccept(submitted, record))
        if (!laid || !submitted || !isTheirs || !isAcceptable(laid, roster, now)) {
          // what is not there costs a commit as what is
          await desk.store.commit({ writes: [...spent, ...desk.clock.remember(now)] })
          return undefined
        }
        if (laid.opened) {
          await desk.store.commit({ writes: [...spent, place.require(held)] })
          return { proffer: laid.proffer }
        }
        const head = headPlace.from(snapshot)
        const line = lineOf(submitted, laid.passport, 'opened', now, from)
        const evidence = appendEvidence(desk.world, head?.value ?? { n: 0, leaf: null }, line)
        await desk.store.commit({
          writes: [
            place.replace(held, { ...laid, requester: from, opened: true }),
            headPlace.replace(head, evidence.head),
            ...evidence.writes,
            ...spent,
            ...desk.clock.remember(now),
          ],
        })
        return { proffer: laid.proffer }
      }),
    )
    .then((found) => {
      if (found) return found
      throw noProffer('opening')
    })
}

/** Open, not expired, and room under the cap. */
export function isAcceptable({ state, expires }: Laid, roster: LaidRoster | undefined, now: Instant): boolean {
  return state === 'open' && now < parseTime(expires) && roster !== undefined && roster.accepted < roster.cap
}

/** One answer for all that a requester may not know: unknown, for another, withdrawn, expired, cap reached. */
export function noProffer(doing: string): ProtocolError {
  return new ProtocolError('not-found', `${doing} a proffer: there is none`)
}

function mayAccept({ payload }: Submitted<Proffer>, record: RequesterRecord): boolean {
  if (record.status !== 'active' || !isOnRoster(payload.for, record)) return false
  try {
    for (const term of payload.terms) if (!term.optional) requireRegisteredUse(term, record)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
