import { z } from 'zod'
import { base64Url, concatenate, equalBytes, fromBase64Url } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { checkHash, type Hash, hashBytes, hashesIn } from '../log/merkle.ts'
import { type RecordId, recordIdSchema } from '../signed.ts'
import {
  bitOf,
  emptyHash,
  keyBits,
  type MapKey,
  type MapLeaf,
  mapLeafHash,
  mapNodeHash,
  middleOf,
  noSubtree,
  recordOf,
  subtreeOf,
} from './node.ts'
import { type MapPage, type PageAddress, pageSlots, pathBelow } from './page.ts'
import type { MapState, ReadPage } from './tree.ts'

/**
 * What shows whether a name stands in a map. On the way from the root towards the name's key there are `depth` turns;
 * `bitmap` has a bit for each, the highest of the first byte for the first, set when what lies on the other side is not
 * empty, and `siblings` are the hashes of those, in that order. At the end of the way sits the `leaf`, or nothing.
 *
 * spec: map#proof
 */
export const mapProofSchema = z.strictObject({
  depth: z.int().min(0).max(keyBits),
  bitmap: z.string().regex(/^[A-Za-z0-9_-]{0,43}$/),
  siblings: z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .max(Math.ceil((keyBits * hashBytes * 4) / 3)),
  /** The key is the name's own when it stands there, else that of the only name on the way. */
  leaf: z.strictObject({ key: recordIdSchema, record: recordIdSchema }).nullable(),
})
export type MapProof = z.infer<typeof mapProofSchema>

declare const proved: unique symbol

/** What stands under a name's key in the map of a root: a record id, or nothing. Only `verifyInMap` makes one. */
export type Mapped = {
  readonly key: MapKey
  readonly record: RecordId | null
  readonly [proved]: true
}

/**
 * Proves what stands under a key, or names the one page that it needs next and `readPage` does not give. Throws
 * `evidence-broken` for pages that do not lead to the state's root.
 *
 * spec: map#proof
 */
export function proveInMap(
  state: MapState,
  key: MapKey,
  readPage: ReadPage,
): { readonly proof: MapProof } | { readonly lacking: PageAddress } {
  const siblings: Hash[] = []
  let address: PageAddress = { path: '', version: state.version }
  for (;;) {
    const page = state.names === 0 ? noLeaves : readPage(address)
    if (page === undefined) return { lacking: address }
    const end = page.form === 'leaves' ? throughLeaves(page.leaves, siblings, key) : throughSlots(page, siblings, key)
    if (typeof end !== 'number') return { proof: formatProof(siblings, end, key, state.root) }
    address = { path: pathBelow(address.path, end), version: versionOf(page, end) }
  }
}

const noLeaves: MapPage = { form: 'leaves', leaves: [] }

/** Down through the leaves of a page, from the depth that has been reached, to the leaf or nothing. */
function throughLeaves(leaves: readonly MapLeaf[], siblings: Hash[], key: MapKey): MapLeaf | undefined {
  if (leaves.length <= 1) return leaves[0]
  const depth = siblings.length
  const middle = middleOf(leaves, depth)
  const sides = [leaves.slice(0, middle), leaves.slice(middle)] as const
  const bit = bitOf(key, depth)
  siblings.push(subtreeOf(sides[bit === 0 ? 1 : 0], depth + 1).hash)
  return throughLeaves(sides[bit], siblings, key)
}

/** Down through the slots of a page: to the slot where the way goes on or the only leaf lies, or to nothing. */
function throughSlots(
  { nodes }: MapPage & { readonly form: 'slots' },
  siblings: Hash[],
  key: MapKey,
): number | undefined {
  for (let at = 1; ;) {
    const { holds } = nodes[at] ?? noSubtree
    if (holds === 'none') return undefined
    if (at >= pageSlots) return at - pageSlots
    if (holds === 'one') at = 2 * at + (nodes[2 * at]?.holds === 'none' ? 1 : 0)
    else {
      const bit = bitOf(key, siblings.length)
      siblings.push((nodes[2 * at + 1 - bit] ?? noSubtree).hash)
      at = 2 * at + bit
    }
  }
}

function versionOf(page: MapPage, slot: number): number {
  return page.form === 'slots' ? (page.slots[slot]?.version ?? 0) : 0
}

function formatProof(siblings: readonly Hash[], leaf: MapLeaf | undefined, key: MapKey, root: Hash): MapProof {
  const taken = siblings.map((hash) => !equalBytes(hash, emptyHash()))
  const bitmap = new Uint8Array(Math.ceil(siblings.length / 8))
  for (const [i, is] of taken.entries()) if (is) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (0x80 >> (i & 7))
  const proof = {
    depth: siblings.length,
    bitmap: base64Url(bitmap),
    siblings: base64Url(concatenate(...siblings.filter((_, i) => taken[i]))),
    leaf: leaf ? { key: base64Url(leaf.key), record: recordOf(leaf) } : null,
  }
  // what is shown to others is what they will check: a page that was altered in the store ends here
  standing(root, key, proof, 'proving a name in a map')
  return proof
}

/**
 * Proves what stands under a key (`mapKey` of zone and name) in the map of this root: the record's id, or `null` when nothing does, because the way
 * ends in an empty subtree or at another name's leaf.
 *
 * Throws `schema-mismatch` or `malformed-json` for what has no form, `evidence-broken` for a proof that leads to another
 * root or that no map yields.
 *
 * spec: map#proof
 */
export function verifyInMap(root: Hash, key: MapKey, proof: MapProof): Mapped {
  checkHash(key, 'verifying a map proof')
  const record = standing(root, key, proof, 'verifying a map proof')
  // the one place that vouches: the leaf, or the emptiness, leads to the root
  return { key, record } as Mapped
}

function standing(root: Hash, key: MapKey, proof: MapProof, doing: string): RecordId | null {
  const refuse = (why: string): never => {
    throw new ProtocolError('evidence-broken', `${doing}: ${why}`)
  }
  checkHash(root, doing)
  const { depth } = proof
  const bitmap = fromBase64Url(proof.bitmap)
  const given = hashesIn(fromBase64Url(proof.siblings), doing)
  const taken = Array.from({ length: bitmap.length * 8 }, (_, i) => bitOf(bitmap, i) === 1)
  if (bitmap.length !== Math.ceil(depth / 8) || taken.slice(depth).includes(true)) {
    refuse(`its bitmap is not one of ${depth} turns`)
  }
  if (given.length !== taken.filter(Boolean).length) refuse('its siblings are not as many as its bitmap says')
  if (given.some((hash) => equalBytes(hash, emptyHash()))) refuse('it gives a hash for what is empty')
  if (depth > 0 && taken[depth - 1] !== true) refuse('nothing turns the way apart at its end; it ends higher up')
  const leaf = proof.leaf && { key: fromBase64Url(proof.leaf.key), record: fromBase64Url(proof.leaf.record) }
  if (leaf) {
    for (let i = 0; i < depth; i++) {
      if (bitOf(leaf.key, i) !== bitOf(key, i)) refuse('the leaf shown does not lie on the way to the name')
    }
  }
  let hash = leaf ? mapLeafHash(leaf) : emptyHash()
  let next = given.length
  for (let i = depth - 1; i >= 0; i--) {
    const sibling = (taken[i] ? given[--next] : undefined) ?? emptyHash()
    hash = bitOf(key, i) === 0 ? mapNodeHash(hash, sibling) : mapNodeHash(sibling, hash)
  }
  if (!equalBytes(hash, root)) refuse('it leads to another root')
  return leaf && equalBytes(leaf.key, key) ? recordOf(leaf) : null
}
