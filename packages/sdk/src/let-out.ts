import { derivedClaim } from '@dcann/protocol/claim'
import { isAssured, type KeptEntry } from '@dcann/protocol/entry'
import { isMomentOf } from '@dcann/protocol/moment'
import { secondsOf, type Term } from '@dcann/protocol/offer'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { Caller } from './signed-call.ts'
import type { VaultClient } from './vault-client.ts'

/** A value that a term lets out, as it is today, and how many entries it was worked out from; these stay. */
export type WorkedOut = {
  readonly claim: string
  readonly value: string | number | boolean | null
  readonly of: number
}

/** How much of what lies in the vault a term reaches today. */
export type LetOut = {
  /** Entries that would leave, each whole or in part. */
  readonly leaving: number
  /** Entries that values are worked out from, which stay. */
  readonly counted: number
  /** Entries of the strand in all. */
  readonly of: number
  /** There are more than were looked at. */
  readonly more: boolean
  /** The newest of those that would leave, with the members that would, and no others. */
  readonly rows: readonly LeavingRow[]
  readonly values: readonly WorkedOut[]
}

/** An entry as it would leave: when it was, and of its body what the term names. */
export type LeavingRow = { readonly at: string; readonly body: KeptEntry['body'] }

/** Pages of the vault looked at for one strand; a page holds about a hundred entries. */
const pagesMost = 200

/** Rows shown of what would leave. */
const rowsMost = 200

/** Whose vault is looked at. */
export type Looking = { readonly vault: Pick<VaultClient, 'listStrands' | 'listEntries'>; readonly by: Caller }

/**
 * Reads the strands that terms name, newest first, and says what each term would let out at `now`.
 *
 * spec: agreement#coverage
 */
export async function countLetOut(
  { vault, by }: Looking,
  terms: readonly Term[],
  now: Instant,
): Promise<ReadonlyMap<string, LetOut>> {
  const { strands } = await vault.listStrands(by)
  const counts = new Map<string, LetOut>()
  for (const [strand, wanting] of Map.groupBy(terms, (term) => term.strand)) {
    const of = strands.find((one) => one.strand.name === strand)?.coverage.entries ?? 0
    const read = of === 0 ? { entries: [], more: false } : await readStrand({ vault, by }, strand)
    for (const term of wanting) counts.set(term.id, { ...letOutBy(term, read.entries, now), of, more: read.more })
  }
  return counts
}

/** What one term lets out of these entries. The rule of the vault, applied before anything is agreed. spec: agreement#coverage */
export function letOutBy(
  term: Term,
  entries: readonly KeptEntry[],
  now: Instant,
): Pick<LetOut, 'leaving' | 'counted' | 'rows' | 'values'> {
  const derived = (term.claims ?? []).flatMap((name) => derivedClaim(name) ?? [])
  const members = term.claims?.filter((name) => derivedClaim(name) === undefined)
  const assured = entries.filter((entry) => isAssured(entry.assurance, term.min_assurance))
  const own = assured.filter((entry) => entry.about !== 'others')
  const values = derived.map((claim): WorkedOut => {
    const { value, of } = claim.derive(own, now)
    return { claim: claim.name, value, of }
  })
  const leaving = members === undefined || members.length > 0 ? assured.filter((entry) => leaves(entry, term, now)) : []
  return {
    leaving: leaving.length,
    counted: Math.max(0, ...values.map(({ of }) => of)),
    rows: leaving.slice(0, rowsMost).map(({ at, body }) => ({ at, body: only(members, body) })),
    values,
  }
}

function only(members: readonly string[] | undefined, body: KeptEntry['body']): KeptEntry['body'] {
  if (members === undefined) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => members.includes(name)))
}

function leaves(
  entry: KeptEntry,
  { data_range: range, tags, moments, about_others: others }: Term,
  now: Instant,
): boolean {
  return (
    (range === null || parseTime(entry.at) >= now - secondsOf(range.last)) &&
    parseTime(entry.at) <= now &&
    (tags.length === 0 || tags.some((tag) => entry.tags.includes(tag))) &&
    (moments.length === 0 || moments.some((pattern) => isMomentOf(pattern, entry.moment))) &&
    (others || entry.about === 'holder')
  )
}

async function readStrand(
  { vault, by }: Looking,
  strand: string,
): Promise<{ readonly entries: readonly KeptEntry[]; readonly more: boolean }> {
  const entries: KeptEntry[] = []
  let after: string | undefined
  for (let page = 0; page < pagesMost; page++) {
    const read = await vault.listEntries(by, strand, { limit: 256, ...(after === undefined ? {} : { after }) })
    entries.push(...read.entries)
    if (read.next === undefined || read.next === after) return { entries, more: false }
    after = read.next
  }
  return { entries, more: true }
}
