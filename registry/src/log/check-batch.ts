import { base64Url, equalBytes, fromBase64Url } from '@dcann/protocol/bytes'
import { parseEntry } from '@dcann/protocol/log/entry'
import {
  emptyFrontier,
  extend,
  type Frontier,
  frontierRoot,
  type Hash,
  hashesIn,
  leafHash,
  rootAfter,
} from '@dcann/protocol/log/merkle'
import { tileWidth } from '@dcann/protocol/log/tile'
import { type MapPage, pageSubtree, parsePage, pathBelow, slotOf } from '@dcann/protocol/map/page'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import { pagePlace } from '../map/shelf.ts'
import { entriesBetween } from './read-tile.ts'
import type { Sequenced } from './sequence.ts'
import { tilePlace } from './shelf.ts'

/**
 * Recomputes a batch from the bytes that will be kept, by other steps than those that made it, and holds it against the
 * newest head that was ever shown. What does not pass is not signed: a log cannot take a head back.
 */
export async function checkBatch(
  store: Pick<Reader, 'range'>,
  shown: Frontier | undefined,
  batch: Sequenced,
): Promise<void> {
  const { zone, before, head, entries } = batch
  const refuse = (why: string): never => {
    throw new Error(`before signing a head of ${zone}: ${why}; stop this registry and run fsck`)
  }
  const parsed = entries.map(({ value }) => parseEntry(value))
  const last = parsed.at(-1)
  if (last === undefined || !('map' in last)) return refuse('its last entry is not what the map is')
  if (last.map !== head.entry.map || last.names !== head.entry.names) refuse('its map is not the one in its log')
  checkPages(batch, refuse)

  const edge = await edgeShown(store, zone, shown ?? emptyFrontier, before.size, refuse)
  const leaves = entries.map(({ value }) => leafHash(value))
  if (!equalBytes(rootAfter(edge, leaves), head.root)) refuse('it does not extend the head that was shown last')
  checkTiles(batch, leaves, refuse)
}

/**
 * The right edge at `size`, grown from that of the newest head that was shown by the entries that are kept since: none,
 * save after an ending between a commit and its being shown.
 */
export async function edgeShown(
  store: Pick<Reader, 'range'>,
  zone: ZoneName,
  shown: Frontier,
  size: number,
  refuse: (why: string) => never,
): Promise<Frontier> {
  if (shown.size > size) {
    refuse(`the store has ${size} entries and ${shown.size} were shown: it is older than it was`)
  }
  let edge = shown
  for await (const page of entriesBetween(store, zone, shown.size, size)) edge = extend(edge, page.map(leafHash))
  return edge
}

/** Every page written comes to the hash that leads to it, and holds what was to be set. */
function checkPages({ zone, acts, head, pages }: Sequenced, refuse: (why: string) => never): void {
  const written = new Map(pages.map(({ key, value }) => [key, parsePage(value)]))
  const at = (path: string): MapPage | undefined => written.get(pagePlace(zone, { path, version: head.size }).key)
  const check = (path: string, hash: Hash): void => {
    const page = at(path) ?? refuse('a page of its map is missing')
    if (!equalBytes(pageSubtree(page, path).hash, hash)) refuse('a page of its map is not what its root says')
    if (page.form === 'leaves') return
    for (const [i, slot] of page.slots.entries()) {
      if (slot?.version === head.size) check(pathBelow(path, i), slot.subtree.hash)
    }
  }
  check('', head.map.root)
  const set = new Map(acts.map(({ key, id }) => [base64Url(key), id]))
  for (const [key, id] of set) {
    const leaf = { key: fromBase64Url(key), record: fromBase64Url(id) }
    let path = ''
    let page = at(path)
    while (page?.form === 'slots') {
      path = pathBelow(path, slotOf(leaf.key, path))
      page = at(path)
    }
    const holds = page?.leaves.some(({ key, record }) => equalBytes(key, leaf.key) && equalBytes(record, leaf.record))
    if (!holds) refuse('an act is not in its map')
  }
}

/** A tile that fills comes to what the log has over its leaves. */
function checkTiles(
  { zone, before, others }: Sequenced,
  leaves: readonly Hash[],
  refuse: (why: string) => never,
): void {
  const written = new Map(others.map(({ key, value }) => [key, value]))
  const size = before.size + leaves.length
  const edgeAt = (at: number): Frontier =>
    at < before.size
      ? { size: at, peaks: before.peaks.slice(0, peaksOf(at)) }
      : extend(before, leaves.slice(0, at - before.size))
  for (let index = Math.floor(before.size / tileWidth); (index + 1) * tileWidth <= size; index++) {
    const bytes = written.get(tilePlace(zone, { level: 0, index, width: tileWidth }).key)
    if (bytes === undefined) return refuse('a tile of its log is missing')
    const start = index * tileWidth
    const fromTile = frontierRoot(extend(edgeAt(start), hashesIn(bytes, 'checking a tile')))
    if (!equalBytes(fromTile, frontierRoot(edgeAt(start + tileWidth))))
      refuse('a tile of its log is not of its entries')
  }
}

/** The bits set in a size, which is how many peaks a frontier of it has. */
function peaksOf(size: number): number {
  return size.toString(2).replaceAll('0', '').length
}
