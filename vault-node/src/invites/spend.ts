import { type Invite, inviteDigest, inviteState, isInvited } from '@dcann/protocol/invite'
import type { Offer } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { RecordId } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Reader, Write } from '@dcann/store/store'
import { inviters, invites } from './shelf.ts'

/** Who gave the token out; `undefined` for one that nobody here did. */
export async function findInviter(store: Reader, invite: Invite): Promise<string | undefined> {
  const place = inviters.at(inviteDigest(invite))
  return place.from(await store.read([place.key]))?.value
}

/** An invite that is open to an ask, and the write that spends it: whoever was earlier makes the commit conflict. */
export type Spending = { readonly digest: RecordId; readonly write: Write }

/**
 * What delivering by an invite takes; `undefined` for one that was spent, withdrawn or has expired, or is for others: whoever
 * delivers is told none of it.
 *
 * spec: invite#spending
 */
export async function spendInvite(
  store: Reader,
  passport: string,
  {
    invite,
    ask,
    record,
    offer,
  }: {
    readonly invite: Invite
    readonly ask: RecordId
    readonly record: RequesterRecord
    readonly offer: Offer
  },
  now: Instant,
): Promise<Spending | undefined> {
  const digest = inviteDigest(invite)
  const place = invites.at(passport, digest)
  const held = place.from(await store.read([place.key]))
  if (!held) return undefined
  const { terms, spent, withdrawn } = held.value
  const state = inviteState({ expires: terms.expires, spent: spent !== null, withdrawn }, now)
  const asked = { kind: record.kind, purposes: offer.terms.map(({ purpose }) => purpose) }
  if (state !== 'open' || !isInvited(terms, asked)) return undefined
  return { digest, write: place.replace(held, { ...held.value, spent: { by: record.name, ask } }) }
}
