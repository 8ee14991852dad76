import { ProtocolError } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { noticeNoun } from '@dcann/protocol/notice'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { type RecordId, signPayload } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { World as SdkWorld } from '@dcann/sdk/world'
import { isStoreError } from '@dcann/store/errors'
import type { Store, Write } from '@dcann/store/store'
import { segmentOf } from '../agreements/shelf.ts'
import { padded } from '../evidence/shelf.ts'
import type { Following } from '../following/requesters.ts'
import type { LaneOutcome } from './lanes.ts'
import { type Posted, postTo } from './post.ts'
import { type Owed, owed } from './shelf.ts'

export type DeliveryDesk = {
  readonly store: Store
  readonly following: Following
  readonly node: string
  readonly identitySigner: Signer
  /** The guarded client for addresses that others have named. */
  readonly callOut: SdkWorld['fetch']
  readonly counted: (outcome: Posted | 'given-up') => void
}

const pageOf = 256
/** Of one requester at one time. */
const together = 4

/** One agreement's notices that wait: they are one, from the lowest line on. */
type Waiting = {
  readonly agreement: RecordId
  readonly n: number
  readonly value: Owed
  readonly rows: readonly { readonly key: string; readonly version: number }[]
}

/**
 * Sends a requester what it is owed and is due, agreement by agreement. Ends at the first that nobody takes: then all of
 * them wait. What was taken is forgotten unless something has come since.
 *
 * spec: notice#delivery
 */
export async function deliverOwed(desk: DeliveryDesk, requester: string, now: Instant): Promise<LaneOutcome> {
  for (let after: string | undefined, more = true; more;) {
    const found = await desk.store.range(
      owed.page([segmentOf(requester)], { limit: pageOf, ...(after === undefined ? {} : { after }) }),
    )
    after = found.at(-1)?.key
    more = found.length === pageOf
    const due = gather(found.map((one) => owed.entry(one))).filter(({ value }) => value.due <= now)
    for (let i = 0; i < due.length; i += together) {
      const done = await Promise.all(
        due.slice(i, i + together).map(async (one) => deliverOne(desk, requester, one, now)),
      )
      if (done.includes('failed')) return 'failed'
    }
  }
  return 'done'
}

type Row = Waiting['rows'][number] & { readonly id: readonly string[]; readonly value: Owed }

/** In the order of keys: the lines of one agreement stand together, the lowest first. */
function gather(rows: readonly Row[]): Waiting[] {
  const waiting: Waiting[] = []
  for (const { key, version, id, value } of rows) {
    const [, agreement = '', n = ''] = id
    const last = waiting.at(-1)
    if (last?.agreement !== agreement) waiting.push({ agreement, n: Number(n), value, rows: [{ key, version }] })
    else waiting[waiting.length - 1] = { ...last, rows: [...last.rows, { key, version }] }
  }
  return waiting
}

async function deliverOne(desk: DeliveryDesk, requester: string, waiting: Waiting, now: Instant): Promise<Posted> {
  const { value, rows } = waiting
  const all: Write[] = rows.map(({ key, version }) => ({ key, delete: true, expect: version }))
  const giveUp = async (): Promise<Posted> => {
    desk.counted('given-up')
    await commitOrLeave(desk.store, all)
    return 'refused'
  }
  if (now >= parseTime(value.at) + times.noticeKept) return await giveUp()
  const record = await addressee(desk, requester, now)
  if (record === undefined) return 'failed'
  if (record.status === 'ended') return await giveUp()
  const posted = await send(desk, record, waiting)
  desk.counted(posted)
  if (posted === 'taken') await commitOrLeave(desk.store, all)
  if (posted === 'refused') await commitOrLeave(desk.store, putOff(requester, waiting, now))
  return posted
}

/** As its registry has it now; `undefined` while that is silent. */
async function addressee(
  { following }: DeliveryDesk,
  requester: string,
  now: Instant,
): Promise<RequesterRecord | undefined> {
  try {
    return (await following.decide(requester, now)).record
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** The inbox is there and does not take this one: it waits for itself, and those of the same agreement with it. */
function putOff(requester: string, { agreement, n, value, rows }: Waiting, now: Instant): Write[] {
  const wait = Math.min(times.noticeRetryLeast * 2 ** value.refused, times.noticeRetryMost)
  return rows.map(({ key, version }, i) =>
    i === 0
      ? owed
          .at(segmentOf(requester), agreement, padded(n))
          .put({ ...value, refused: value.refused + 1, due: now + wait }, version)
      : { key, delete: true, expect: version },
  )
}

async function send(
  { node, identitySigner, callOut }: DeliveryDesk,
  { name, inbox }: Pick<RequesterRecord, 'name' | 'inbox'>,
  { agreement, n, value }: Waiting,
): Promise<Posted> {
  // the same bytes each time it is sent
  const notice = { v: 1 as const, node, aud: name, agreement, n, at: value.at }
  return await postTo(callOut, inbox, await signPayload(noticeNoun, notice, [identitySigner]))
}

/** What came in the meantime is not forgotten with it: it stands, and is sent by itself. */
async function commitOrLeave(store: Store, writes: readonly Write[]): Promise<void> {
  try {
    await store.commit({ writes })
  } catch (error) {
    if (!isStoreError(error, 'conflict')) throw error
  }
}
