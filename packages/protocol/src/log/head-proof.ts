import { z } from 'zod'
import { base64Url, fromBase64Url } from '../bytes.ts'
import { recordIdSchema } from '../signed.ts'
import { type Instant, parseTime } from '../time.ts'
import { openCheckpoint, type ProvedCheckpoint } from './checkpoint.ts'
import { formatEntry, mapEntrySchema } from './entry.ts'
import { type Hash, leafHash } from './merkle.ts'
import type { PublicKey } from '../key.ts'
import { verifyInclusion } from './proof.ts'

/**
 * A zone's head with what it says of the map: the checkpoint with every line under it, the last entry of the log, and the
 * hashes that show it to be there, from the leaf up.
 *
 * spec: resolving#proof
 */
export const headProofSchema = z.strictObject({
  checkpoint: z.string().max(32 * 1024),
  entry: mapEntrySchema,
  inclusion: z.array(recordIdSchema).max(64),
})
export type HeadProof = z.infer<typeof headProofSchema>

declare const proved: unique symbol

/** A head by the log's own key, and the map that it stands for. Only `openHead` makes one. */
export type ProvedHead = {
  readonly checkpoint: ProvedCheckpoint
  readonly map: Hash
  readonly names: number
  /** When its newest acts were judged: not how old the head is. */
  readonly time: Instant
  readonly [proved]: true
}

/**
 * Proves a head: signed by the log's key under its origin, and ending in this map entry.
 *
 * Throws the codes of `openCheckpoint`, and `evidence-broken` when the entry is not the last under the head.
 *
 * spec: resolving#proof
 */
export async function openHead(
  { checkpoint, entry, inclusion }: HeadProof,
  log: { readonly origin: string; readonly key: PublicKey },
): Promise<ProvedHead> {
  const opened = await openCheckpoint(checkpoint, { name: log.origin, key: log.key })
  const { size, root } = opened
  const proof = inclusion.map((hash) => fromBase64Url(hash))
  verifyInclusion({ leaf: leafHash(formatEntry(entry)), index: size - 1, size, root, proof })
  const { map, names, time } = entry
  // the one place that vouches: the log's key has signed the head, and the head ends in the entry
  return { checkpoint: opened, map: fromBase64Url(map), names, time: parseTime(time) } as ProvedHead
}

/** Writes what `openHead` reads. */
export function formatHeadProof(checkpoint: string, entry: HeadProof['entry'], inclusion: readonly Hash[]): HeadProof {
  return { checkpoint, entry, inclusion: inclusion.map(base64Url) }
}
