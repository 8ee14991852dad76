import { ProtocolError } from '@dcann/protocol/errors'
import { type InviteState, type InviteTerms, inviteState } from '@dcann/protocol/invite'
import { limits, times } from '@dcann/protocol/limits'
import type { RecordId } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { notePassport } from '../evidence/note-happening.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { inviters, invites, type KeptInvite } from './shelf.ts'

export type InviteDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
}

/**
 * Keeps the digest of a token that the holder gives out. The same again changes nothing. One that somebody else made first is
 * kept and leads nowhere: nobody learns by making an invite whether there is one.
 *
 * Throws `expired`, `bound-crossed` for one that would be open too long or one too many, `id-reused` for other terms under the
 * same digest.
 *
 * spec: invite#making
 */
export async function makeInvite(
  desk: InviteDesk,
  passport: string,
  invite: RecordId,
  terms: InviteTerms,
  spent: readonly Write[],
  reading: Instant,
): Promise<{ readonly invite: RecordId; readonly expires: string }> {
  const now = desk.clock.decide(reading)
  judgeTerms(terms, now)
  const [place, inviterPlace] = [invites.at(passport, invite), inviters.at(invite)]
  await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const snapshot = await desk.store.read([place.key, inviterPlace.key])
      const held = place.from(snapshot)?.value
      if (held) {
        if (JSON.stringify(held.terms) === JSON.stringify(terms)) return await desk.store.commit({ writes: [...spent] })
        throw new ProtocolError('id-reused', 'making an invite: one of this digest has other terms; make a new token')
      }
      const inviter = inviterPlace.from(snapshot)
      const kept: KeptInvite = { terms, made: formatTime(now), spent: null, withdrawn: false }
      return await notePassport(
        desk,
        {
          kind: 'invite',
          request: invite,
          answer: null,
          outcome: 'made',
          at: formatTime(now),
          of: passport,
          about: aboutTerms(terms),
        },
        [
          place.put(kept, 'absent'),
          ...(inviter ? [] : [inviterPlace.put(passport, 'absent')]),
          ...(await makeRoom(desk.store, passport, now)),
          ...spent,
        ],
      )
    }, 64),
  )
  return { invite, expires: terms.expires }
}

function judgeTerms({ expires }: InviteTerms, now: Instant): void {
  if (parseTime(expires) <= now) throw new ProtocolError('expired', `making an invite: it ended at ${expires}`)
  if (parseTime(expires) > now + times.inviteMost) {
    throw new ProtocolError(
      'bound-crossed',
      `making an invite: it ends at ${expires}, more than ${times.inviteMost / 86_400} days from now`,
      { bound: 'invite' },
    )
  }
}

function aboutTerms({ expires, purpose, kind, note }: InviteTerms): string[] {
  return [
    `until ${expires}`,
    ...(purpose ? [purpose] : []),
    ...(kind ? [`for a ${kind}`] : []),
    ...(note ? [note] : []),
  ]
}

/** Forgets what has expired. */
async function makeRoom(store: Store, passport: string, now: Instant): Promise<Write[]> {
  const found = (await store.range(invites.page([passport], { limit: limits.invites }))).map((one) =>
    invites.entry(one),
  )
  const expired = found.filter(({ value }) => now >= parseTime(value.terms.expires))
  if (found.length - expired.length >= limits.invites) {
    throw new ProtocolError(
      'bound-crossed',
      `making an invite: this passport has ${limits.invites}, which is the most; wait until one expires`,
      { bound: 'invites' },
    )
  }
  const digests = expired.map(({ id }) => id.at(-1) ?? '')
  const owners = await store.read(digests.map((digest) => inviters.at(digest).key))
  return expired.flatMap(({ key, version }, i) => {
    const place = inviters.at(digests[i] ?? '')
    const own = place.from(owners)?.value === passport
    return [{ key, delete: true as const, expect: version }, ...(own ? [place.delete()] : [])]
  })
}

/** Every invite that has not been forgotten, oldest name first. */
export async function listInvites({ store, clock }: InviteDesk, passport: string, reading: Instant) {
  const now = clock.decide(reading)
  const found = await store.range(invites.page([passport], { limit: limits.invites }))
  return found
    .map((one) => invites.entry(one))
    .map(({ id, value: { terms, made, spent, withdrawn } }) => ({
      invite: id.at(-1) ?? '',
      ...terms,
      made,
      state: inviteState({ expires: terms.expires, spent: spent !== null, withdrawn }, now),
      ...spent,
    }))
}

/** Ends an invite, unless it was spent before: says which. Throws `not-found`. spec: invite#states */
export async function withdrawInvite(
  desk: InviteDesk,
  passport: string,
  invite: RecordId,
  spent: readonly Write[],
  reading: Instant,
): Promise<{ readonly invite: RecordId; readonly state: InviteState }> {
  const now = desk.clock.decide(reading)
  const place = invites.at(passport, invite)
  const state = await desk.turns.take(`passport/${passport}`, () =>
    settle(async (): Promise<InviteState> => {
      const held = place.from(await desk.store.read([place.key]))
      if (!held) throw new ProtocolError('not-found', 'withdrawing an invite: there is none')
      if (held.value.spent || held.value.withdrawn) {
        await desk.store.commit({ writes: [...spent] })
        return held.value.spent ? 'spent' : 'withdrawn'
      }
      await notePassport(
        desk,
        {
          kind: 'invite',
          request: invite,
          answer: null,
          outcome: 'withdrawn',
          at: formatTime(now),
          of: passport,
        },
        [place.replace(held, { ...held.value, withdrawn: true }), ...spent],
      )
      return 'withdrawn'
    }, 64),
  )
  return { invite, state }
}
