import { acceptanceNoun, judgeAcceptance } from '@dcann/protocol/acceptance'
import { allowanceOf } from '@dcann/protocol/agreement'
import type { Binding } from '@dcann/protocol/binding'
import { ProtocolError } from '@dcann/protocol/errors'
import { profferNoun } from '@dcann/protocol/proffer'
import { proveSigned, readSigned, type Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import { type Activated, activatedAs, describeActivation, isActivated } from '../agreements/activate.ts'
import { proveBinding } from '../agreements/bind.ts'
import { isAcceptable, noProffer, type OpenDesk } from './open.ts'
import type { Zones } from '../following/zones.ts'
import { standings } from '../passports/shelf.ts'
import { type Laid, proffers, rosters } from './shelf.ts'

/**
 * Completes an agreement on a proffer: the acceptance proved by a key of the requester, the pair judged, and `activated`, the
 * proffer's end and the count under the cap made durable in one commit. The same acceptance again gets the same answer.
 *
 * Throws `not-found` for a proffer that is not this requester's to accept, or not any more; else the codes of
 * `judgeAcceptance` and `allowanceOf`.
 *
 * spec: proffer#acceptance
 */
export async function accept(
  desk: OpenDesk & { readonly node: string; readonly zones: Zones },
  input: unknown,
  reading: Instant,
): Promise<Activated> {
  const now = desk.clock.decide(reading)
  const submitted = readSigned(acceptanceNoun, input)
  const { requester, proffer: id } = submitted.payload
  const { record } = await desk.following.decide(requester, now)
  const acceptance = await proveSigned(submitted, record.keys)
  const place = proffers.at(id)
  const found = place.from(await desk.store.read([place.key]))?.value
  // what has not been opened by this requester cannot be known to it
  if (!found || found.requester !== requester) throw noProffer('accepting')
  const form = readSigned(profferNoun, found.proffer)
  const proffer = await proveSigned(form, [form.payload.key])
  await desk.zones.confirm(found.passport, now)
  const standingPlace = standings.at(found.passport)
  return await desk.turns.take(`passport/${found.passport}`, () =>
    settle(async () => {
      const rosterPlace = rosters.at(found.roster)
      const snapshot = await desk.store.read([place.key, rosterPlace.key, standingPlace.key])
      const held = place.from(snapshot)
      const roster = rosterPlace.from(snapshot)
      const standing = standingPlace.from(snapshot)
      if (!held || !roster || !standing || held.value.requester !== requester) throw noProffer('accepting')
      const allowance = allowanceOf({ proffer, acceptance })
      if (await isActivated(desk.store, allowance)) return activatedAs(desk.node, allowance)
      if (!isAcceptable(held.value, roster.value, now)) throw noProffer('accepting')
      const binding = await proveStanding(desk, held.value, now)
      judgeAcceptance(proffer, acceptance, record, now)
      const pair = { proffer: proffer.signed, acceptance: acceptance.signed }
      const writes = await describeActivation(desk, { pair, allowance, binding, record, soon: 'accepted' }, now)
      await desk.store.commit({
        writes: [
          ...writes,
          standingPlace.require(standing),
          place.replace(held, { ...held.value, state: 'accepted', agreement: allowance.agreement }),
          rosterPlace.replace(roster, { ...roster.value, accepted: roster.value.accepted + 1 }),
        ],
      })
      return activatedAs(desk.node, allowance)
    }),
  )
}

/** A proffer stands only while the key behind its binding may still bind: ending a device ends what it laid. */
async function proveStanding({ store }: OpenDesk, { binding }: Laid, now: Instant): Promise<Verified<Binding>> {
  try {
    return await proveBinding(store, binding, now)
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'not-entitled') throw noProffer('accepting')
    throw error
  }
}
