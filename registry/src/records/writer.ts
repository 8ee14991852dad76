import { setImmediate as breathe } from 'node:timers/promises'
import type { Proposal } from '@dcann/protocol/admission'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { judgeTombstone, tombstoneId } from '@dcann/protocol/tombstone'
import { isStoreError } from '@dcann/store/errors'
import { settle } from '@dcann/store/shelf'
import { type Key, MAX_WRITES, type Store } from '@dcann/store/store'
import type { HeadBoard } from '../log/heads.ts'
import { beginsAsNamed } from '../log/root-held.ts'
import type { Sequencer, ZoneBatch } from '../log/sequencer.ts'
import { headPlace, readHead } from '../log/shelf.ts'
import { delegation, delegationName, logNamed } from '../zones/delegation.ts'
import { stateAt, zoneState } from '../zones/shelf.ts'
import { type AdmitDesk, admitRecord, type Answer, keysFor } from './admit-record.ts'
import { type Batch, beginBatch } from './batch.ts'
import { endingPlace } from './endings.ts'
import type { Act } from './shelf.ts'

/** The one place that writes records: every act of every zone served here goes through it, in one order. */
export type Writer = {
  /** Resolves when the record is durable, or was before. Throws what `admitRecord` throws; `record-stale` after conflicts. */
  readonly submit: (proposal: Proposal, now: Instant) => Promise<Answer>
  /** Puts the tombstone under the name with this key; resolves when it is durable. Throws `rule-broken` where it is not due. */
  readonly bury: (zone: ZoneName, key: string, now: Instant) => Promise<void>
  /** How many wait to be judged. */
  readonly waiting: () => number
  /** Resolves when what waits now is settled. */
  readonly idle: () => Promise<void>
}

export type WriterDesk = AdmitDesk & {
  readonly store: Pick<Store, 'read' | 'range' | 'commit'>
  readonly sequencer: Pick<Sequencer, 'describe' | 'clear'>
  readonly heads: Pick<HeadBoard, 'underRoot'>
  /** Told once when logs cannot be continued here: what is kept is not what was shown. */
  readonly onBroken: (error: Error) => void
}

/**
 * Proposals judged together at most: each makes up to ten writes of records and, in the log and the map, about as many;
 * a commit has at most 1024.
 */
const batchMost = 40
const attempts = 5
/** Proposals that wait at most: beyond, a caller is told to come back before anything of it is judged. */
const waitingMost = 1024

/** What waits for its turn: a record, or a passport to be buried. */
type Waiting = {
  readonly judge: (batch: Batch, now: Instant) => Promise<Answer | ProtocolError>
  readonly keys: readonly Key[]
  readonly now: Instant
  readonly settled: (outcome: Answer | ProtocolError) => void
  readonly reject: (error: unknown) => void
}

/**
 * A writer takes all that waits, reads one snapshot, judges each proposal against it and those before, and makes one
 * commit. Submissions that arrive during a sync share the next one.
 */
export function createWriter(desk: WriterDesk): Writer {
  const queue: Waiting[] = []
  let running: Promise<void> | undefined
  let broken: Error | undefined

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMost)
      try {
        const outcomes = await settle(() => writeBatch(desk, batch), attempts)
        batch.forEach(({ settled }, i) => {
          const outcome = outcomes[i]
          if (outcome) settled(outcome)
        })
      } catch (error) {
        if (!(error instanceof ProtocolError) && !isStoreError(error)) end(error)
        for (const { reject } of [...batch, ...(broken ? queue.splice(0) : [])])
          reject(broken ? ended() : ofConflict(error))
      }
    }
    // in the same breath as the last look at the queue, so that nobody waits behind a run that has ended
    running = undefined
  }

  const end = (error: unknown): void => {
    broken = error instanceof Error ? error : new Error(String(error))
    desk.onBroken(broken)
  }

  const wait = async (keys: readonly Key[], now: Instant, judge: Waiting['judge']): Promise<Answer> =>
    await new Promise<Answer>((resolve, reject) => {
      if (broken) throw ended()
      if (queue.length >= waitingMost) {
        throw new ProtocolError('unavailable', 'admitting a record: too many wait; send it again', { retry_after: 2 })
      }
      const settled = (outcome: Answer | ProtocolError): void =>
        outcome instanceof ProtocolError ? reject(outcome) : resolve(outcome)
      queue.push({ judge, keys, now, settled, reject })
      running ??= run()
    })

  return {
    async submit(proposal, now) {
      const keys = keysFor(desk.served, proposal, desk.followed)
      return await wait(keys, now, async (batch, time) => await admit(desk, proposal, batch, time))
    },
    async bury(zone, key, now) {
      const keys = [endingPlace(zone, key).key, zoneState(zone).key, delegation(zone).key]
      await wait(keys, now, async (batch, time) => bury(batch, zone, key, time))
    },
    waiting: () => queue.length,
    async idle() {
      await running
    },
  }
}

async function writeBatch(desk: WriterDesk, waiting: readonly Waiting[]): Promise<(Answer | ProtocolError)[]> {
  const keys = [...new Set(waiting.flatMap((each) => each.keys))]
  const batch = beginBatch(await desk.store.read(keys), keys)
  // beside the judging, which leaves the disk idle
  const cleared = desk.sequencer.clear()
  cleared.catch(() => {})
  const now = Math.max(...waiting.map((each) => each.now))
  const outcomes: (Answer | ProtocolError)[] = []
  for (const { judge } of waiting) {
    outcomes.push(await judge(batch, now).catch(refusal))
    // proving is work of the processor: whoever resolves meanwhile is not kept waiting for the whole batch
    await breathe()
  }
  await cleared
  const writes = batch.writes()
  if (writes.length === 0) return outcomes
  // records, log, map and head stand or fall together; nothing is acknowledged before its head may be shown
  const logged = await desk.sequencer.describe(zoneBatches(batch), MAX_WRITES - 1 - 24 * waiting.length)
  await desk.store.commit({ writes: [...writes, ...logged.writes] })
  const root = batch.acts().has('root') ? batch.kept('root', 'root') : undefined
  if (root) desk.heads.underRoot(readSigned(rootNoun, root.signed).payload)
  await logged.show()
  return outcomes
}

async function admit(desk: WriterDesk, proposal: Proposal, batch: Batch, now: Instant): Promise<Answer> {
  const { answer, acts } = await admitRecord(desk, proposal, batch, now)
  await refuseFrozen(desk.store, batch, acts)
  for (const taken of acts) batch.take(taken)
  return answer
}

function bury(batch: Batch, zone: ZoneName, key: string, now: Instant): Answer {
  const ending = batch.ending(zone, key)
  judgeTombstone(ending, stateAt(batch.state(zone), now).now)
  batch.bury(zone, { key, name: ending?.name }, now)
  return { zone, name: '', seq: 0, id: tombstoneId, known: false }
}

/** What a delegation says that a log kept here began with has to be so, as long as the root zone may still refuse it. */
async function refuseFrozen(store: WriterDesk['store'], batch: Batch, acts: readonly Act[]): Promise<void> {
  if (!acts.some(({ zone }) => zone === 'root')) return
  for (const { zone, name, kept } of acts) {
    if (name !== delegationName(zone)) continue
    const { frozen } = logNamed(zone, kept)
    const before = batch.kept(zone, name)
    if (frozen === undefined || (before && logNamed(zone, before).frozen?.root === frozen.root)) continue
    const place = headPlace(zone)
    const held = place.from(await store.read([place.key]))
    if (await beginsAsNamed(store, zone, frozen, held ? readHead(held.value).size : 0)) continue
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(name)}: frozen says that the log before ended with ${frozen.size} entries and the root ${frozen.root}, which the log kept here does not begin with`,
    )
  }
}

function zoneBatches(batch: Batch): ZoneBatch[] {
  return batch.zones().map((zone) => {
    const by = batch.kept(zone, delegationName(zone))
    return {
      zone,
      acts: batch.logged(zone),
      time: batch.state(zone).now,
      named: by && logNamed(zone, by),
    }
  })
}

function ended(): ProtocolError {
  return new ProtocolError('unavailable', 'admitting a record: this registry cannot go on with its logs; ask another')
}

/** One proposal's refusal is its own; anything else stops the batch. */
function refusal(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  throw error
}

function ofConflict(error: unknown): unknown {
  if (!isStoreError(error, 'conflict')) return error
  return new ProtocolError(
    'record-stale',
    'admitting a record: what it rests on changed while it was judged; read it and try again',
  )
}
