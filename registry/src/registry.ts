import { type Proposal, readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Signed } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import { type HeadKeeper, memoryKeeper } from './log/keeper.ts'
import { createSequencer, type Heads } from './log/sequencer.ts'
import { createPageCache, type PageCache } from './map/read-pages.ts'
import { chainOf } from './records/chain.ts'
import { currentRecord } from './records/shelf.ts'
import { createWriter, type Writer } from './records/writer.ts'
import type { ServedZones } from './zones/delegation.ts'

/** A store with its zones open: what the routes stand on. */
export type Registry = {
  readonly store: Store
  readonly zones: ServedZones
  readonly writer: Writer
  /** The newest head of each zone, from which everything that is asked is answered. */
  readonly heads: Heads
  readonly cache: PageCache
  /** Resolves, never rejects, when a log cannot be continued here; the process then has to end. */
  readonly broken: Promise<Error>
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
}

/**
 * Opens the zones: brings their logs up to their acts, takes in the pinned root, what else was handed in, and for each
 * country served the versions of its record that the root zone has here. What is held already stays as it is.
 *
 * Throws what the rules throw; a store that was begun under another root is refused.
 */
export async function openRegistry(parts: RegistryParts): Promise<Registry> {
  const { store, zones, root, records = [], now, keeper = memoryKeeper() } = parts
  const [genesis, ...later] = root.map(readProposal)
  if (genesis?.kind !== 'root' || genesis.submitted.payload.seq !== 1) {
    throw new Error('opening the registry: the root file does not begin with the genesis of a root')
  }
  const cache = createPageCache()
  const sequencer = createSequencer({ store, zones, keeper, cache })
  for (const zone of zones.keys()) await sequencer.open(zone)
  let onBroken: (error: Error) => void = () => {}
  const broken = new Promise<Error>((resolve) => (onBroken = resolve))
  const served = new Set(zones.keys())
  const writer = createWriter({ store, served, pinnedRoot: genesis.submitted.id, sequencer, onBroken })
  await writer.submit(genesis, now).catch(explainRoot)
  for (const proposal of [...later, ...records.map(readProposal)]) await writer.submit(proposal, now)
  if (zones.has('root')) {
    for (const proposal of await delegationsHeld(store, zones)) await writer.submit(proposal, now)
  }
  return { store, zones, writer, heads: sequencer.heads, cache, broken }
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
