import { capabilityEndNoun, capabilityNoun, judgeCapability } from '@dcann/protocol/capability'
import { ProtocolError } from '@dcann/protocol/errors'
import { thumbprint } from '@dcann/protocol/key'
import { limits, times } from '@dcann/protocol/limits'
import { type Right, rightsToStop } from '@dcann/protocol/right'
import { proveSigned, readSigned, type Submitted, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { outcomeOf } from '../following/outcome.ts'
import type { Zones } from '../following/zones.ts'
import { controlOf } from './keys.ts'
import { capabilities, type Kept, passportsOfKey } from './shelf.ts'

/** Making one widens, so it takes a passport at home; ending one is as good as a stop. */
const toMake: readonly Right[] = []

export type CapabilityDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly zones: Zones
}

/**
 * Gives a key its right: signed by a control key, judged, durable. The same again gets the same answer.
 *
 * Throws what `judgeCapability` throws, `not-entitled` unless a control key of a passport at home here signed, and
 * `bound-crossed` when the passport has as many as it may.
 *
 * spec: capability#making
 */
export async function makeCapability(
  desk: CapabilityDesk,
  input: unknown,
  reading: Instant,
): Promise<{ readonly capability: string; readonly until: string }> {
  const now = desk.clock.decide(reading)
  const submitted = readSigned(capabilityNoun, input)
  const confirmed = await outcomeOf(desk.zones.confirm(submitted.payload.passport, now))
  const proved = await prove(desk, submitted, toMake)
  confirmed()
  const { payload, id, signed } = proved
  const place = capabilities.at(payload.passport, thumbprint(payload.key))
  await change(desk, payload.passport, async () => {
    const controlKeys = (await controlOf(desk.store, payload.passport, toMake)).keys
    const held = place.from(await desk.store.read([place.key]))
    judgeCapability(held?.value, proved, controlKeys, now)
    if (held?.value.id === id) return undefined
    const gone = held ? [] : await makeRoom(desk.store, payload.passport, now)
    return {
      request: id,
      outcome: 'made',
      about: [`the key ${thumbprint(payload.key)}: ${payload.right} until ${payload.until}`],
      now,
      writes: [
        place.replace(held, { payload, id, kids: submitted.kids, signed, end: null, ended: false }),
        passportsOfKey.at(thumbprint(payload.key), payload.passport).put(payload.passport),
        ...gone,
      ],
    }
  })
  return { capability: id, until: payload.until }
}

/**
 * Forgets what has expired, so that it makes room for others; not before any record of the same key that is older would be
 * too old to be taken, so that nothing sent again comes back.
 */
async function makeRoom(store: Store, passport: string, now: Instant): Promise<readonly Write[]> {
  const found = await store.range(capabilities.page([passport], { limit: limits.capabilities }))
  const expired = found
    .map((one) => capabilities.entry(one))
    .filter(({ value }) => parseTime(value.payload.until) + 2 * times.nodeSkew <= now)
  if (found.length - expired.length >= limits.capabilities) {
    throw new ProtocolError(
      'bound-crossed',
      `making a capability: this passport has ${limits.capabilities}, which is the most; wait until one expires`,
      { bound: 'capabilities' },
    )
  }
  return expired.flatMap(({ key, value, version }) => [
    { key, delete: true as const, expect: version },
    passportsOfKey.at(thumbprint(value.payload.key), passport).delete(),
  ])
}

/**
 * Ends a key's right for good. The same again, or another end of the same key, changes nothing.
 *
 * Throws `not-entitled` as making does, `not-found` for a key that has no capability.
 *
 * spec: capability#end
 */
export async function endCapability(
  desk: CapabilityDesk,
  input: unknown,
  reading: Instant,
): Promise<{ readonly ended: true }> {
  const now = desk.clock.decide(reading)
  const { payload, id, signed } = await prove(desk, readSigned(capabilityEndNoun, input), rightsToStop)
  const place = capabilities.at(payload.passport, thumbprint(payload.key))
  await change(desk, payload.passport, async () => {
    const held = place.from(await desk.store.read([place.key]))
    if (!held) throw new ProtocolError('not-found', 'ending a capability: the key has none')
    if (held.value.ended) return undefined
    return {
      request: id,
      outcome: 'ended',
      about: [`the key ${thumbprint(payload.key)}`],
      now,
      writes: [place.replace(held, { ...held.value, end: signed, ended: true })],
    }
  })
  return { ended: true }
}

/** Every capability that is kept and has not expired. */
export async function listCapabilities({ store }: Pick<CapabilityDesk, 'store'>, passport: string, now: Instant) {
  const found = await store.range(capabilities.page([passport], { limit: limits.capabilities }))
  return found
    .map((one): Kept => capabilities.entry(one).value)
    .filter(({ payload }) => now < parseTime(payload.until))
    .map(({ signed, ended }) => ({ capability: signed, ended }))
}

/** Unknown passport, wrong key and bad signature are one refusal: this call must not tell who lives here. */
async function prove<T extends { readonly passport: string }>(
  { store }: CapabilityDesk,
  submitted: Submitted<T>,
  as: readonly Right[],
): Promise<Verified<T>> {
  try {
    return await proveSigned(submitted, (await controlOf(store, submitted.payload.passport, as)).keys)
  } catch (error) {
    throw error instanceof ProtocolError && ['key-unknown', 'record-signature-invalid'].includes(error.code)
      ? new ProtocolError('not-entitled', 'delegating: no control key of a passport at home here signed')
      : error
  }
}

type Change = {
  readonly request: string
  readonly outcome: string
  readonly about: readonly string[]
  readonly now: Instant
  readonly writes: readonly Write[]
}

/** One change of who may what, with its line in the passport's own chain, in one commit. */
async function change(
  desk: CapabilityDesk,
  passport: string,
  describe: () => Promise<Change | undefined>,
): Promise<void> {
  const headPlace = passportHeads.at(passport)
  await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const head = headPlace.from(await desk.store.read([headPlace.key]))
      const described = await describe()
      if (!described) return
      const { request, outcome, about, now, writes } = described
      const evidence = appendEvidence(desk.world, head?.value ?? { n: 0, leaf: null }, {
        agreement: null,
        passport,
        kind: 'capability',
        request,
        answer: null,
        outcome,
        at: formatTime(now),
        of: passport,
        about,
        soon: 'key',
      })
      await desk.store.commit({
        writes: [...writes, headPlace.replace(head, evidence.head), ...evidence.writes, ...desk.clock.remember(now)],
      })
    }, 64),
  )
}
