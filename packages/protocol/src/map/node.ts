import { base64Url, fromBase64Url, sha256, utf8 } from '../bytes.ts'
import { type Hash, hashBytes } from '../log/merkle.ts'
import type { ZoneName } from '../name.ts'
import type { RecordId } from '../signed.ts'

/** Where a name stands in the map: 32 bytes, which say nothing of the name to whoever does not know it. */
export type MapKey = Uint8Array

/** One name's place in the map, and the record that stands there: 32 bytes each. */
export type MapLeaf = { readonly key: MapKey; readonly record: Uint8Array }

/** Bits of a key, which is how deep a leaf can sit at most. */
export const keyBits = 256

/** The key of a name: SHA-256("dcann/name/1\n" ‖ zone ‖ "\n" ‖ name). spec: map#key */
export function mapKey(zone: ZoneName, name: string): MapKey {
  return sha256(utf8(`dcann/name/1\n${zone}\n${name}`))
}

/** A name and the record id under it as a leaf. spec: map#hashing */
export function mapLeaf(zone: ZoneName, name: string, record: RecordId): MapLeaf {
  return { key: mapKey(zone, name), record: fromBase64Url(record) }
}

/** The record id that a leaf holds. */
export function recordOf(leaf: MapLeaf): RecordId {
  return base64Url(leaf.record)
}

/** H(0x02 ‖ key ‖ record). spec: map#hashing */
export function mapLeafHash({ key, record }: MapLeaf): Hash {
  return hashOf(0x02, key, record)
}

/** H(0x03 ‖ left ‖ right). spec: map#hashing */
export function mapNodeHash(left: Hash, right: Hash): Hash {
  return hashOf(0x03, left, right)
}

/** A map is made of little else than these, so they share their bytes: nothing runs between filling and hashing. */
const hashed = new Uint8Array(1 + 2 * hashBytes)

function hashOf(tag: number, left: Uint8Array, right: Uint8Array): Hash {
  hashed[0] = tag
  hashed.set(left, 1)
  hashed.set(right, 1 + hashBytes)
  return sha256(hashed)
}

/** What an empty subtree has in place of a hash: 32 zero bytes. spec: map#hashing */
export function emptyHash(): Hash {
  return new Uint8Array(hashBytes)
}

/** The bit of a key that decides at `depth`, from the highest of the first byte on: 0 goes left. */
export function bitOf(key: MapKey, depth: number): 0 | 1 {
  return ((key[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1 ? 1 : 0
}

/**
 * What a subtree comes to, and whether it holds no leaf, one, or more. One alone is its own subtree at any depth, which
 * is how a leaf gets to the shallowest depth that tells it apart.
 */
export type Subtree = { readonly hash: Hash; readonly holds: 'none' | 'one' | 'more' }

/** A subtree without leaves. */
export const noSubtree: Subtree = { hash: emptyHash(), holds: 'none' }

/** Two neighbouring subtrees as one. spec: map#hashing */
export function joined(left: Subtree, right: Subtree): Subtree {
  if (left.holds === 'none' && right.holds !== 'more') return right
  if (right.holds === 'none' && left.holds !== 'more') return left
  return { hash: mapNodeHash(left.hash, right.hash), holds: 'more' }
}

/** The subtree over leaves in the order of their keys that agree in their first `depth` bits. spec: map#hashing */
export function subtreeOf(leaves: readonly MapLeaf[], depth: number): Subtree {
  const [only] = leaves
  if (only === undefined) return noSubtree
  if (leaves.length === 1) return { hash: mapLeafHash(only), holds: 'one' }
  const middle = middleOf(leaves, depth)
  return joined(subtreeOf(leaves.slice(0, middle), depth + 1), subtreeOf(leaves.slice(middle), depth + 1))
}

/** How many of the leaves go left at a depth: the first ones, since they are in order. */
export function middleOf(leaves: readonly MapLeaf[], depth: number): number {
  const first = leaves.findIndex(({ key }) => bitOf(key, depth) === 1)
  return first < 0 ? leaves.length : first
}

/** The order of keys, which is that of their bytes. */
export function compareKeys(a: MapKey, b: MapKey): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
