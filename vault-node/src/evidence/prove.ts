import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { readFrontier } from '@dcann/protocol/log/merkle'
import { inclusionProof } from '@dcann/protocol/log/proof'
import { hashReaderOverTiles, tilesToRead } from '@dcann/protocol/log/tile'
import type { Store } from '@dcann/store/store'
import { tileReader } from './job.ts'
import { type ChainName, leafIndexes, type Line, lines, logHead, padded } from './shelf.ts'

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
  const leaf = leafIndexes.at(evidenceLeaf(line.salt, line.entry))
  const head = logHead.at('head')
  const snapshot = await store.read([leaf.key, head.key])
  const index = leaf.from(snapshot)?.value
  const held = head.from(snapshot)?.value
  if (index === undefined || !held) return { line, inclusion: undefined }
  const { size } = readFrontier(fromBase64Url(held.frontier))
  const prove = (read: Parameters<typeof inclusionProof>[2]) => inclusionProof(Number(index), size, read)
  const readTile = await tileReader(store, tilesToRead(size, prove))
  const proof = prove(hashReaderOverTiles(size, readTile))
  return {
    line,
    inclusion: { index: Number(index), size, proof: proof.map((hash) => base64Url(hash)), checkpoint: held.checkpoint },
  }
}
