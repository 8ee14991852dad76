import { equalBytes, fromBase64Url } from '@dcann/protocol/bytes'
import type { Proposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { judgeBatchTime, type TimesBefore } from '@dcann/protocol/log/batch-time'
import type { ActEntry } from '@dcann/protocol/log/entry'
import type { ZoneName } from '@dcann/protocol/name'
import type { RecordId } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import { judgeTombstone, judgeWithheld } from '@dcann/protocol/tombstone'
import type { Reader } from '@dcann/store/store'
import { type Sequenced, sequenceActs } from '../log/sequence.ts'
import { headPlace, readHead } from '../log/shelf.ts'
import { proveKey } from '../map/prove-key.ts'
import type { PageCache } from '../map/read-pages.ts'
import { admitRecord, type HeldHere, keysFor, type Verdict } from '../records/admit-record.ts'
import { type Batch, beginBatch } from '../records/batch.ts'
import { endingPlace } from '../records/endings.ts'
import { type Kept, pointer } from '../records/shelf.ts'
import { delegation } from '../zones/delegation.ts'
import { zoneState } from '../zones/shelf.ts'
import { broken, type PulledBatch } from './pull-batches.ts'

export type ReplayDesk = { readonly store: Pick<Reader, 'read' | 'range'>; readonly cache: PageCache }

export type Replayed = { readonly batch: Batch; readonly sequenced: Sequenced }

/** What a batch is judged under that does not stand in its own zone. */
export type Around = {
  readonly pinnedRoot: RecordId
  /** Versions of the root, newest first, that may have judged a delegation. */
  readonly roots: readonly Kept[]
  readonly times: TimesBefore
  /** Names that are gone under the head that is being followed to, by their keys. */
  readonly gone: ReadonlySet<string>
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
      await asBroken(zone, pulled.from, () =>
        pulled.acts.flatMap(({ entry, proposal }) =>
          proposal
            ? keysFor(new Set([zone]), proposal)
            : [endingPlace(zone, entry.key).key, zoneState(zone).key, delegation(zone).key],
        ),
      ),
    ),
  ]
  const batch = beginBatch(await desk.store.read(keys), keys)
  for (const [i, act] of pulled.acts.entries()) {
    const index = pulled.from + i
    await asBroken(zone, index, async () => {
      if (!act.proposal) return await passOver(desk, zone, act.entry, batch, time, around)
      const { answer, acts } = await judgeAct(zone, act.proposal, batch, time, around)
      if (answer.known) throw broken(zone, index, 'this very record was admitted before')
      for (const each of acts) batch.take(each)
    })
  }
  const acts = batch.logged(zone)
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

/** An act without a record: the tombstone of a passport that has ended, or what has come to be erased by it. */
async function passOver(
  desk: ReplayDesk,
  zone: ZoneName,
  { key, record: id, type }: ActEntry,
  batch: Batch,
  time: Instant,
  { gone }: Pick<Around, 'gone'>,
): Promise<void> {
  const ending = batch.ending(zone, key)
  if (type === 'tombstone') judgeTombstone(ending, time)
  else judgeWithheld(ending, gone.has(key))
  const name = ending?.name ?? (await nameUnder(desk, zone, key))
  if (type === 'tombstone') batch.bury(zone, { key, name }, time)
  else batch.pass(zone, { key, id, type, name }, time)
}

/** Whose key it is in the map held here, if it is there: what is kept of that name is erased as well, in its time. */
async function nameUnder({ store, cache }: ReplayDesk, zone: ZoneName, key: string): Promise<string | undefined> {
  const place = headPlace(zone)
  const held = place.from(await store.read([place.key]))?.value
  if (!held) return undefined
  const { leaf } = await proveKey(store, zone, cache, readHead(held), fromBase64Url(key))
  if (leaf?.key !== key) return undefined
  const found = pointer(zone, leaf.record)
  return found.from(await store.read([found.key]))?.value.name
}

/** A delegation copied into its own zone was judged by the root zone, under whichever version stood there then. */
export async function judgeAct(
  zone: ZoneName,
  proposal: Proposal,
  batch: Batch,
  time: Instant,
  { pinnedRoot, roots }: Pick<Around, 'pinnedRoot' | 'roots'>,
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
