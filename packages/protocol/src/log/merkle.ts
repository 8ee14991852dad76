import { concatenate, sha256 } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

/** A hash of the tree: SHA-256, 32 bytes. */
export type Hash = Uint8Array

/** Bytes of a hash. */
export const hashBytes = 32

/** What a log has come to: how many leaves, and the root over them. */
export type Head = { readonly size: number; readonly root: Hash }

/** The hash of an entry as a leaf of the tree: H(0x00 ‖ entry), RFC 6962 2.1. spec: log#hashing */
export function leafHash(entry: Uint8Array): Hash {
  return sha256(concatenate(Uint8Array.of(0x00), entry))
}

/** The hash of two neighbouring subtrees: H(0x01 ‖ left ‖ right), RFC 6962 2.1. spec: log#hashing */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(concatenate(Uint8Array.of(0x01), left, right))
}

/** The root of a log without leaves: the hash of no bytes. spec: log#hashing */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0))
}

/**
 * The root over all leaf hashes, taken from the definition: the tree splits at the largest power of two below its size.
 * Shares no step with the frontier, so that a sequencer can hold one against the other before it signs.
 *
 * spec: log#hashing
 */
export function rootOf(leaves: readonly Hash[]): Hash {
  return rootBetween(leaves, 0, leaves.length)
}

function rootBetween(leaves: readonly Hash[], start: number, end: number): Hash {
  if (end - start <= 1) return leaves[start] ?? emptyRoot()
  const middle = start + splitOf(end - start)
  return nodeHash(rootBetween(leaves, start, middle), rootBetween(leaves, middle, end))
}

/** The largest power of two below `count`, which is at least 2: how many leaves lie left of the top. */
export function splitOf(count: number): number {
  let left = 1
  while (left * 2 < count) left *= 2
  return left
}

/**
 * The right edge of a tree: the roots of its complete subtrees, largest first, one for each bit set in `size`. It is
 * all that appending needs, and at most 53 hashes. Values are never changed; `extend` makes a new one.
 *
 * spec: log#frontier
 */
export type Frontier = { readonly size: number; readonly peaks: readonly Hash[] }

/** The frontier of a log without leaves. */
export const emptyFrontier: Frontier = { size: 0, peaks: [] }

/**
 * Appends leaf hashes in their order. Throws `schema-mismatch` for a hash that is not of 32 bytes and for more leaves
 * than a safe integer counts, `evidence-broken` for a frontier whose peaks do not fit its size.
 *
 * spec: log#frontier
 */
export function extend(frontier: Frontier, leaves: Iterable<Hash>): Frontier {
  checkPeaks(frontier)
  const peaks = [...frontier.peaks]
  let size = frontier.size
  for (const leaf of leaves) {
    checkHash(leaf, 'extending a frontier')
    checkSize(size + 1, 'extending a frontier')
    let hash = leaf
    // each set bit at the low end is a complete subtree of the same height as what grows on its right
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) hash = nodeHash(peaks.pop() ?? hash, hash)
    peaks.push(hash)
    size++
  }
  return { size, peaks }
}

/** The root at the frontier's size. Throws as `extend` does. spec: log#frontier */
export function frontierRoot(frontier: Frontier): Hash {
  checkPeaks(frontier)
  if (frontier.size === 0) return emptyRoot()
  return frontier.peaks.reduceRight((right, left) => nodeHash(left, right))
}

/**
 * The root after leaves are appended, from the definition downwards, where `extend` goes upwards: a sequencer holds one
 * against the other before it signs, and what it signs then extends the tree that the frontier is of. Throws as `extend`
 * does.
 *
 * spec: log#frontier
 */
export function rootAfter(frontier: Frontier, leaves: readonly Hash[]): Hash {
  checkPeaks(frontier)
  const size = frontier.size + leaves.length
  checkSize(size, 'computing a root')
  const over = (start: number, end: number): Hash => {
    const peak = peakOver(frontier, start, end)
    if (peak) return peak
    if (end - start === 1) {
      const leaf = leaves[start - frontier.size] ?? new Uint8Array(0)
      checkHash(leaf, 'computing a root')
      return leaf
    }
    const middle = start + splitOf(end - start)
    return nodeHash(over(start, middle), over(middle, end))
  }
  return size === 0 ? emptyRoot() : over(0, size)
}

/** The peak that is the root of these leaves, if they are those of one. */
function peakOver({ size, peaks }: Frontier, start: number, end: number): Hash | undefined {
  if (end > size) return undefined
  let from = 0
  for (const peak of peaks) {
    const count = largestPower(size - from)
    if (from === start && from + count === end) return peak
    from += count
  }
  return undefined
}

/** The largest power of two that is not above `count`. */
function largestPower(count: number): number {
  return splitOf(count + 1)
}

/** A frontier as bytes: the size as 8 bytes big-endian, then the peaks, largest first. spec: log#frontier */
export function frontierBytes(frontier: Frontier): Uint8Array {
  checkPeaks(frontier)
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, BigInt(frontier.size))
  return concatenate(size, ...frontier.peaks)
}

/** Reads what `frontierBytes` wrote; throws `evidence-broken` for anything else. */
export function readFrontier(bytes: Uint8Array): Frontier {
  if (bytes.length < 8) {
    throw new ProtocolError('evidence-broken', `reading a frontier: ${bytes.length} bytes, expected 8 or more`)
  }
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0))
  const frontier = { size, peaks: hashesIn(bytes.subarray(8), 'reading a frontier') }
  checkPeaks(frontier)
  return frontier
}

/** Cuts bytes into hashes, each a copy. Throws `evidence-broken` when the last one is short. */
export function hashesIn(bytes: Uint8Array, doing: string): Hash[] {
  if (bytes.length % hashBytes !== 0) {
    throw new ProtocolError('evidence-broken', `${doing}: ${bytes.length} bytes of hashes, expected a multiple of 32`)
  }
  return Array.from({ length: bytes.length / hashBytes }, (_, i) => bytes.slice(i * hashBytes, (i + 1) * hashBytes))
}

function checkPeaks({ size, peaks }: Frontier): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ProtocolError('evidence-broken', `reading a frontier: its size is ${size}, expected a safe integer`)
  }
  const expected = size.toString(2).replaceAll('0', '').length
  if (peaks.length !== expected || peaks.some((peak) => peak.length !== hashBytes)) {
    throw new ProtocolError(
      'evidence-broken',
      `reading a frontier of ${size} leaves: ${peaks.length} peaks, expected ${expected} of 32 bytes`,
    )
  }
}

/** Refuses what cannot be a number of leaves, with `schema-mismatch`. */
export function checkSize(size: number, doing: string): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ProtocolError('schema-mismatch', `${doing}: the size is ${size}, expected a safe integer from 0`)
  }
}

/** Refuses what cannot be a hash, with `schema-mismatch`. */
export function checkHash(hash: Hash, doing: string): void {
  if (hash.length !== hashBytes) {
    throw new ProtocolError('schema-mismatch', `${doing}: a hash has ${hash.length} bytes, expected 32`)
  }
}
