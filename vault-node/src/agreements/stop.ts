import { isInForce } from '@dcann/protocol/capability'
import { ProtocolError } from '@dcann/protocol/errors'
import { type PublicKey, thumbprint } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { rightsToStop } from '@dcann/protocol/right'
import { proveSigned, readSigned, type Submitted, type Verified } from '@dcann/protocol/signed'
import { actIdOf, isAbout, type Stop, stopNoun } from '@dcann/protocol/stop'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import { MAX_RANGE } from '@dcann/store/store'
import { actedBy, controlOf, type Delegated, delegatedKeys } from '../capabilities/keys.ts'
import { capabilities, passportsOfKey } from '../capabilities/shelf.ts'
import { appendEvidence } from '../evidence/append.ts'
import { padded, passportHeads } from '../evidence/shelf.ts'
import { withdrawProffers } from '../proffers/withdraw.ts'
import { untilSlot } from '../slot.ts'
import type { ActDesk } from './act.ts'
import { clearOut } from './clear-out.ts'
import { recordAct } from './record-act.ts'
import { undoSettling } from './settle.ts'
import { ofPassport, type Pair, pairs, states, stops } from './shelf.ts'

export type Stopped = { readonly kind: Stop['kind']; readonly effective_after: number }

/**
 * Pauses or revokes whatever the stop is about, each agreement as an act would, and is acknowledged when nothing leaves
 * any more under any of them. Needs no list and no other call. The same stop again does nothing twice, also where the first
 * time was interrupted. The answer tells nothing of what there was.
 *
 * Throws `not-found` for every key that may not, whatever the reason.
 *
 * spec: stop
 */
export async function stop(desk: ActDesk, input: unknown, reading: Instant, arrival: number): Promise<Stopped> {
  const submitted = readSigned(stopNoun, input)
  const now = desk.clock.bounded(reading)
  const { proved, of } = await proveStop(desk, submitted, now)
  const concerned = await Promise.all(
    of.map(async ({ passport, delegated }) => {
      const by = actedBy(proved.signers, delegated)
      await withdrawAbout(desk, proved, passport, now)
      const first = await noteStop(desk, proved, passport, by, now)
      return (await findAgreements(desk, proved, passport, first)).map((one) => ({ ...one, by }))
    }),
  )
  // all of it is committed before any of it is waited for
  const agreements = concerned.flat()
  await Promise.all(
    agreements.map(async ({ id, pair, hasEnded, by }) => {
      if (hasEnded) return
      const proven = { agreement: id, kind: proved.payload.kind, id: actIdOf(proved.id, id), signed: proved.signed, by }
      await recordAct(desk, proven, pair, now)
    }),
  )
  await Promise.all(agreements.map(({ id, pair }) => clearOut(desk, id, pair, now)))
  const effective = Math.ceil(desk.world.monotonic() - arrival)
  desk.tookEffect(effective)
  return await inSlot(desk, arrival, { kind: proved.payload.kind, effective_after: effective })
}

type Entitled = {
  readonly proved: Verified<Stop>
  readonly of: Behind['of']
}

async function proveStop(desk: ActDesk, submitted: Submitted<Stop>, now: Instant): Promise<Entitled> {
  const { passport } = submitted.payload
  const { of, keys } =
    passport === null ? await behindCard(desk, submitted.kids[0] ?? '', now) : await behindPassport(desk, passport, now)
  try {
    if (of.length === 0) throw nothingHere()
    return { proved: await proveSigned(submitted, keys), of }
  } catch (error) {
    throw error instanceof ProtocolError && ['key-unknown', 'record-signature-invalid'].includes(error.code)
      ? nothingHere()
      : error
  }
}

type Behind = {
  /** The passports it is for, with the keys of others that have the right to stop on each. */
  readonly of: readonly { readonly passport: string; readonly delegated: readonly Delegated[] }[]
  readonly keys: readonly PublicKey[]
}

async function behindPassport({ store }: ActDesk, passport: string, now: Instant): Promise<Behind> {
  const control = await controlOf(store, passport, rightsToStop)
  const delegated = await delegatedKeys(store, passport, control, rightsToStop, now)
  return { of: [{ passport, delegated }], keys: [...control.keys, ...delegated.map(({ key }) => key)] }
}

/** The passports that the key alone leads to: those on which it has the right at this time. */
async function behindCard({ store }: ActDesk, kid: string, now: Instant): Promise<Behind> {
  const found = await store.range(passportsOfKey.page([kid], { limit: MAX_RANGE }))
  const places = found.map((one) => passportsOfKey.entry(one).value).map((name) => capabilities.at(name, kid))
  const snapshot = await store.read(places.map(({ key }) => key))
  const held = places.flatMap((place) => place.from(snapshot)?.value ?? [])
  const inForce = await Promise.all(
    held.map(async (one) => {
      if (thumbprint(one.payload.key) !== kid || !rightsToStop.includes(one.payload.right)) return false
      const { keys, former } = await controlOf(store, one.payload.passport, rightsToStop)
      return isInForce(one, keys, former, now)
    }),
  )
  const entitled = held.filter((_, i) => inForce[i]).map(({ payload }) => payload)
  return {
    of: entitled.map(({ passport, key, right }) => ({ passport, delegated: [{ key, right }] })),
    keys: entitled.slice(0, 1).map(({ key }) => key),
  }
}

function nothingHere(): ProtocolError {
  return new ProtocolError('not-found', 'stopping: the key may stop nothing here')
}

/**
 * One that is accepted later would begin what is being stopped. Before the stop is noted, so that whatever was accepted until
 * then has begun when it is; sent again, it does not reach what was laid since.
 */
async function withdrawAbout(
  desk: ActDesk,
  { payload, id }: Verified<Stop>,
  passport: string,
  now: Instant,
): Promise<void> {
  const place = stops.at(passport, id)
  const until = place.from(await desk.store.read([place.key]))?.value.first ?? now
  await undoSettling(desk, passport, { ...payload.of, until }, [], now)
  if ('agreement' in payload.of) return
  await withdrawProffers(desk, passport, { ...payload.of, until }, [], now)
}

/** Keeps the stop, with a line in the passport's own chain, and says when it first came. */
async function noteStop(
  desk: ActDesk,
  { payload, id, signed }: Verified<Stop>,
  passport: string,
  by: readonly string[],
  now: Instant,
): Promise<Instant> {
  const place = stops.at(passport, id)
  const headPlace = passportHeads.at(passport)
  const write = async (): Promise<Instant> => {
    const snapshot = await desk.store.read([place.key, headPlace.key])
    const before = place.from(snapshot)
    if (before) return before.value.first
    const head = headPlace.from(snapshot)
    const evidence = appendEvidence(desk.world, head?.value ?? { n: 0, leaf: null }, {
      agreement: null,
      passport,
      kind: 'act',
      request: id,
      answer: null,
      outcome: payload.kind,
      at: formatTime(now),
      of: passport,
      ...('requester' in payload.of ? { requester: payload.of.requester } : {}),
      about: [
        'all' in payload.of ? 'everything' : 'requester' in payload.of ? 'all of theirs' : 'one agreement',
        ...by,
      ],
      soon: by.length > 0 ? 'other-key' : undefined,
    })
    await desk.store.commit({
      writes: [
        place.put({ signed, first: now }, 'absent'),
        headPlace.replace(head, evidence.head),
        ...evidence.writes,
        ...desk.clock.remember(now),
      ],
    })
    return now
  }
  return await desk.turns.take(`passport/${passport}`, () => settle(write, 256), true)
}

type Concerned = { readonly id: string; readonly pair: Pair; readonly hasEnded: boolean }

/** What the stop is about, of what had begun when it first came: sent again, it does not reach what was agreed since. */
async function findAgreements(
  { store }: ActDesk,
  { payload }: Verified<Stop>,
  passport: string,
  first: Instant,
): Promise<readonly Concerned[]> {
  const concerned: Concerned[] = []
  for (let after: string | undefined, more = true; more;) {
    const found = await store.range(
      ofPassport.page([passport], { limit: pageOf, ...(after === undefined ? {} : { after }) }),
    )
    const begun = found
      .map((one) => ofPassport.entry(one))
      .filter(({ id }) => (id.at(-1) ?? '') < padded(first + 1))
      .map(({ value }) => value)
    const snapshot = await store.read(begun.flatMap((id) => [pairs.at(id).key, states.at(id).key]))
    for (const id of begun) {
      const pair = pairs.at(id).from(snapshot)?.value
      const acted = states.at(id).from(snapshot)?.value.acted
      if (!pair || acted === undefined) continue
      if (!isAbout(payload, { agreement: id, requester: pair.allowance.requester })) continue
      concerned.push({ id, pair, hasEnded: acted !== 'active' && acted !== 'paused' })
    }
    after = found.at(-1)?.key
    more = found.length === pageOf
  }
  return concerned
}

/** Two keys are read of each, and a snapshot holds 1,024. */
const pageOf = 256

/** Whether there was much to do or nothing is not to be told from the time: whole slots, as the uniform answer has. */
async function inSlot({ world }: ActDesk, arrival: number, answer: Stopped): Promise<Stopped> {
  const slot = times.uniformSlotMilliseconds
  await untilSlot(world, arrival)
  return { ...answer, effective_after: Math.max(1, Math.ceil(answer.effective_after / slot)) * slot }
}
