import { concatenate } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { type Hash, hashBytes } from '../log/merkle.ts'
import { compareKeys, joined, type MapKey, type MapLeaf, noSubtree, type Subtree, subtreeOf } from './node.ts'

/** Bits of a key that one page of slots decides. */
export const pageBits = 4
/** Slots of a page: one for each value of its bits. */
export const pageSlots = 16
/** Leaves that a page holds itself; with more it becomes one of slots. */
export const pageLeaves = 16

/**
 * Where a page is kept. `path` is the bits of the keys below it, a hexadecimal digit for four; `version` tells it from
 * those that stood at the path before and after. What is kept under an address never changes.
 *
 * spec: map#pages
 */
export type PageAddress = { readonly path: string; readonly version: number }

/** The page below a page: its version, and what its subtree comes to. */
export type Slot = { readonly version: number; readonly subtree: Subtree }

/**
 * A stretch of the map: its few leaves in the order of their keys, or sixteen slots for the pages below, with the
 * subtrees over them (`nodes[1]` is the whole, `nodes[2n]` and `nodes[2n + 1]` lie below `nodes[n]`).
 */
export type MapPage =
  | { readonly form: 'leaves'; readonly leaves: readonly MapLeaf[] }
  | { readonly form: 'slots'; readonly slots: readonly (Slot | undefined)[]; readonly nodes: readonly Subtree[] }

/** A page of slots, each node above them computed once; `before` lends those whose slots have not changed. */
export function pageOfSlots(slots: readonly (Slot | undefined)[], before?: MapPage): MapPage {
  const known = before?.form === 'slots' ? before : undefined
  const nodes: Subtree[] = Array.from({ length: 2 * pageSlots }, () => noSubtree)
  const same = nodes.map(() => false)
  for (let i = 2 * pageSlots - 1; i >= 1; i--) {
    if (i >= pageSlots) {
      const slot = slots[i - pageSlots]
      nodes[i] = slot?.subtree ?? noSubtree
      same[i] = known !== undefined && known.slots[i - pageSlots] === slot
    } else {
      same[i] = same[2 * i] === true && same[2 * i + 1] === true
      nodes[i] =
        (same[i] ? known?.nodes[i] : undefined) ?? joined(nodes[2 * i] ?? noSubtree, nodes[2 * i + 1] ?? noSubtree)
    }
  }
  return { form: 'slots', slots, nodes }
}

/** What the subtree of a page at a path comes to, for pages of leaves computed each time. */
export function pageSubtree(page: MapPage, path: string): Subtree {
  return page.form === 'slots' ? (page.nodes[1] ?? noSubtree) : subtreeOf(page.leaves, path.length * pageBits)
}

/** Which slot of a page at `path` a key belongs to. */
export function slotOf(key: MapKey, path: string): number {
  const byte = key[path.length >> 1] ?? 0
  return path.length % 2 === 0 ? byte >> 4 : byte & 15
}

/** The path of the page behind a slot. */
export function pathBelow(path: string, slot: number): string {
  return path + slot.toString(16)
}

const leafBytes = 2 * hashBytes
const versionBytes = 6
const slotBytes = versionBytes + hashBytes
const slotsHead = 5

/**
 * A page as bytes. Of leaves: 0x01, then key and record of each. Of slots: 0x02, two bytes that say which of the sixteen
 * are taken and two that say which hold one leaf alone, the highest bit for the first; then version, in 6 bytes, and
 * hash of each that is taken.
 *
 * spec: map#pages
 */
export function formatPage(page: MapPage): Uint8Array {
  if (page.form === 'leaves') {
    return concatenate(Uint8Array.of(1), ...page.leaves.flatMap(({ key, record }) => [key, record]))
  }
  const slots = page.slots.flatMap((slot, i) => (slot ? [{ ...slot, bit: 0x8000 >> i }] : []))
  const bytes = new Uint8Array(slotsHead + slots.length * slotBytes)
  const view = new DataView(bytes.buffer)
  bytes[0] = 2
  for (const [i, { version, subtree, bit }] of slots.entries()) {
    const at = slotsHead + i * slotBytes
    view.setUint16(1, view.getUint16(1) | bit)
    if (subtree.holds === 'one') view.setUint16(3, view.getUint16(3) | bit)
    view.setUint16(at, Math.floor(version / 2 ** 32))
    view.setUint32(at + 2, version % 2 ** 32)
    bytes.set(subtree.hash, at + versionBytes)
  }
  return bytes
}

/** Reads what `formatPage` wrote; throws `evidence-broken` for anything else. spec: map#pages */
export function parsePage(bytes: Uint8Array): MapPage {
  const page = bytes[0] === 1 ? parseLeaves(bytes) : bytes[0] === 2 ? parseSlots(bytes) : undefined
  if (page) return page
  throw new ProtocolError('evidence-broken', `reading a page of the map: ${bytes.length} bytes that are none`)
}

function parseLeaves(bytes: Uint8Array): MapPage | undefined {
  const count = (bytes.length - 1) / leafBytes
  if (!Number.isInteger(count) || count < 1 || count > pageLeaves) return undefined
  const leaves = Array.from({ length: count }, (_, i): MapLeaf => {
    const at = 1 + i * leafBytes
    return { key: bytes.slice(at, at + hashBytes), record: bytes.slice(at + hashBytes, at + leafBytes) }
  })
  const ordered = leaves.every(({ key }, i) => i === 0 || compareKeys(leaves[i - 1]?.key ?? key, key) < 0)
  return ordered ? { form: 'leaves', leaves } : undefined
}

function parseSlots(bytes: Uint8Array): MapPage | undefined {
  if (bytes.length < slotsHead) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [taken, single] = [view.getUint16(1), view.getUint16(3)]
  const slots: (Slot | undefined)[] = []
  let at = slotsHead
  for (let i = 0; i < pageSlots; i++) {
    const bit = 0x8000 >> i
    if ((taken & bit) === 0) {
      slots.push(undefined)
      continue
    }
    if (at + slotBytes > bytes.length) return undefined
    const version = view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)
    const hash: Hash = bytes.slice(at + versionBytes, at + slotBytes)
    slots.push({ version, subtree: { hash, holds: (single & bit) === 0 ? 'more' : 'one' } })
    at += slotBytes
  }
  return at === bytes.length && (single & ~taken) === 0 && taken !== 0 ? pageOfSlots(slots) : undefined
}
