import { equalBytes } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { openCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { emptyFrontier, frontierRoot, rootAfter } from '@dcann/protocol/log/merkle'
import type { Log, LogNamed } from '@dcann/protocol/log/succession'
import type { ZoneName } from '@dcann/protocol/name'
import { MAX_WRITES, type Store, type Write } from '@dcann/store/store'
import type { PageCache } from '../map/read-pages.ts'
import { stalePages, stalePlace } from '../map/shelf.ts'
import { clearable, type Stale, staleHeld, staleOf } from '../map/stale.ts'
import { loggedOf } from './logged-of.ts'
import { act } from '../records/shelf.ts'
import { delegation, logNamed, type ServedZones, signerOf } from '../zones/delegation.ts'
import { zoneState } from '../zones/shelf.ts'
import { noteSpeaker } from '../zones/speakers.ts'
import { checkBatch, edgeShown } from './check-batch.ts'
import type { HeadBoard } from './heads.ts'
import type { HeadKeeper } from './keeper.ts'
import { beginsAsNamed } from './root-held.ts'
import { type Sequenced, sequenceActs, type ZoneActs } from './sequence.ts'
import { type Head, headPlace, readHead } from './shelf.ts'

/** Acts of a zone in a batch, and what the zone's own record says of its log after them. */
export type ZoneBatch = ZoneActs & { readonly named: LogNamed | undefined }

/**
 * The one place that extends logs. What it describes goes into the commit of the acts themselves; it is shown when that
 * is durable and the heads are kept apart.
 */
export type Sequencer = {
  /**
   * Describes what a batch does to the logs of the zones served here, checked and signed; `room` is how many writes may
   * be spent on clearing away. Throws a plain error when what is kept is not what was shown: the process then has to end.
   */
  readonly describe: (
    batches: readonly ZoneBatch[],
    room: number,
  ) => Promise<{ readonly writes: readonly Write[]; readonly show: () => Promise<void> }>
  /** Takes away pages that no head needs any more and that batches had no room for; nothing while there are few. */
  readonly clear: () => Promise<void>
  /** Brings a zone's log up to its acts, as after an ending or from a store without logs, and shows its head. */
  readonly open: (zone: ZoneName) => Promise<void>
}

export type SequencerDesk = {
  readonly store: Store
  readonly zones: ServedZones
  readonly keeper: HeadKeeper
  readonly cache: PageCache
  readonly heads: Pick<HeadBoard, 'show' | 'needed'>
}

/** Acts that are taken into a log again in one commit. */
const caughtUp = 40

/** Batches whose old pages may wait: full ones have no room to clear away as much as they leave. */
const waitingMost = 16

export function createSequencer(desk: SequencerDesk): Sequencer {
  const { store, zones, keeper, heads } = desk
  const stale = new Map<ZoneName, Stale[]>()
  const signing = { ...desk, begun: new Set<string>() }

  const describe: Sequencer['describe'] = async (batches, room) => {
    const made: (Sequenced & { readonly checkpoint: string | null; readonly speaks: readonly Write[] })[] = []
    for (const batch of batches) {
      if (!zones.has(batch.zone)) continue
      const sequenced = await sequenceActs(desk, batch).catch(notAsWritten)
      await checkBatch(store, keeper.read()?.get(batch.zone), sequenced)
      const speaks = await noteSpeaker(store, batch.zone, batch.named?.log, sequenced.head.size)
      const checkpoint = await sign(signing, batch.zone, batch.named, sequenced.head, sequenced.before.size)
      made.push({ ...sequenced, speaks, checkpoint })
    }
    const cleared = made.map(({ zone }) => clearable(stale.get(zone) ?? [], heads.needed(zone), room / made.length))
    const writes = made.flatMap(({ zone, held, kept, checkpoint, speaks, entries, pages, others }, i): Write[] => [
      ...entries,
      ...pages,
      ...others,
      ...speaks,
      headPlace(zone).replace(held, { ...kept, checkpoint }),
      ...(cleared[i] ?? []).flatMap((each) => each.writes),
    ])
    return {
      writes,
      async show() {
        for (const [i, { zone, head, others }] of made.entries()) {
          const gone = new Set((cleared[i] ?? []).map(({ version }) => version))
          const left = (stale.get(zone) ?? []).filter(({ version }) => !gone.has(version))
          const fresh = others.filter(({ key }) => key === stalePlace(zone, head.size).key)
          stale.set(zone, [...left, ...fresh.map((put) => staleOf(zone, stalePages.entry({ ...put, version: 1 })))])
        }
        await showAll(made.map(({ zone, head, checkpoint }) => ({ zone, head: { ...head, checkpoint } })))
      },
    }
  }

  /** Keeps signed heads apart, then shows them. An unsigned one is nothing to show; the next signed one covers it. */
  const showAll = async (all: readonly { readonly zone: ZoneName; readonly head: Head }[]): Promise<void> => {
    const signed = all.filter(({ head }) => head.checkpoint !== null)
    if (signed.length === 0) return
    const held = keeper.read()
    await keeper.swap(
      new Map(signed.map(({ zone }) => [zone, held?.get(zone) ?? emptyFrontier])),
      new Map(signed.map(({ zone, head }) => [zone, head.frontier])),
    )
    for (const { zone, head } of signed) heads.show(zone, head)
  }

  const open = async (zone: ZoneName): Promise<void> => {
    stale.set(zone, await staleHeld(store, zone))
    while (await catchUp(desk, zone));
    const head = await signedHead(signing, zone)
    const kept = keeper.read()?.get(zone)
    if (head === undefined) {
      if (kept && kept.size > 0) {
        throw new Error(`opening the log of ${zone}: ${kept.size} entries were shown, and the store has none of them`)
      }
      return
    }
    if (head.checkpoint !== null) await showAll([{ zone, head }])
  }

  const clear = async (): Promise<void> => {
    for (const [zone, waiting] of stale) {
      if (waiting.length < waitingMost) continue
      const cleared = clearable(waiting, heads.needed(zone), MAX_WRITES - 1)
      if (cleared.length === 0) continue
      await store.commit({ writes: cleared.flatMap(({ writes }) => writes) })
      const gone = new Set(cleared.map(({ version }) => version))
      stale.set(
        zone,
        (stale.get(zone) ?? []).filter(({ version }) => !gone.has(version)),
      )
    }
  }

  return { describe, clear, open }
}

/** What a rule refuses here is the store's fault, nobody's who submitted something. */
function notAsWritten(error: unknown): never {
  if (error instanceof ProtocolError) {
    throw new Error('extending a log: what is kept is not what was written; stop this registry and run fsck', {
      cause: error,
    })
  }
  throw error
}

/** One more commit of acts that are in the zone's journal and not in its log; whether there was anything to do. */
async function catchUp(desk: SequencerDesk, zone: ZoneName): Promise<boolean> {
  const { store } = desk
  const places = { state: zoneState(zone), head: headPlace(zone) }
  const snapshot = await store.read([places.state.key, places.head.key])
  const done = places.head.from(snapshot)?.value.acts ?? 0
  const acts = places.state.from(snapshot)?.value.acts ?? 0
  if (done >= acts) return false
  const waiting = Array.from({ length: Math.min(caughtUp, acts - done) }, (_, i) => act(zone, done + 1 + i))
  const journal = await store.read(waiting.map(({ key }) => key))
  const found = waiting.flatMap((place) => place.from(journal)?.value ?? [])
  const [first] = found
  if (first === undefined || found.length < waiting.length) {
    throw new Error(`opening the log of ${zone}: acts after act ${done} are missing; run fsck`)
  }
  const together = found.filter(({ time }) => time === first.time)
  const batch: ZoneActs = { zone, acts: together.map((each) => loggedOf(zone, each)), time: first.time }
  const { entries, pages, others, held, kept } = await sequenceActs(desk, batch)
  await store.commit({ writes: [...entries, ...pages, ...others, headPlace(zone).replace(held, kept)] })
  return true
}

/** The head that the store has, signed by the key that the zone names now if that is here; it extends what was shown. */
async function signedHead(desk: Signing, zone: ZoneName): Promise<Head | undefined> {
  const { store, keeper } = desk
  const place = headPlace(zone)
  const named = delegation(zone)
  const snapshot = await store.read([place.key, named.key])
  const held = place.from(snapshot)
  if (!held) return undefined
  const head = readHead(held.value)
  const refuse = (why: string): never => {
    throw new Error(`opening the log of ${zone}: ${why}; restore the newest copy of the store and of its heads`)
  }
  const edge = await edgeShown(store, zone, keeper.read()?.get(zone) ?? emptyFrontier, head.size, refuse)
  if (!equalBytes(rootAfter(edge, []), head.root)) refuse('what is kept does not extend the head that was shown last')
  const by = named.from(snapshot)?.value
  const naming = by && logNamed(zone, by)
  if (naming && head.checkpoint !== null && (await isSignedBy(naming.log, head.checkpoint, head))) return head
  const checkpoint = await sign(desk, zone, naming, head, head.size)
  await store.commit({ writes: [place.replace(held, { ...held.value, checkpoint })] })
  return { ...head, checkpoint }
}

async function isSignedBy({ origin, key }: Log, checkpoint: string, head: Head): Promise<boolean> {
  try {
    const { size, root } = await openCheckpoint(checkpoint, { name: origin, key })
    return size === head.size && equalBytes(root, frontierRoot(head.frontier))
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** What signing takes; `begun` holds the logs that were found to begin as their records say. */
type Signing = SequencerDesk & { readonly begun: Set<string> }

/** Signs by the key that the zone's record names, if that is held here, over a log that begins as the record says; `held` entries of it are durable. */
async function sign(
  { store, zones, begun }: Signing,
  zone: ZoneName,
  named: LogNamed | undefined,
  { size, root }: Head,
  held: number,
): Promise<string | null> {
  const signer = named && signerOf(zones, zone, named.log)
  if (!signer) return null
  const beginning = `${zone} ${named.frozen?.size} ${named.frozen?.root}`
  if (!begun.has(beginning) && !(await beginsAsNamed(store, zone, named.frozen, held))) return null
  begun.add(beginning)
  return await signCheckpoint({ origin: named.log.origin, size, root }, signer)
}
