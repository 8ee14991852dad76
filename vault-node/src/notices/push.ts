import { rightsOn } from '@dcann/protocol/right'
import { thumbprint } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { World as SdkWorld } from '@dcann/sdk/world'
import { isStoreError } from '@dcann/store/errors'
import type { Store, Write } from '@dcann/store/store'
import { keysOfHolder } from '../capabilities/keys.ts'
import { listEndpoints } from './endpoints.ts'
import { createLanes, type LaneOutcome } from './lanes.ts'
import { endpoints, pushes, stirred } from './shelf.ts'
import type { Vapid } from './vapid.ts'

export type PushDesk = {
  readonly store: Store
  readonly monotonic: () => number
  readonly vapid: Vapid
  /** The guarded client for addresses that others have named. */
  readonly callOut: SdkWorld['fetch']
  readonly pushed: (outcome: Pushed) => void
  readonly onError: (error: unknown) => void
}

/** What a push service made of it: `gone` says that nobody is there any more. */
export type Pushed = 'taken' | 'gone' | 'failed' | 'given-up'

const pageOf = 128
/** Milliseconds, as in the outbox for requesters. */
const patience = 250
const between = 500
const whileMore = 20

/**
 * Wakes holders: whatever was written to be told soon left a mark, which becomes one push to each of the holder's addresses,
 * sent until it is taken. Nothing is in it.
 *
 * spec: notice#push
 */
export function pushRound(desk: PushDesk): (now: Instant) => Promise<number> {
  let now = 0
  let after: string | undefined
  const lanes = createLanes((name) => send(desk, name, now), {
    monotonic: desk.monotonic,
    retryLeast: times.noticeRetryLeast,
    retryMost: times.noticeRetryMost,
    onError: desk.onError,
  })
  return async (reading) => {
    now = reading
    const isMore = await spread(desk.store, now)
    const found = await desk.store.range(pushes.page([], { limit: pageOf, ...(after === undefined ? {} : { after }) }))
    after = found.length === pageOf ? found.at(-1)?.key : undefined
    for (const one of found) lanes.run(pushes.entry(one).id.join('/'))
    await lanes.settle(patience)
    return isMore || after !== undefined ? whileMore : between
  }
}

/** Makes of each mark a push to each address of its holder. Returns whether there are more. */
async function spread(store: Store, now: Instant): Promise<boolean> {
  const found = (await store.range(stirred.page([], { limit: pageOf }))).map((one) => stirred.entry(one))
  for (const { key, version, value: at, id } of found) {
    const passport = id[0] ?? ''
    const keys = await keysOfHolder(store, passport, rightsOn('/v1/notices/push'), now)
    const kids = keys.map(thumbprint)
    const wanted = (await listEndpoints(store, passport)).filter(({ kid }) => kids.includes(kid))
    await commitOrLeave(store, [
      { key, delete: true, expect: version },
      ...wanted.map(({ push }) => pushes.at(passport, push).put(at)),
    ])
  }
  return found.length === pageOf
}

async function send({ store, vapid, callOut, pushed }: PushDesk, name: string, now: Instant): Promise<LaneOutcome> {
  const [passport = '', push = ''] = name.split('/')
  const [place, of] = [pushes.at(passport, push), endpoints.at(passport, push)]
  const snapshot = await store.read([place.key, of.key])
  const owed = place.from(snapshot)
  if (!owed) return 'done'
  const forget: Write = place.delete(owed.version)
  const to = of.from(snapshot)
  if (!to) return await done([forget])
  if (now >= parseTime(owed.value) + times.noticeKept) return await done([forget], 'given-up')
  const outcome = await post(callOut, to.value.endpoint, vapid.authorize(to.value.endpoint, now))
  if (outcome === 'taken') return await done([forget], outcome)
  if (outcome === 'gone') return await done([forget, of.delete(to.version)], outcome)
  pushed(outcome)
  return 'failed'

  async function done(writes: readonly Write[], outcome?: Pushed): Promise<LaneOutcome> {
    if (outcome !== undefined) pushed(outcome)
    await commitOrLeave(store, writes)
    return 'done'
  }
}

/** An empty push, as RFC 8030 has it: whoever carries it learns that something waits, and nothing of what. */
async function post(callOut: SdkWorld['fetch'], endpoint: string, authorization: string): Promise<Pushed> {
  try {
    const { ok, status } = await callOut(endpoint, {
      method: 'POST',
      headers: { authorization, ttl: String(times.pushKept), urgency: 'high', topic: 'dcann' },
      redirect: 'error',
    })
    if (ok) return 'taken'
    return status === 404 || status === 410 ? 'gone' : 'failed'
  } catch {
    return 'failed'
  }
}

/** What came in the meantime is not forgotten with it. */
async function commitOrLeave(store: Store, writes: readonly Write[]): Promise<void> {
  try {
    await store.commit({ writes })
  } catch (error) {
    if (!isStoreError(error, 'conflict')) throw error
  }
}
