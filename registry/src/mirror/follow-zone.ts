import { equalBytes } from '@dcann/protocol/bytes'
import { readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { parseCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { emptyFrontier } from '@dcann/protocol/log/merkle'
import { formatNote, parseNote } from '@dcann/protocol/log/note'
import { requireSpeaker, type Speaker, speakerAt } from '@dcann/protocol/log/succession'
import type { ZoneName } from '@dcann/protocol/name'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { LogClient } from '@dcann/sdk/log-client'
import type { Store } from '@dcann/store/store'
import type { HeadBoard } from '../log/heads.ts'
import { requireFrozenHeld, rootHeld } from '../log/root-held.ts'
import { type Head, headPlace, readHead } from '../log/shelf.ts'
import type { PageCache } from '../map/read-pages.ts'
import { stalePages, stalePlace } from '../map/shelf.ts'
import { clearable, type Stale, staleHeld, staleOf } from '../map/stale.ts'
import { currentRecord, type Kept } from '../records/shelf.ts'
import { delegationName, type Log, logOf } from '../zones/delegation.ts'
import { noteSpeaker, speakersHeld } from '../zones/speakers.ts'
import { openBy } from './open-by.ts'
import { pullBatches, type Surveyed } from './pull-batches.ts'
import { replayBatch, type Replayed } from './replay-batch.ts'
import { rootsHeld } from './roots-held.ts'
import { surveyLog } from './survey.ts'

export type FollowDesk = {
  readonly store: Store
  readonly cache: PageCache
  readonly heads: HeadBoard
  /** The chain of root records from the genesis that this process is pinned to. */
  readonly pinned: readonly Signed[]
  /** Where each zone that is followed is taken from. */
  readonly sources: ReadonlyMap<ZoneName, LogClient>
}

/** Follows zones that others are authoritative for, entry by entry, and believes nothing that it has not made again. */
export type Follower = {
  readonly zones: ReadonlySet<ZoneName>
  /** Brings back what is kept of a zone. */
  readonly open: (zone: ZoneName) => Promise<void>
  /** The logs that have spoken for a zone, and that may by what is known of its delegation here. */
  readonly logs: (zone: ZoneName) => Promise<readonly Log[]>
  /**
   * Opens a checkpoint by one of those logs, or by one that the entries under it name, which are then surveyed. Throws the
   * codes of `openCheckpoint` and of the survey; `key-unknown` for a log that nothing names.
   */
  readonly prove: (zone: ZoneName, checkpoint: string) => Promise<ProvedCheckpoint>
  /**
   * Takes in every entry up to a checkpoint, replayed; resolves when all of it is durable. `cosigned` is when this process
   * last cosigned a head of the zone. Throws `forked` for a checkpoint that is not of the log held here, `key-unknown` for one
   * by another log than its own acts name, `evidence-broken` where a rule was broken, and `unreachable` or `unavailable` when it cannot be had.
   */
  readonly takeIn: (zone: ZoneName, checkpoint: ProvedCheckpoint, now: Instant, cosigned?: Instant) => Promise<void>
  /** The head of a size, if it is one of those seen lately. */
  readonly headAt: (zone: ZoneName, size: number) => Head | undefined
}

/** Heads remembered, for a checkpoint that comes with cosignatures when there are newer ones. */
const remembered = 64

export function createFollower(desk: FollowDesk): Follower {
  const { store, heads, sources } = desk
  const turns = new Map<ZoneName, Promise<unknown>>()
  const lately = new Map<ZoneName, Head[]>()
  const stale = new Map<ZoneName, Stale[]>()

  const remember = (zone: ZoneName, head: Head): void => {
    lately.set(zone, [...(lately.get(zone) ?? []), head].slice(-remembered))
  }

  const inTurn = async <T>(zone: ZoneName, act: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(zone) ?? Promise.resolve()).catch(() => {}).then(act)
    turns.set(zone, turn)
    return await turn
  }

  const takeIn = async (
    zone: ZoneName,
    checkpoint: ProvedCheckpoint,
    now: Instant,
    cosigned?: Instant,
  ): Promise<void> => {
    const client = sources.get(zone)
    if (!client) throw new ProtocolError('not-found', `following ${zone}: this zone is not followed here`)
    const held = await headHeld(store, zone)
    if (held && held.size >= checkpoint.size) {
      await requireSame(store, zone, held, checkpoint)
      return await requireOwn(await speakersHeld(store, zone), checkpoint)
    }
    const roots = await rootsHeld(store, desk.pinned)
    const surveyed = await surveyLog(desk, client, zone, held?.frontier ?? emptyFrontier, checkpoint, roots)
    await requireOwn(surveyed.speakers, checkpoint)
    let before = held ? parseTime(held.entry.time) : undefined
    for await (const pulled of pullBatches(client, zone, surveyed)) {
      const around = await rootsHeld(store, desk.pinned)
      const pinnedRoot = around.at(-1)?.id ?? ''
      const times = { before, cosigned, now }
      const { gone } = surveyed
      const replayed = await replayBatch(desk, zone, pulled, { pinnedRoot, roots: around, times, gone })
      before = parseTime(pulled.map.time)
      await keep(zone, replayed, checkpoint, surveyed)
    }
  }

  /** One commit a batch: what was replayed stays, whatever comes after it. */
  const keep = async (
    zone: ZoneName,
    replayed: Replayed,
    checkpoint: ProvedCheckpoint,
    { delegation: newest }: Surveyed,
  ): Promise<void> => {
    const { batch, sequenced } = replayed
    const by = batch.kept(zone, delegationName(zone))
    if (newest && by?.id === newest.id) await requireFrozenHeld(store, zone, newest.frozen, sequenced.before.size)
    const speaks = await noteSpeaker(store, zone, by && logOf(zone, by), sequenced.head.size)
    const { held, kept, entries, pages, others } = sequenced
    const isLast = sequenced.head.size === checkpoint.size
    const head = { ...sequenced.head, checkpoint: isLast ? formatNote(checkpoint.note) : null }
    const waiting = stale.get(zone) ?? []
    const cleared = clearable(waiting, heads.needed(zone), 256)
    await store.commit({
      writes: [
        ...batch.writes(),
        ...entries,
        ...pages,
        ...others,
        ...speaks,
        headPlace(zone).replace(held, { ...kept, checkpoint: head.checkpoint }),
        ...cleared.flatMap(({ writes }) => writes),
      ],
    })
    const fresh = others.filter(({ key }) => key === stalePlace(zone, head.size).key)
    stale.set(zone, [
      ...waiting.slice(cleared.length),
      ...fresh.map((put) => staleOf(zone, stalePages.entry({ ...put, version: 1 }))),
    ])
    const root =
      zone === 'root' &&
      batch
        .acts()
        .get('root')
        ?.some(({ name }) => name === 'root')
    const version = root ? batch.kept('root', 'root') : undefined
    if (version) heads.underRoot(readSigned(rootNoun, version.signed).payload)
    remember(zone, head)
    if (isLast) heads.show(zone, head)
  }

  return {
    get zones() {
      return new Set(sources.keys())
    },
    async open(zone) {
      await heads.open(zone)
      stale.set(zone, await staleHeld(store, zone))
      const head = await headHeld(store, zone)
      if (!head) return
      remember(zone, head)
      if (head.checkpoint !== null) heads.show(zone, head)
    },
    logs: async (zone) => await logsNamed(desk, zone),
    prove: async (zone, checkpoint) => await prove(desk, zone, checkpoint),
    takeIn: async (zone, ...rest) => await inTurn(zone, async () => await takeIn(zone, ...rest)),
    headAt: (zone, size) => lately.get(zone)?.findLast((head) => head.size === size),
  }
}

async function headHeld(store: Store, zone: ZoneName): Promise<Head | undefined> {
  const place = headPlace(zone)
  const held = place.from(await store.read([place.key]))
  return held && readHead(held.value)
}

/** A checkpoint of what is held already has the root that the log had at its size. */
async function requireSame(store: Store, zone: ZoneName, held: Head, { size, root }: ProvedCheckpoint): Promise<void> {
  if (equalBytes(await rootHeld(store, zone, size), root)) return
  throw new ProtocolError(
    'forked',
    `following ${zone}: its checkpoint of ${size} entries is not of the ${held.size} held here; keep both and show them`,
    { held: held.size, size },
  )
}

/** A head is signed by the log that the acts under it name, and by no other that was named before or is named later. */
async function requireOwn(speakers: readonly Speaker[], { origin, size, note }: ProvedCheckpoint): Promise<void> {
  const named = speakerAt(speakers, size)
  const opened = named && (await openBy([named], formatNote(note)).catch(notByThose))
  if (named === undefined || opened instanceof ProtocolError) requireSpeaker(speakers, size, { origin, key: '' })
}

async function prove(desk: FollowDesk, zone: ZoneName, text: string): Promise<ProvedCheckpoint> {
  const { store, sources } = desk
  const unknown = await openBy(await logsNamed(desk, zone), text).catch(notByThose)
  if (!(unknown instanceof ProtocolError)) return unknown
  const client = sources.get(zone)
  const claimed = parseCheckpoint(parseNote(text).text)
  const held = await headHeld(store, zone)
  // only acts that are not held yet can name somebody else
  if (!client || (held && claimed.size <= held.size)) throw unknown
  const roots = await rootsHeld(store, desk.pinned)
  const { speakers } = await surveyLog(desk, client, zone, held?.frontier ?? emptyFrontier, claimed, roots)
  const named = speakerAt(speakers, claimed.size)
  return await openBy(named ? [named] : [], text)
}

function notByThose(error: unknown): ProtocolError {
  if (error instanceof ProtocolError && error.code === 'key-unknown') return error
  throw error
}

/**
 * Whoever has spoken for the zone, by its own record and those before it, or is named in the root zone; before anything is
 * held, whoever the first record of the zone names, which is judged as any other when it is taken in.
 */
async function logsNamed({ store, sources, pinned }: FollowDesk, zone: ZoneName): Promise<readonly Log[]> {
  const place = currentRecord('root', `country/${zone}`)
  const inRoot = zone === 'root' ? undefined : place.from(await store.read([place.key]))?.value
  const spoken = await speakersHeld(store, zone)
  const found = [...spoken.toReversed(), ...(inRoot ? [logOf(zone, inRoot)] : [])]
  if (found.length > 0) return found
  return (await firstOf(sources.get(zone), zone, pinned)).map((kept) => logOf(zone, kept))
}

async function firstOf(client: LogClient | undefined, zone: ZoneName, pinned: readonly Signed[]): Promise<Kept[]> {
  const signed = zone === 'root' ? pinned.at(-1) : (await client?.acts(zone, 0))?.records[0]
  if (!signed) return []
  const { kind, name, submitted } = readProposal(signed)
  const isDelegation = zone === 'root' ? kind === 'root' : kind === 'country' && name === `country/${zone}`
  return isDelegation ? [{ id: submitted.id, seq: submitted.payload.seq, signed }] : []
}
