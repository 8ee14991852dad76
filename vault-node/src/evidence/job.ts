import { base64Url, equalBytes, fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { openCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { emptyFrontier, extend, frontierBytes, frontierRoot, leafHash, readFrontier } from '@dcann/protocol/log/merkle'
import { partialTiles, type Tile, tilePath, tilesToWrite } from '@dcann/protocol/log/tile'
import type { Store, Write } from '@dcann/store/store'
import { leafIndexes, logHead, pendingLeaves, tiles } from './shelf.ts'

export type LogDesk = {
  readonly store: Store
  /** The evidence log's own name, and the key its heads are signed with. */
  readonly origin: string
  readonly signer: Signer
}

/** Leaves taken into the log in one commit. */
const most = 256

/**
 * Moves the leaves that wait into the node's log, oldest first, and signs the new head: leaves, tiles and head in one
 * commit. Before signing, the last head's root is made again from the stored tiles, so that what was altered in the store
 * is not signed over. Returns how many leaves were taken.
 *
 * spec: evidence#log
 */
export async function advanceLog({ store, origin, signer }: LogDesk): Promise<number> {
  const headPlace = logHead.at('head')
  const waiting = await store.range(pendingLeaves.page([], { limit: most }))
  const held = headPlace.from(await store.read([headPlace.key]))
  if (waiting.length === 0) return 0
  const frontier = held ? readFrontier(fromBase64Url(held.value.frontier)) : emptyFrontier
  const leaves = waiting.map((one) => pendingLeaves.entry(one))
  const hashes = leaves.map(({ value }) => leafHash(fromBase64Url(value)))
  const readTile = await tileReader(store, partialTiles(frontier.size))
  const next = extend(frontier, hashes)
  const written = tilesToWrite(frontier.size, hashes, readTile)
  if (held) await refuseAltered(held.value.checkpoint, origin, signer, frontierRoot(frontier))
  const checkpoint = await signCheckpoint({ origin, size: next.size, root: frontierRoot(next) }, signer)
  const writes: Write[] = [
    ...written.map(({ tile, bytes }) => tiles.at(...tilePath(tile).split('/')).put(bytes)),
    ...leaves.flatMap(({ key, value }, i) => [
      { key, delete: true as const },
      leafIndexes.at(value).put(String(frontier.size + i), 'absent'),
    ]),
    headPlace.replace(held, { frontier: base64Url(frontierBytes(next)), checkpoint }),
  ]
  await store.commit({ writes })
  return leaves.length
}

async function refuseAltered(checkpoint: string, origin: string, signer: Signer, root: Uint8Array): Promise<void> {
  const last = await openCheckpoint(checkpoint, { name: origin, key: signer.key }, origin)
  if (!equalBytes(last.root, root))
    throw new ProtocolError(
      'evidence-broken',
      'advancing the evidence log: what is stored is not what was signed last; run fsck',
    )
}

/** Reads tiles in one snapshot, for a computation that names them beforehand. */
export async function tileReader(
  store: Store,
  wanted: readonly Tile[],
): Promise<(tile: Tile) => Uint8Array | undefined> {
  const places = new Map(
    wanted
      .flatMap((tile) => [tile, { ...tile, width: 256 }])
      .map((tile) => [tilePath(tile), tiles.at(...tilePath(tile).split('/'))]),
  )
  const snapshot = await store.read([...places.values()].map(({ key }) => key))
  return (tile) => places.get(tilePath(tile))?.from(snapshot)?.value
}
