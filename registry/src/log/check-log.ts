import { equalBytes, fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { type ActEntry, type LogEntry, parseEntry } from '@dcann/protocol/log/entry'
import { emptyFrontier, extend, type Frontier, frontierRoot, type Hash, leafHash } from '@dcann/protocol/log/merkle'
import { type Tile, tilePath, tilesToWrite, tileWidth } from '@dcann/protocol/log/tile'
import type { MapLeaf } from '@dcann/protocol/map/node'
import { formatPage, type MapPage } from '@dcann/protocol/map/page'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import type { ZoneName } from '@dcann/protocol/name'
import { parseTime } from '@dcann/protocol/time'
import type { Key, Reader } from '@dcann/store/store'
import { pagePlace, pages, stalePages } from '../map/shelf.ts'
import { act, type Entry } from '../records/shelf.ts'
import { shelfEntries } from '../shelf-entries.ts'
import { delegation, logOf } from '../zones/delegation.ts'
import { loggedOf } from './logged-of.ts'
import { entries, type Head, headPlace, heads, readHead, tiles } from './shelf.ts'

export type LogsChecked = { readonly entries: number; readonly problems: readonly string[] }

/**
 * Makes the log and the map of every zone anew from the zone's journal, entry by entry, and holds entries, tiles, pages and
 * head against them. `shown` are the heads kept apart: the logs have to lead through them.
 */
export async function checkLogs(
  store: Reader,
  shown: ReadonlyMap<ZoneName, Frontier> | undefined,
): Promise<LogsChecked> {
  const zones = new Set(shown?.keys() ?? [])
  for await (const { id } of shelfEntries(store, heads, [])) zones.add(id.join('/'))
  const problems: string[] = []
  let count = 0
  for (const zone of zones) {
    const checked = await checkLog(store, zone, shown?.get(zone))
    count += checked.entries
    problems.push(...checked.problems.map((what) => `${zone}: ${what}`))
  }
  return { entries: count, problems }
}

async function checkLog(store: Reader, zone: ZoneName, shown: Frontier | undefined): Promise<LogsChecked> {
  const problems: string[] = []
  const complain = (what: string): void => void problems.push(what)
  const place = headPlace(zone)
  const held = place.from(await store.read([place.key]))?.value
  if (!held) return { entries: 0, problems: ['a head was shown and none is kept'] }
  const head = readHead(held)
  const made: Made = {
    zone,
    frontier: emptyFrontier,
    map: emptyMap,
    pages: new Map(),
    tiles: new Map(),
    edges: new Map(),
    acts: 0,
    time: 0,
  }
  let batch: MapLeaf[] = []
  let leaves: Hash[] = []
  for await (const { value: bytes } of shelfEntries(store, entries, [zone])) {
    const index = made.frontier.size + leaves.length
    leaves.push(leafHash(bytes))
    if (shown?.size === index + 1) requireShown(extend(made.frontier, leaves), shown, complain)
    const entry = readEntry(bytes)
    if (entry === undefined) complain(`entry ${index} cannot be read`)
    else if ('map' in entry) {
      if (parseTime(entry.time) !== made.time) complain(`entry ${index} is of another time than its acts`)
      closeBatch(made, batch, leaves)
      if (!equalBytes(made.map.root, fromBase64Url(entry.map)) || made.map.names !== entry.names)
        complain(`entry ${index} is not what the map is after the acts before it`)
      batch = []
      leaves = []
    } else {
      made.acts += 1
      const journal = await journalOf(store, zone, made.acts)
      if (!journal || !isOf(zone, journal, entry)) complain(`entry ${index} is not act ${made.acts}`)
      else {
        batch.push({ key: fromBase64Url(entry.key), record: fromBase64Url(entry.record) })
        if (journal.time < made.time) complain(`entry ${index} is of a time before`)
        made.time = journal.time
      }
    }
  }
  if (leaves.length > 0) complain('acts follow the last map entry')
  if (shown && shown.size > made.frontier.size)
    complain(`${shown.size} entries were shown, ${made.frontier.size} are kept`)
  if (head.size !== made.frontier.size || !equalBytes(head.root, frontierRoot(made.frontier)))
    complain(`its head is of ${head.size} entries and not what they come to`)
  if (head.checkpoint !== null && !(await isSigned(store, zone, head, head.checkpoint)))
    complain('its checkpoint is not its head, signed by the key that the zone names')
  if (head.acts !== made.acts) complain(`its head has ${head.acts} acts, its entries ${made.acts}`)
  problems.push(...(await checkKept(store, zone, made)))
  return { entries: made.frontier.size, problems }
}

async function isSigned(store: Reader, zone: ZoneName, { size, root }: Head, checkpoint: string): Promise<boolean> {
  const named = delegation(zone)
  const by = named.from(await store.read([named.key]))?.value
  // whose key it should be is then for the check of records to complain about
  if (!by) return true
  const { origin, key } = logOf(zone, by)
  const opened = await openCheckpoint(checkpoint, { name: origin, key }).catch(ofForm)
  return opened !== undefined && opened.size === size && equalBytes(opened.root, root)
}

function ofForm(error: unknown): undefined {
  if (error instanceof ProtocolError) return undefined
  throw error
}

/** A log and a map as they come out anew: pages by their keys, tiles by their paths, of partial ones the newest. */
type Made = {
  readonly zone: ZoneName
  frontier: Frontier
  map: typeof emptyMap
  readonly pages: Map<Key, MapPage>
  readonly tiles: Map<string, Uint8Array>
  readonly edges: Map<Tile['level'], string>
  acts: number
  time: number
}

function closeBatch(made: Made, batch: readonly MapLeaf[], leaves: readonly Hash[]): void {
  const { zone, frontier, pages: kept } = made
  const size = frontier.size + leaves.length
  const { state, writes, stale } = updateMap(made.map, batch, size, (address) => kept.get(pagePlace(zone, address).key))
  for (const address of stale) kept.delete(pagePlace(zone, address).key)
  for (const { address, page } of writes) kept.set(pagePlace(zone, address).key, page)
  for (const { tile, bytes } of tilesToWrite(frontier.size, leaves, (tile) => made.tiles.get(tilePath(tile)))) {
    made.tiles.delete(made.edges.get(tile.level) ?? '')
    made.tiles.set(tilePath(tile), bytes)
    if (tile.width < tileWidth) made.edges.set(tile.level, tilePath(tile))
    else made.edges.delete(tile.level)
  }
  made.map = state
  made.frontier = extend(frontier, leaves)
}

function requireShown(frontier: Frontier, shown: Frontier, complain: (what: string) => void): void {
  if (!equalBytes(frontierRoot(frontier), frontierRoot(shown)))
    complain(`the first ${shown.size} entries are not those that were shown`)
}

async function journalOf(store: Reader, zone: ZoneName, n: number): Promise<Entry | undefined> {
  const place = act(zone, n)
  return place.from(await store.read([place.key]))?.value
}

function isOf(zone: ZoneName, journal: Entry, { key, record, type }: ActEntry): boolean {
  const { id, ...logged } = loggedOf(zone, journal)
  return equalBytes(fromBase64Url(key), logged.key) && record === id && type === logged.type
}

/** Every page and tile is kept as it came out anew, and nothing is kept beside them but what only older heads need. */
async function checkKept(store: Reader, zone: ZoneName, made: Made): Promise<string[]> {
  const problems: string[] = []
  const stale = new Set<Key>()
  for await (const { value } of shelfEntries(store, stalePages, [zone]))
    for (const address of value) stale.add(pagePlace(zone, address).key)
  const wanted = new Map(made.pages)
  for await (const { key, value } of shelfEntries(store, pages, [zone])) {
    const page = wanted.get(key)
    wanted.delete(key)
    if (!page && !stale.has(key)) problems.push('a page of its map is of no head')
    if (page && !equalBytes(formatPage(page), formatPage(value)))
      problems.push('a page of its map is not as it came out')
  }
  if (wanted.size > 0) problems.push(`${wanted.size} page(s) of its map are missing`)
  for await (const { id, value } of shelfEntries(store, tiles, [zone])) {
    const bytes = made.tiles.get(id.slice(1).join('/'))
    if (bytes && !equalBytes(bytes, value)) problems.push('a tile of its log is not of its entries')
    made.tiles.delete(id.slice(1).join('/'))
  }
  const missing = [...made.tiles.keys()].filter((path) => !/^tile\/0\/.*\.p\//.test(path))
  if (missing.length > 0) problems.push(`${missing.length} tile(s) of its log are missing`)
  return problems
}

function readEntry(bytes: Uint8Array): LogEntry | undefined {
  try {
    return parseEntry(bytes)
  } catch (error) {
    return ofForm(error)
  }
}
