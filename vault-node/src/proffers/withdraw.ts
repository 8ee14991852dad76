import { ProtocolError } from '@dcann/protocol/errors'
import { profferNoun } from '@dcann/protocol/proffer'
import { readSigned, type RecordId } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { proffersListAnswer } from '@dcann/protocol/vault-api'
import { settle } from '@dcann/store/shelf'
import { MAX_RANGE, type Reader, type Write } from '@dcann/store/store'
import type { z } from 'zod'
import { appendEvidence } from '../evidence/append.ts'
import { padded, passportHeads } from '../evidence/shelf.ts'
import { lineOf, type ProfferDesk } from './lay.ts'
import { type Laid, type LaidRoster, proffers, rosters, rostersOf } from './shelf.ts'

type Listed = z.infer<typeof proffersListAnswer>

/** A holder's rosters, oldest first, and what became of each proffer. */
export async function listProffers({ store, clock }: ProfferDesk, passport: string, reading: Instant): Promise<Listed> {
  const now = clock.decide(reading)
  const found = await rostersIn(store, passport)
  return {
    rosters: await Promise.all(
      found.map(async ({ id, roster }) => ({
        roster: id,
        cap: roster.cap,
        accepted: roster.accepted,
        proffers: (await laidIn(store, roster.proffers)).map(({ id: one, laid }) => ({
          id: one,
          proffer: laid.proffer,
          state: stateOf(laid, roster, now),
          requester: laid.requester,
          agreement: laid.agreement,
        })),
      })),
    ),
  }
}

function stateOf({ state, opened, expires }: Laid, { accepted, cap }: LaidRoster, now: Instant) {
  if (state !== 'open') return state
  if (now >= parseTime(expires)) return 'expired'
  if (accepted >= cap) return 'closed'
  return opened ? 'opened' : 'open'
}

/** What is to be withdrawn: one, a roster, or of what was laid until a moment all, or whatever a requester could accept. */
export type Withdrawal =
  | { readonly proffer: RecordId }
  | { readonly roster: RecordId }
  | { readonly all: true; readonly until: Instant }
  | { readonly requester: string; readonly until: Instant }

/**
 * Takes back what is still open, each with a line in the passport's own chain; what was accepted stays. How many it were.
 * Nobody else is told. Throws `not-found` for one proffer or roster that is not this passport's.
 *
 * spec: proffer#withdrawal
 */
export async function withdrawProffers(
  desk: ProfferDesk,
  passport: string,
  what: Withdrawal,
  spent: readonly Write[],
  now: Instant,
): Promise<number> {
  const act = async (): Promise<number> => {
    let withdrawn = 0
    for (let more = true, still = spent; more; still = []) {
      const taken = await settle(() => withdrawSome(desk, passport, what, still, now), 256)
      withdrawn += taken
      more = taken === perCommit
    }
    return withdrawn
  }
  return await desk.turns.take(`passport/${passport}`, act, true)
}

const perCommit = 128

async function withdrawSome(
  desk: ProfferDesk,
  passport: string,
  what: Withdrawal,
  spent: readonly Write[],
  now: Instant,
): Promise<number> {
  const headPlace = passportHeads.at(passport)
  const open = (await meant(desk.store, passport, what)).filter(({ laid }) => laid.state === 'open').slice(0, perCommit)
  const held = headPlace.from(await desk.store.read([headPlace.key]))
  let head = held?.value ?? { n: 0, leaf: null }
  const writes: Write[] = []
  for (const { id, laid, version } of open) {
    const { payload } = readSigned(profferNoun, laid.proffer)
    const line = lineOf({ id, payload }, passport, 'withdrawn', now, laid.requester)
    const appended = appendEvidence(desk.world, head, line)
    head = appended.head
    writes.push(proffers.at(id).put({ ...laid, state: 'withdrawn' }, version), ...appended.writes)
  }
  if (open.length > 0) writes.push(headPlace.replace(held, head))
  if (writes.length + spent.length > 0)
    await desk.store.commit({ writes: [...writes, ...spent, ...desk.clock.remember(now)] })
  return open.length
}

type Found = { readonly id: RecordId; readonly laid: Laid; readonly version: number }

async function meant(store: Reader, passport: string, what: Withdrawal): Promise<readonly Found[]> {
  if ('roster' in what) {
    const place = rosters.at(what.roster)
    const roster = place.from(await store.read([place.key]))?.value
    if (roster?.passport !== passport) throw none()
    return await laidIn(store, roster.proffers)
  }
  if ('proffer' in what) {
    const found = await laidIn(store, [what.proffer])
    if (found[0]?.laid.passport !== passport) throw none()
    return found
  }
  const all = await laidIn(
    store,
    (await rostersIn(store, passport, what.until)).flatMap(({ roster }) => roster.proffers),
  )
  // one that names nobody and that nobody has opened could be anybody's
  return 'all' in what ? all : all.filter(({ laid }) => laid.requester === null || laid.requester === what.requester)
}

async function rostersIn(
  store: Reader,
  passport: string,
  until?: Instant,
): Promise<readonly { readonly id: RecordId; readonly roster: LaidRoster }[]> {
  const ids: RecordId[] = []
  for (let after: string | undefined, more = true; more;) {
    const page = await store.range(
      rostersOf.page([passport], { limit: MAX_RANGE, ...(after === undefined ? {} : { after }) }),
    )
    const entries = page.map((one) => rostersOf.entry(one))
    const laid = until === undefined ? entries : entries.filter(({ id }) => (id.at(-1) ?? '') < padded(until + 1))
    ids.push(...laid.map(({ value }) => value))
    after = page.at(-1)?.key
    more = page.length === MAX_RANGE
  }
  const found: { id: RecordId; roster: LaidRoster }[] = []
  for (let i = 0; i < ids.length; i += keysPerRead) {
    const some = ids.slice(i, i + keysPerRead)
    const snapshot = await store.read(some.map((id) => rosters.at(id).key))
    for (const id of some) {
      const roster = rosters.at(id).from(snapshot)?.value
      if (roster) found.push({ id, roster })
    }
  }
  return found
}

async function laidIn(store: Reader, ids: readonly RecordId[]): Promise<readonly Found[]> {
  const found: Found[] = []
  for (let i = 0; i < ids.length; i += keysPerRead) {
    const some = ids.slice(i, i + keysPerRead)
    const snapshot = await store.read(some.map((id) => proffers.at(id).key))
    for (const id of some) {
      const held = proffers.at(id).from(snapshot)
      if (held) found.push({ id, laid: held.value, version: held.version })
    }
  }
  return found
}

/** A snapshot holds 1,024. */
const keysPerRead = 512

function none(): ProtocolError {
  return new ProtocolError('not-found', 'withdrawing a proffer: there is none')
}
