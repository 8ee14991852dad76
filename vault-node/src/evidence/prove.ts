import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { readFrontier } from '@dcann/protocol/log/merkle'
import { inclusionProof, type ReadHash } from '@dcann/protocol/log/proof'
import { hashReaderOverTiles, tilesToRead } from '@dcann/protocol/log/tile'
import type { Store } from '@dcann/store/store'
import { tileReader } from './job.ts'
import { type ChainName, cosignedHead, leafIndexes, type Line, lines, logHead, padded } from './shelf.ts'

export type Inclusion = {
  readonly index: number
  readonly size: number
  readonly proof: readonly string[]
  readonly checkpoint: string
}

/** One line of a chain with the proof that its leaf is in the node's log; without, until the next head is signed. Throws `not-found`. */
export async function proveLine(
  store: Store,
  [kind, name]: ChainName,
  n: number,
): Promise<{ readonly line: Line; readonly inclusion: Inclusion | undefined }> {
  const place = lines.at(kind, name, padded(n))
  const line = place.from(await store.read([place.key]))?.value
  if (!line) throw new ProtocolError('not-found', 'proving a line of evidence: there is none of this number')
  const { log, places } = await proveLines(store, [line])
  const [found] = places
  return { line, inclusion: log && found ? { ...found, ...log } : undefined }
}

/** Where lines stand in the log, all under one head. */
export type Proved = {
  readonly log: { readonly size: number; readonly checkpoint: string } | undefined
  /** In the order of the lines; `undefined` for one that waits for the next head. */
  readonly places: readonly ({ readonly index: number; readonly proof: readonly string[] } | undefined)[]
}

/**
 * Proves many lines with two snapshots: where their leaves are, and the tiles of all proofs together. Under the newest head that
 * was cosigned where that has all of them, else under the newest of all.
 */
export async function proveLines(store: Store, opened: readonly Pick<Line, 'entry' | 'salt'>[]): Promise<Proved> {
  const leaves = opened.map(({ entry, salt }) => leafIndexes.at(evidenceLeaf(salt, entry)))
  const [newest, cosigned] = [logHead.at('head'), cosignedHead.at('head')]
  const snapshot = await store.read([newest.key, cosigned.key, ...leaves.map(({ key }) => key)])
  const held = newest.from(snapshot)?.value
  if (!held) return { log: undefined, places: opened.map(() => undefined) }
  const indexes = leaves
    .map((leaf) => leaf.from(snapshot)?.value)
    .map((index) => (index === undefined ? undefined : Number(index)))
  const vouched = cosigned.from(snapshot)?.value
  const log =
    vouched && indexes.every((index) => index !== undefined && index < vouched.size)
      ? vouched
      : { size: readFrontier(fromBase64Url(held.frontier)).size, checkpoint: held.checkpoint }
  const { size } = log
  const proveAll = (read: ReadHash) =>
    indexes.map((index) => (index === undefined ? undefined : inclusionProof(index, size, read)))
  const readTile = await tileReader(store, tilesToRead(size, proveAll))
  const proofs = proveAll(hashReaderOverTiles(size, readTile))
  return {
    log: { size, checkpoint: log.checkpoint },
    places: indexes.map((index, i) =>
      index === undefined ? undefined : { index, proof: (proofs[i] ?? []).map((hash) => base64Url(hash)) },
    ),
  }
}
