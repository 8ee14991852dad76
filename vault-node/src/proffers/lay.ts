import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import type { Binding } from '@dcann/protocol/binding'
import { ProtocolError } from '@dcann/protocol/errors'
import { judgeProffer, type Proffer, profferNoun } from '@dcann/protocol/proffer'
import { proveSigned, readSigned, type RecordId, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { proffersAnswer, proffersCall } from '@dcann/protocol/vault-api'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import type { z } from 'zod'
import { aboutTerms } from '../agreements/activate.ts'
import { proveBinding, requireBound } from '../agreements/bind.ts'
import { byHandle } from '../agreements/shelf.ts'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { padded, passportHeads } from '../evidence/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { handlesUsed, proffers, rosters, rostersOf } from './shelf.ts'

export type ProfferDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
}

type Call = Pick<z.infer<typeof proffersCall>, 'proffers' | 'cap'>
type Proved = { readonly proffer: Verified<Proffer>; readonly binding: Verified<Binding> }

/**
 * Lays proffers under one cap, all of them or none; each with a line in the passport's own chain. The same again gets the
 * same answer. Throws what `judgeProffer` throws, `not-entitled` for a binding by no key of the holder's, `rule-broken` for a
 * handle that stands behind something else, since two that share one could be joined.
 *
 * spec: proffer#laying
 */
export async function layProffers(
  desk: ProfferDesk,
  passport: string,
  { proffers: submitted, cap }: Call,
  spent: readonly Write[],
  reading: Instant,
): Promise<z.infer<typeof proffersAnswer>> {
  const now = desk.clock.decide(reading)
  const proved = await Promise.all(submitted.map((one) => prove(desk.store, passport, one, now)))
  if (new Set(proved.map(({ proffer }) => proffer.payload.handle)).size !== proved.length) throw joined()
  const ids = proved.map(({ proffer }) => proffer.id)
  const roster = base64Url(sha256(utf8(['dcann/roster/1', passport, ...ids].join('\n'))))
  const place = rosters.at(roster)
  const headPlace = passportHeads.at(passport)
  const handlePlaces = proved.flatMap(({ proffer: { payload } }) => [
    handlesUsed.at(payload.handle),
    byHandle.at(payload.handle),
  ])
  return await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const snapshot = await desk.store.read([place.key, headPlace.key, ...handlePlaces.map(({ key }) => key)])
      if (place.from(snapshot)) {
        if (spent.length) await desk.store.commit({ writes: [...spent] })
        return { roster, proffers: ids }
      }
      if (handlePlaces.some((one) => one.from(snapshot))) throw joined()
      const held = headPlace.from(snapshot)
      let head = held?.value ?? { n: 0, leaf: null }
      const lines: Write[] = []
      for (const { proffer } of proved) {
        const appended = appendEvidence(desk.world, head, lineOf(proffer, passport, 'made', now))
        head = appended.head
        lines.push(...appended.writes)
      }
      await desk.store.commit({
        writes: [
          place.put({ passport, cap, accepted: 0, proffers: ids }, 'absent'),
          rostersOf.at(passport, `${padded(now)}-${roster}`).put(roster),
          ...proved.flatMap((one) => describe(one, passport, roster)),
          headPlace.replace(held, head),
          ...lines,
          ...spent,
          ...desk.clock.remember(now),
        ],
      })
      return { roster, proffers: ids }
    }),
  )
}

async function prove(
  store: Store,
  passport: string,
  { proffer: signed, binding: bound }: Call['proffers'][number],
  now: Instant,
): Promise<Proved> {
  const submitted = readSigned(profferNoun, signed)
  const proffer = await proveSigned(submitted, [submitted.payload.key])
  judgeProffer(proffer, now)
  const binding = await proveBinding(store, bound, now)
  if (binding.payload.passport !== passport)
    throw new ProtocolError('not-entitled', 'laying a proffer: its binding is of another passport than the caller')
  const { handle, key } = proffer.payload
  requireBound(binding.payload, { handle, key, requester: namedIn(proffer.payload) })
  return { proffer, binding }
}

function describe({ proffer, binding }: Proved, passport: string, roster: RecordId): Write[] {
  const { payload, id, signed } = proffer
  return [
    proffers.at(id).put(
      {
        passport,
        roster,
        proffer: signed,
        binding: binding.signed,
        expires: payload.expires,
        requester: namedIn(payload),
        opened: false,
        state: 'open',
        agreement: null,
      },
      'absent',
    ),
    handlesUsed.at(payload.handle).put(id, 'absent'),
  ]
}

/** The requester that a proffer names; `null` when it names none. */
export function namedIn({ for: roster }: Proffer): string | null {
  return 'requester' in roster ? roster.requester : null
}

/** A line of the passport's own chain on what became of a proffer. */
export function lineOf(
  { id, payload }: Pick<Verified<Proffer>, 'id' | 'payload'>,
  passport: string,
  outcome: 'made' | 'opened' | 'withdrawn',
  now: Instant,
  requester = namedIn(payload),
) {
  return {
    agreement: null,
    passport,
    kind: 'proffer' as const,
    request: id,
    answer: null,
    outcome,
    at: formatTime(now),
    of: passport,
    ...(requester === null ? {} : { requester }),
    about: aboutTerms(payload.terms),
  }
}

function joined(): ProtocolError {
  return new ProtocolError(
    'rule-broken',
    'laying a proffer: its handle stands behind something else; make one handle for each proffer',
  )
}
