import { type Proposal, readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { ZoneName } from '@dcann/protocol/name'
import type { LogClient } from '@dcann/sdk/log-client'
import type { Store } from '@dcann/store/store'
import { type HeadKeeper, memoryKeeper } from './log/keeper.ts'
import { createHeads, type HeadBoard } from './log/heads.ts'
import { createSequencer } from './log/sequencer.ts'
import { createFollower, type Follower } from './mirror/follow-zone.ts'
import { createPageCache, type PageCache } from './map/read-pages.ts'
import { chainOf } from './records/chain.ts'
import { currentRecord } from './records/shelf.ts'
import { createWriter, type Writer } from './records/writer.ts'
import { lagging } from './sequencing/lagging.ts'
import type { ServedZones } from './zones/delegation.ts'

/** A store with its zones open: what the routes stand on. */
export type Registry = {
  readonly store: Store
  readonly zones: ServedZones
  readonly writer: Writer
  /** The newest head of each zone, from which everything that is asked is answered. */
  readonly heads: HeadBoard
  readonly cache: PageCache
  /** Zones that others speak for and that are replayed here. */
  readonly follower: Follower
  readonly sources: Map<ZoneName, LogClient>
  /** Resolves, never rejects, when a log cannot be continued here; the process then has to end. */
  readonly broken: Promise<Error>
  /**
   * Brings the logs up to their acts and takes in what the registry opens with: what only the one process does that
   * sequences. Done at opening, unless that was told to stand by.
   */
  readonly lead: (now: Instant) => Promise<void>
}

export type RegistryParts = {
  readonly store: Store
  readonly zones: ServedZones
  /** The chain of root records from the genesis that this registry is pinned to; later versions may also be submitted. */
  readonly root: readonly Signed[]
  /** Records to open with, in order: what a registry that does not serve the root needs of it. */
  readonly records?: readonly Signed[]
  readonly now: Instant
  /** Where the newest heads are kept apart from the store; in memory when left out. */
  readonly keeper?: HeadKeeper
  /** Where zones that are followed here are taken from. */
  readonly sources?: ReadonlyMap<ZoneName, LogClient>
  /** Whether another process may be sequencing: `lead` is then for later. */
  readonly standsBy?: boolean
}

/**
 * Opens the zones: brings their logs up to their acts, takes in the pinned root, what else was handed in, and for each
 * country served the versions of its record that the root zone has here. What is held already stays as it is.
 *
 * Throws what the rules throw; a store that was begun under another root is refused.
 */
export async function openRegistry(parts: RegistryParts): Promise<Registry> {
  const { store, zones, root, records = [], now, keeper = memoryKeeper(), sources: given = new Map() } = parts
  const { standsBy = false } = parts
  const sources = new Map(given)
  const [genesis, ...later] = root.map(readProposal)
  if (genesis?.kind !== 'root' || genesis.submitted.payload.seq !== 1) {
    throw new Error('opening the registry: the root file does not begin with the genesis of a root')
  }
  const cache = createPageCache()
  const heads = createHeads(store)
  const known = currentRecord('root', 'root')
  const held = known.from(await store.read([known.key]))?.value
  const newest = held?.signed ?? root.at(-1)
  if (newest) heads.underRoot(readSigned(rootNoun, newest).payload)
  const needing = standsBy ? { ...heads, needed: lagging(heads.needed) } : heads
  const sequencer = createSequencer({ store, zones, keeper, cache, heads: needing })
  let onBroken: (error: Error) => void = () => {}
  const broken = new Promise<Error>((resolve) => (onBroken = resolve))
  const follower = createFollower({ store, cache, heads, pinned: root, sources })
  for (const zone of sources.keys()) await follower.open(zone)
  const served = new Set(zones.keys())
  const writer = createWriter({
    store,
    served,
    followed: sources,
    pinnedRoot: genesis.submitted.id,
    sequencer,
    heads,
    onBroken,
  })
  const lead = async (at: Instant): Promise<void> => {
    for (const zone of zones.keys()) {
      await heads.open(zone)
      await sequencer.open(zone)
    }
    // what is followed is written by its own log alone, and that has to begin with the pinned genesis
    const pinned = sources.has('root') ? [] : [genesis, ...later]
    for (const [i, proposal] of pinned.entries()) {
      await (i === 0 ? writer.submit(proposal, at).catch(explainRoot) : writer.submit(proposal, at))
    }
    for (const proposal of records.map(readProposal)) await writer.submit(proposal, at)
    if (zones.has('root')) {
      for (const proposal of await delegationsHeld(store, zones)) await writer.submit(proposal, at)
    }
  }
  if (!standsBy) await lead(now)
  return { store, zones, writer, heads, cache, follower, sources, broken, lead }
}

/** Submitting a delegation again makes the copies that a country zone opened later lacks. */
async function delegationsHeld(store: Store, zones: ServedZones): Promise<Proposal[]> {
  const names = [...zones.keys()].filter((zone) => zone !== 'root').map((zone) => `country/${zone}`)
  const snapshot = await store.read(names.map((name) => currentRecord('root', name).key))
  const chains = names.map(async (name) => {
    const current = currentRecord('root', name).from(snapshot)?.value
    return current ? await chainOf(store, 'root', name, current) : []
  })
  return (await Promise.all(chains)).flat().map(readProposal)
}

function explainRoot(error: unknown): never {
  if (error instanceof ProtocolError && error.code === 'record-stale') {
    throw new Error(
      'opening the registry: its store was begun under another root than the root file says; use that root file, or another store folder',
      { cause: error },
    )
  }
  throw error
}
