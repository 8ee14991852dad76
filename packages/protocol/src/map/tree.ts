import { equalBytes } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { checkSize, type Hash } from '../log/merkle.ts'
import { compareKeys, emptyHash, type MapKey, type MapLeaf } from './node.ts'
import {
  type MapPage,
  type PageAddress,
  pageLeaves,
  pageOfSlots,
  pageSlots,
  pageSubtree,
  pathBelow,
  type Slot,
  slotOf,
} from './page.ts'

/**
 * A map as it stands after some change: its root, how many names it has, and the version of its topmost page (0: none).
 * States of before stay readable for as long as their pages are kept.
 */
export type MapState = { readonly root: Hash; readonly names: number; readonly version: number }

/** A map without names. */
export const emptyMap: MapState = { root: emptyHash(), names: 0, version: 0 }

/** Gives the page kept under an address; `undefined` for one that the caller has not read yet. */
export type ReadPage = (address: PageAddress) => MapPage | undefined

/** What a change makes of a map: the state after it, the pages to keep, and those that only states of before need. */
export type MapUpdate = {
  readonly state: MapState
  readonly writes: readonly { readonly address: PageAddress; readonly page: MapPage }[]
  readonly stale: readonly PageAddress[]
}

/**
 * The pages that setting these keys reads and that `readPage` does not give yet: of one level of the map at a time, so a
 * caller asks again until there are none. No deeper than the map, whatever the keys.
 *
 * spec: map#pages
 */
export function pagesToUpdate(state: MapState, keys: readonly MapKey[], readPage: ReadPage): PageAddress[] {
  const lacking: PageAddress[] = []
  const visit = (address: PageAddress, below: readonly MapKey[]): void => {
    const page = readPage(address)
    if (page === undefined) return void lacking.push(address)
    if (page.form === 'leaves') return
    for (const [i, inSlot] of bySlot(below, (key) => key, address.path)) {
      const slot = page.slots[i]
      if (slot) visit({ path: pathBelow(address.path, i), version: slot.version }, inSlot)
    }
  }
  if (state.version > 0 && keys.length > 0) visit({ path: '', version: state.version }, keys)
  return lacking
}

/**
 * Sets leaves, new names and new records alike; of two with one key the last counts. Touches each page and computes
 * each node once, however many leaves there are. Every page read is held against the hash that leads to it.
 *
 * `version` is greater than that of any change before. Throws `evidence-broken` for a page that is lacking or is not
 * what was written, `schema-mismatch` for a version that does not rise.
 *
 * spec: map#pages
 */
export function updateMap(state: MapState, leaves: readonly MapLeaf[], version: number, readPage: ReadPage): MapUpdate {
  checkSize(version, 'updating a map')
  if (leaves.length === 0) return { state, writes: [], stale: [] }
  if (version <= state.version) {
    throw new ProtocolError(
      'schema-mismatch',
      `updating a map: version ${version} does not follow version ${state.version}`,
    )
  }
  const change: Change = { version, readPage, writes: [], stale: [], added: 0 }
  const top = state.version === 0 ? undefined : { version: state.version, hash: state.root }
  const { subtree } = put(change, '', top, inOrder(leaves))
  const { writes, stale, added } = change
  return { state: { root: subtree.hash, names: state.names + added, version }, writes, stale }
}

type Change = {
  readonly version: number
  readonly readPage: ReadPage
  readonly writes: { address: PageAddress; page: MapPage }[]
  readonly stale: PageAddress[]
  added: number
}

/** The page at a path with leaves set in it, and all below it. */
function put(
  change: Change,
  path: string,
  held: { readonly version: number; readonly hash: Hash } | undefined,
  leaves: readonly MapLeaf[],
): Slot {
  if (held === undefined) {
    change.added += leaves.length
    return write(change, path, leaves)
  }
  const address = { path, version: held.version }
  const page = readHeld(change.readPage, address, held.hash)
  change.stale.push(address)
  if (page.form === 'leaves') {
    const merged = inOrder([...page.leaves, ...leaves])
    change.added += merged.length - page.leaves.length
    return write(change, path, merged)
  }
  const slots = [...page.slots]
  for (const [i, inSlot] of bySlot(leaves, ({ key }) => key, path)) {
    const slot = slots[i]
    slots[i] = put(change, pathBelow(path, i), slot && { version: slot.version, hash: slot.subtree.hash }, inSlot)
  }
  return keep(change, path, pageOfSlots(slots, page))
}

/** A new page over leaves, with pages below it when they are too many for one. */
function write(change: Change, path: string, leaves: readonly MapLeaf[]): Slot {
  if (leaves.length <= pageLeaves) return keep(change, path, { form: 'leaves', leaves })
  const slots: (Slot | undefined)[] = Array.from({ length: pageSlots }, () => undefined)
  for (const [i, inSlot] of bySlot(leaves, ({ key }) => key, path)) slots[i] = write(change, pathBelow(path, i), inSlot)
  return keep(change, path, pageOfSlots(slots))
}

function keep({ version, writes }: Change, path: string, page: MapPage): Slot {
  writes.push({ address: { path, version }, page })
  return { version, subtree: pageSubtree(page, path) }
}

function readHeld(readPage: ReadPage, address: PageAddress, hash: Hash): MapPage {
  const page = readPage(address)
  if (page === undefined) {
    throw new ProtocolError('evidence-broken', `reading a page of the map: version ${address.version} of it is missing`)
  }
  if (!equalBytes(pageSubtree(page, address.path).hash, hash)) {
    throw new ProtocolError(
      'evidence-broken',
      `reading a page of the map: version ${address.version} of it is not what was written; run fsck`,
    )
  }
  return page
}

function bySlot<T>(items: readonly T[], keyOf: (item: T) => MapKey, path: string): Map<number, T[]> {
  const slots = new Map<number, T[]>()
  for (const item of items) {
    const slot = slotOf(keyOf(item), path)
    const found = slots.get(slot)
    if (found) found.push(item)
    else slots.set(slot, [item])
  }
  return slots
}

/** Leaves in the order of their keys, the last of those with one key. */
function inOrder(leaves: readonly MapLeaf[]): MapLeaf[] {
  const sorted = leaves.toSorted((a, b) => compareKeys(a.key, b.key))
  return sorted.filter(({ key }, i) => {
    const next = sorted[i + 1]
    return next === undefined || compareKeys(key, next.key) !== 0
  })
}
