import { equalBytes } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { judgeBatchTime, type TimesBefore } from '@dcann/protocol/log/batch-time'
import type { ZoneName } from '@dcann/protocol/name'
import type { RecordId } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import { type Sequenced, sequenceActs } from '../log/sequence.ts'
import type { PageCache } from '../map/read-pages.ts'
import { admitRecord, type HeldHere, keysFor, type Verdict } from '../records/admit-record.ts'
import { type Batch, beginBatch } from '../records/batch.ts'
import type { Kept } from '../records/shelf.ts'
import { broken, type PulledBatch } from './pull-batches.ts'

export type ReplayDesk = { readonly store: Pick<Reader, 'read' | 'range'>; readonly cache: PageCache }

export type Replayed = { readonly batch: Batch; readonly sequenced: Sequenced }

/** What a batch is judged under that does not stand in its own zone. */
export type Around = {
  readonly pinnedRoot: RecordId
  /** Versions of the root, newest first, that may have judged a delegation. */
  readonly roots: readonly Kept[]
  readonly times: TimesBefore
}

/**
 * Does once more what a registry did: judges each act by the rules, at the time of the batch and under what stood in the
 * zone before it, then makes log and map from that and holds them against what the registry wrote. Commits nothing.
 *
 * Throws `evidence-broken`, naming the entry and as `cause` the rule's own code, for whatever a registry may not have done.
 */
export async function replayBatch(
  desk: ReplayDesk,
  zone: ZoneName,
  pulled: PulledBatch,
  around: Around,
): Promise<Replayed> {
  const time = parseTime(pulled.map.time)
  const last = pulled.from + pulled.bytes.length - 1
  await asBroken(zone, last, () => judgeBatchTime(time, around.times))
  const keys = [
    ...new Set(
      await asBroken(zone, pulled.from, () => pulled.proposals.flatMap((each) => keysFor(new Set([zone]), each))),
    ),
  ]
  const batch = beginBatch(await desk.store.read(keys), keys)
  for (const [i, proposal] of pulled.proposals.entries()) {
    const { answer, acts } = await asBroken(zone, pulled.from + i, () => judgeAct(zone, proposal, batch, time, around))
    if (answer.known) throw broken(zone, pulled.from + i, 'this very record was admitted before')
    for (const act of acts) batch.take(act)
  }
  const acts = pulled.proposals.map(({ name, submitted }) => ({ name, id: submitted.id }))
  const sequenced = await sequenceActs(desk, { zone, acts, time })
  for (const [i, { value }] of sequenced.entries.entries()) {
    const written = pulled.bytes[i]
    if (written && equalBytes(value, written)) continue
    throw broken(
      zone,
      pulled.from + i,
      i === acts.length ? 'the map is not what its acts make of it' : 'it is not its act',
    )
  }
  return { batch, sequenced }
}

/** A delegation copied into its own zone was judged by the root zone, under whichever version stood there then. */
export async function judgeAct(
  zone: ZoneName,
  proposal: PulledBatch['proposals'][number],
  batch: Batch,
  time: Instant,
  { pinnedRoot, roots }: Omit<Around, 'times'>,
): Promise<Verdict> {
  const desk = { served: new Set([zone]), pinnedRoot, replays: true }
  if (zone === 'root' || proposal.kind !== 'country') return await admitRecord(desk, proposal, batch, time)
  let first: ProtocolError | undefined
  for (const root of roots) {
    const held: HeldHere = {
      ...batch,
      kept: (space, name) => (space === 'root' && name === 'root' ? root : batch.kept(space, name)),
    }
    for (const at of new Set([time, parseTime(proposal.submitted.payload.at)])) {
      try {
        const { answer, acts } = await admitRecord(desk, proposal, held, at)
        return { answer, acts: acts.map((act) => ({ ...act, clock: time, copied: true })) }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        first ??= error
      }
    }
  }
  throw first ?? new ProtocolError('not-found', 'judging a delegation: no version of the root is known')
}

/** A rule's refusal of what stands in a log. */
export async function asBroken<T>(zone: ZoneName, index: number, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'evidence-broken') throw error
    throw broken(zone, index, error.message, error.code)
  }
}
