import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { recordIdOf } from '@dcann/protocol/signed'
import { utf8 } from '@dcann/protocol/bytes'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import { notePassport } from '../evidence/note-happening.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { type Endpoint, endpoints } from './shelf.ts'

export type EndpointDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  /** Why an address may not be called, if so. */
  readonly refusesUrl: (url: string) => string | undefined
}

/** Whose call it is, and under which key: a key that loses its right is pushed to no more. */
export type EndpointCaller = { readonly passport: string; readonly kid: string; readonly spent: readonly Write[] }

/**
 * Keeps an address that the holder wants to be woken at. The same again changes nothing but whose it is. Throws
 * `rule-broken` for one that may not be called, `bound-crossed` for one too many.
 *
 * spec: notice#push
 */
export async function addEndpoint(
  desk: EndpointDesk,
  { passport, kid, spent }: EndpointCaller,
  endpoint: string,
  reading: Instant,
): Promise<{ readonly push: string }> {
  const reason = desk.refusesUrl(endpoint)
  if (reason !== undefined) throw new ProtocolError('rule-broken', `adding a push: ${reason}`)
  const now = desk.clock.decide(reading)
  const push = recordIdOf(utf8(endpoint))
  const place = endpoints.at(passport, push)
  await change(desk, passport, async () => {
    const held = (await listEndpoints(desk.store, passport)).length
    const known = place.from(await desk.store.read([place.key]))
    if (!known && held >= limits.pushes) {
      throw new ProtocolError('bound-crossed', `adding a push: there are ${held}, which is the most; end one first`, {
        bound: 'pushes',
      })
    }
    return {
      outcome: 'push-added',
      push,
      now,
      writes: [place.replace(known, { endpoint, kid, added: known?.value.added ?? formatTime(now) }), ...spent],
    }
  })
  return { push }
}

/** Ends a push. Throws `not-found`. spec: notice#push */
export async function endEndpoint(
  desk: EndpointDesk,
  { passport, spent }: EndpointCaller,
  push: string,
  reading: Instant,
): Promise<{ readonly push: string }> {
  const now = desk.clock.decide(reading)
  const place = endpoints.at(passport, push)
  await change(desk, passport, async () => {
    const held = place.from(await desk.store.read([place.key]))
    if (!held) throw new ProtocolError('not-found', 'ending a push: there is none')
    return { outcome: 'push-ended', push, now, writes: [place.delete(held.version), ...spent] }
  })
  return { push }
}

/** Where a holder is to be woken. */
export async function listEndpoints(
  store: Pick<Store, 'range'>,
  passport: string,
): Promise<readonly (Endpoint & { readonly push: string })[]> {
  const found = await store.range(endpoints.page([passport], { limit: limits.pushes }))
  return found.map((one) => endpoints.entry(one)).map(({ id, value }) => ({ push: id.at(-1) ?? '', ...value }))
}

type Change = {
  readonly outcome: string
  readonly push: string
  readonly now: Instant
  readonly writes: readonly Write[]
}

/** With a line in the passport's own chain: a device that has itself woken learns when something happens. */
async function change(desk: EndpointDesk, passport: string, describe: () => Promise<Change>): Promise<void> {
  await desk.turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const { outcome, push, now, writes } = await describe()
      await notePassport(
        desk,
        { kind: 'notice', request: push, answer: null, outcome, at: formatTime(now), of: passport },
        writes,
      )
    }, 64),
  )
}
