import { canonicalBytes } from '@dcann/protocol/canonical'
import type { AssertionItem } from '@dcann/protocol/assertion'
import { derive, derivedClaim } from '@dcann/protocol/claim'
import type { CoveredItem } from '@dcann/protocol/cover'
import { isAssured, type KeptEntry, weakestAssurance } from '@dcann/protocol/entry'
import { limits } from '@dcann/protocol/limits'
import { isMomentOf } from '@dcann/protocol/moment'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import type { Cursors } from './cursor.ts'
import { entriesOf, type KeptStrand, pagesBetween, strands } from './shelf.ts'

export type SelectDesk = { readonly store: Reader; readonly cursors: Cursors }

/** Bytes of entries in one answer, so that the assertion stays within its limit with everything around them. */
const answerBudget = limits.assertionBytes - 24 * 1024

/**
 * What an agreement lets out for each covered item, and no more: the holder's entries inside the range, tags, moments and
 * assurance of the term, cut down to the claims asked for.
 */
export async function select(
  desk: SelectDesk,
  passport: string,
  agreement: string,
  items: readonly CoveredItem[],
  now: Instant,
): Promise<AssertionItem[]> {
  const places = items.map(({ item }) => strands.at(passport, item.strand))
  const read = desk.store.read([...new Set(places.map(({ key }) => key))])
  const snapshot = read instanceof Promise ? await read : read
  const answered: AssertionItem[] = []
  let budget = answerBudget
  for (const [i, covered] of items.entries()) {
    const one = await selectItem(desk, passport, agreement, covered, places[i]?.from(snapshot)?.value, now, budget)
    budget -= one.bytes
    answered.push(one.item)
  }
  return answered
}

type Selected = { readonly item: AssertionItem; readonly bytes: number }

async function selectItem(
  desk: SelectDesk,
  passport: string,
  agreement: string,
  covered: CoveredItem,
  kept: KeptStrand | undefined,
  now: Instant,
  budget: number,
): Promise<Selected> {
  const { item, term } = covered
  const head = { strand: item.strand, term: term.id }
  if (!kept) {
    const coverage = { from: null, to: null, last_event: null, entries: 0 }
    return { item: { ...head, assurance: 'self', coverage, complete: false, why: 'no-strand' }, bytes: 200 }
  }
  const derivedNames = (item.claims ?? []).filter((claim) => derivedClaim(claim))
  const members = item.claims?.filter((claim) => !derivedClaim(claim))
  const derived = await deriveAll(desk, passport, covered, derivedNames, now)
  const wantsEntries = members === undefined || members.length > 0
  const listed = wantsEntries ? await listEntries(desk, passport, agreement, covered, members, budget) : undefined
  const assurances = [...Object.values(derived ?? {}), ...(listed?.entries ?? [])].map(({ assurance }) => assurance)
  return {
    bytes: (listed?.bytes ?? 0) + 400,
    item: {
      ...head,
      ...(derived ? { derived } : {}),
      ...(listed ? { entries: listed.entries } : {}),
      assurance: assurances.length ? weakestAssurance(assurances) : 'self',
      coverage: kept.coverage,
      complete: !listed?.cursor && !listed?.left,
      ...(listed?.cursor ? { why: 'more', cursor: listed.cursor } : listed?.left ? { why: listed.left } : {}),
    },
  }
}

async function deriveAll(
  desk: SelectDesk,
  passport: string,
  { item, term }: CoveredItem,
  names: readonly string[],
  now: Instant,
): Promise<AssertionItem['derived'] | undefined> {
  if (names.length === 0) return undefined
  const windows = names.map((name) => derivedClaim(name)?.window ?? null)
  const from = windows.includes(null) ? 0 : now - Math.max(...windows.map(Number))
  const entries: KeptEntry[] = []
  for await (const page of readPages(desk.store, passport, item.strand, from, now + 1)) {
    for (const entry of page)
      if (entry.about !== 'others' && isAssured(entry.assurance, term.min_assurance)) entries.push(entry)
  }
  return Object.fromEntries(names.map((name) => [name, derive(name, entries, now)]))
}

type Listed = {
  readonly entries: NonNullable<AssertionItem['entries']>
  readonly bytes: number
  readonly cursor?: string
  readonly left?: 'assurance' | 'about-others'
}

async function listEntries(
  { store, cursors }: SelectDesk,
  passport: string,
  agreement: string,
  covered: CoveredItem,
  members: readonly string[] | undefined,
  budget: number,
): Promise<Listed> {
  const { item, term, from, to } = covered
  const after = item.cursor === undefined ? undefined : cursors.open(item.cursor, agreement, item)
  const most = Math.min(item.limit ?? limits.answerEntries, limits.answerEntries)
  const entries: NonNullable<AssertionItem['entries']> = []
  let bytes = 0
  let left: Listed['left']
  let last: string | undefined
  for await (const page of readMonths(store, passport, item.strand, after ? parseTime(after.slice(0, 20)) : from, to)) {
    for (const entry of page.toSorted(byEvent)) {
      const at = parseTime(entry.at)
      const place = `${entry.at}${entry.id}`
      if (at < from || at >= to || (after !== undefined && place <= after)) continue
      if (!matches(entry, item, term)) continue
      if (entry.about !== 'holder' && !term.about_others) {
        left ??= 'about-others'
        continue
      }
      if (!isAssured(entry.assurance, term.min_assurance)) {
        left ??= 'assurance'
        continue
      }
      const shown = show(entry, members)
      const size = canonicalBytes(shown).length + 1
      if (entries.length >= most || bytes + size > budget) {
        return { entries, bytes, cursor: cursors.seal(last ?? '', agreement, item), ...(left ? { left } : {}) }
      }
      entries.push(shown)
      bytes += size
      last = place
    }
  }
  return { entries, bytes, ...(left ? { left } : {}) }
}

function matches(entry: KeptEntry, { tags, moments }: CoveredItem['item'], term: CoveredItem['term']): boolean {
  const wantedTags = tags ?? term.tags
  const wantedMoments = moments ?? term.moments
  return (
    (wantedTags.length === 0 || wantedTags.some((tag) => entry.tags.includes(tag))) &&
    (wantedMoments.length === 0 || wantedMoments.some((pattern) => isMomentOf(pattern, entry.moment)))
  )
}

function show(entry: KeptEntry, members: readonly string[] | undefined): NonNullable<AssertionItem['entries']>[number] {
  const body = members
    ? Object.fromEntries(Object.entries(entry.body).filter(([name]) => members.includes(name)))
    : entry.body
  return {
    at: entry.at,
    body,
    tags: entry.tags,
    ...(entry.moment ? { moment: entry.moment } : {}),
    assurance: entry.assurance,
  }
}

function byEvent(a: KeptEntry, b: KeptEntry): number {
  return `${a.at}${a.id}` < `${b.at}${b.id}` ? -1 : 1
}

/** Pages in the order of their months; within a month in the order they came in. */
export async function* readPages(
  store: Reader,
  passport: string,
  strand: string,
  from: Instant,
  to: Instant,
): AsyncGenerator<KeptEntry[]> {
  for (let after: string | undefined, more = true; more;) {
    const range = pagesBetween(passport, strand, from, to, after)
    const found = store.range(range)
    const rows = found instanceof Promise ? await found : found
    for (const row of rows) yield entriesOf(row)
    after = rows.at(-1)?.key
    more = rows.length === range.limit
  }
}

/** All entries of one month at a time, since order within a month is not that of the pages. */
export async function* readMonths(
  store: Reader,
  passport: string,
  strand: string,
  from: Instant,
  to: Instant,
): AsyncGenerator<KeptEntry[]> {
  let month = ''
  let gathered: KeptEntry[] = []
  for await (const page of readPages(store, passport, strand, from, to)) {
    const next = page[0]?.at.slice(0, 7) ?? month
    if (next !== month && gathered.length) {
      yield gathered
      gathered = []
    }
    month = next
    gathered.push(...page)
  }
  if (gathered.length) yield gathered
}
