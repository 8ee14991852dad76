import { equalBytes } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { checkHash, checkSize, emptyRoot, type Hash, type Head, nodeHash, splitOf } from './merkle.ts'

/**
 * Gives the root of the complete subtree over the leaves `[index · 2^level, (index + 1) · 2^level)`; level 0 is the
 * leaf hashes. Asked only for subtrees that end within the size at hand. Must throw for a hash that it does not have.
 */
export type ReadHash = (level: number, index: number) => Hash

/** That a leaf stands at an index of a tree, and the hashes that are to show it, nearest to the leaf first. */
export type InclusionClaim = Head & { readonly leaf: Hash; readonly index: number; readonly proof: readonly Hash[] }

/** That a tree begins with all the leaves of an earlier one, and the hashes that are to show it. */
export type ConsistencyClaim = { readonly from: Head; readonly to: Head; readonly proof: readonly Hash[] }

declare const proved: unique symbol

/** A leaf that stands at an index of a tree. Only `verifyInclusion` makes one. */
export type Included = Head & { readonly leaf: Hash; readonly index: number; readonly [proved]: true }

/** A tree that begins with all the leaves of an earlier one. Only `verifyConsistency` makes one. */
export type Consistent = { readonly from: Head; readonly to: Head; readonly [proved]: true }

/** The root at a size, from stored hashes. spec: log#hashing */
export function rootAt(size: number, readHash: ReadHash): Hash {
  checkSize(size, 'computing a root')
  return size === 0 ? emptyRoot() : rootOver({ start: 0, end: size }, readHash)
}

/**
 * The hashes that show the leaf at `index` to be in the tree of `size` leaves (RFC 6962 2.1.1), nearest to the leaf
 * first. Throws `schema-mismatch` for an index outside the tree.
 *
 * spec: log#inclusion
 */
export function inclusionProof(index: number, size: number, readHash: ReadHash): Hash[] {
  checkIndex(index, size, 'proving inclusion')
  return wayToLeaf(index, size).map((sibling) => rootOver(sibling, readHash))
}

/**
 * Proves a claim of inclusion and returns what is proved. Throws `schema-mismatch` for an index outside the tree or a
 * hash not of 32 bytes, `evidence-broken` for a proof of another length or one that leads to another root.
 *
 * spec: log#inclusion
 */
export function verifyInclusion({ leaf, index, size, root, proof }: InclusionClaim): Included {
  const doing = `verifying that leaf ${index} is in a tree of ${size}`
  checkIndex(index, size, doing)
  for (const hash of [leaf, root, ...proof]) checkHash(hash, doing)
  const way = wayToLeaf(index, size)
  checkLength(proof, way.length, doing)
  let hash = leaf
  for (const [sibling, { side }] of paired(proof, way)) {
    hash = side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
  }
  checkRoot(hash, root, doing)
  // the one place that vouches: the leaf leads to the root
  return { leaf, index, size, root } as Included
}

/**
 * The hashes that show the tree of `to` leaves to begin with the tree of `from` leaves (RFC 6962 2.1.2), those nearest
 * to the seam first. None are needed from an empty tree, nor between equal sizes. Throws `schema-mismatch` when `from`
 * is larger than `to`.
 *
 * spec: log#consistency
 */
export function consistencyProof(from: number, to: number, readHash: ReadHash): Hash[] {
  checkSizes(from, to, 'proving consistency')
  if (from === 0) return []
  const { seam, way } = wayToSeam(from, to)
  return [...(seam.start === 0 ? [] : [seam]), ...way].map((range) => rootOver(range, readHash))
}

/**
 * Proves a claim of consistency and returns what is proved. Throws `schema-mismatch` for sizes out of order or a hash
 * not of 32 bytes, `evidence-broken` for a proof of another length or one that leads to other roots.
 *
 * spec: log#consistency
 */
export function verifyConsistency({ from, to, proof }: ConsistencyClaim): Consistent {
  const doing = `verifying that a tree of ${to.size} extends one of ${from.size}`
  checkSizes(from.size, to.size, doing)
  for (const hash of [from.root, to.root, ...proof]) checkHash(hash, doing)
  if (from.size === 0) {
    checkLength(proof, 0, doing)
    checkRoot(emptyRoot(), from.root, `${doing}, at the earlier`)
    if (to.size === 0) checkRoot(emptyRoot(), to.root, `${doing}, at the later`)
  } else {
    checkSeam(from, to, proof, doing)
  }
  // the one place that vouches: both roots are led to
  return { from: { ...from }, to: { ...to } } as Consistent
}

function checkSeam(from: Head, to: Head, proof: readonly Hash[], doing: string): void {
  const { seam, way } = wayToSeam(from.size, to.size)
  // at the left edge the seam is the earlier tree itself, whose root the verifier has
  const given = seam.start === 0 ? [from.root, ...proof] : proof
  checkLength(proof, way.length + (seam.start === 0 ? 0 : 1), doing)
  let earlier = given[0] ?? from.root
  let later = earlier
  for (const [sibling, { side }] of paired(given.slice(1), way)) {
    later = side === 'left' ? nodeHash(sibling, later) : nodeHash(later, sibling)
    if (side === 'left') earlier = nodeHash(sibling, earlier)
  }
  checkRoot(earlier, from.root, `${doing}, at the earlier`)
  checkRoot(later, to.root, `${doing}, at the later`)
}

type Range = { readonly start: number; readonly end: number }
type Sibling = Range & { readonly side: 'left' | 'right' }

/** The subtrees beside the way from a leaf up to the root, nearest to the leaf first. */
function wayToLeaf(index: number, size: number): Sibling[] {
  return descend(index, size, ({ start, end }) => end - start === 1).way
}

/** The largest subtree that ends where the earlier tree ends, and those beside its way up to the root. */
function wayToSeam(from: number, to: number): { seam: Range; way: Sibling[] } {
  const { range, way } = descend(from - 1, to, ({ end }) => end === from)
  return { seam: range, way }
}

/** Walks from the root towards a leaf, splitting where the tree splits, until it has arrived. */
function descend(index: number, size: number, arrived: (range: Range) => boolean): { range: Range; way: Sibling[] } {
  const way: Sibling[] = []
  let range: Range = { start: 0, end: size }
  while (!arrived(range)) {
    const { start, end } = range
    const middle = start + splitOf(end - start)
    const goesLeft = index < middle
    way.push(goesLeft ? { start: middle, end, side: 'right' } : { start, end: middle, side: 'left' })
    range = goesLeft ? { start, end: middle } : { start: middle, end }
  }
  return { range, way: way.reverse() }
}

/**
 * The root over a range that the tree's splitting yields: complete subtrees are stored, ragged ones are put together.
 */
function rootOver({ start, end }: Range, readHash: ReadHash): Hash {
  const count = end - start
  let level = 0
  while (2 ** level < count) level++
  if (2 ** level === count) return readHash(level, start / count)
  const middle = start + splitOf(count)
  return nodeHash(rootOver({ start, end: middle }, readHash), rootOver({ start: middle, end }, readHash))
}

function paired(proof: readonly Hash[], way: readonly Sibling[]): [Hash, Sibling][] {
  return proof.flatMap((hash, i) => {
    const sibling = way[i]
    return sibling ? [[hash, sibling]] : []
  })
}

function checkIndex(index: number, size: number, doing: string): void {
  checkSize(size, doing)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new ProtocolError('schema-mismatch', `${doing}: the index is ${index}, expected one from 0 and below ${size}`)
  }
}

function checkSizes(from: number, to: number, doing: string): void {
  checkSize(from, doing)
  checkSize(to, doing)
  if (from > to) throw new ProtocolError('schema-mismatch', `${doing}: ${from} leaves cannot come before ${to}`)
}

function checkLength(proof: readonly Hash[], expected: number, doing: string): void {
  if (proof.length !== expected) {
    throw new ProtocolError('evidence-broken', `${doing}: the proof has ${proof.length} hashes, expected ${expected}`)
  }
}

function checkRoot(found: Hash, expected: Hash, doing: string): void {
  if (!equalBytes(found, expected)) {
    throw new ProtocolError('evidence-broken', `${doing}: the proof leads to another root than the given one`)
  }
}
