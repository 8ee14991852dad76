import type { Allowance } from './agreement.ts'
import { derivedClaim } from './claim.ts'
import { ProtocolError, quote } from './errors.ts'
import { isWithinPattern } from './moment.ts'
import { requireRegisteredUse, secondsOf, type Term } from './offer.ts'
import type { Query, QueryItem } from './request.ts'
import type { RequesterRecord } from './requester.ts'
import { type Instant, parseTime } from './time.ts'

/** One item of a query with the terms that let it out, and the event times it may reach, half-open. */
export type CoveredItem = {
  readonly item: QueryItem
  readonly term: Term
  readonly from: Instant
  readonly to: Instant
}

/**
 * The one rule of answering: request ⊆ agreement ⊆ registered use. Each item has to fit one granted term of the same
 * purpose whole; what crosses a bound is named. Called in the client before asking and in the vault before answering.
 *
 * Throws `purpose-mismatch`, `over-asking` or `bound-crossed`.
 *
 * spec: agreement#coverage
 */
export function cover(
  query: Pick<Query, 'purpose' | 'items'>,
  allowance: Allowance,
  requester: RequesterRecord,
  now: Instant,
): CoveredItem[] {
  const terms = allowance.terms.filter((term) => term.purpose === query.purpose)
  if (terms.length === 0) {
    throw new ProtocolError(
      'purpose-mismatch',
      `covering a request: its purpose ${quote(query.purpose, 80)} is none of those agreed`,
    )
  }
  return query.items.map((item) => coverItem(item, terms, requester, now))
}

function coverItem(item: QueryItem, terms: readonly Term[], requester: RequesterRecord, now: Instant): CoveredItem {
  // under a term of mode `write` entries come in, and nothing goes out
  const onStrand = terms.filter((term) => term.strand === item.strand && term.mode !== 'write')
  if (onStrand.length === 0)
    throw overAsking(item, `the strand ${quote(item.strand, 80)} is not in the agreement`, 'strand')
  const fitting = onStrand.filter((term) => claimsFit(item, term))
  if (fitting.length === 0) throw overAsking(item, describeClaims(item, onStrand), 'claims')
  const narrow = fitting.filter((term) => tagsFit(item, term) && momentsFit(item, term))
  const [first] = narrow
  if (!first)
    throw overAsking(
      item,
      `the agreement on ${quote(item.strand, 80)} is narrower in tags or moments than asked`,
      'tags',
    )
  // of several terms that fit, one that reaches as far as asked; when none does, the first says why
  const term = narrow.find((candidate) => reaches(item, candidate, now)) ?? first
  requireRegisteredUse(term, requester)
  return { item, term, ...rangeOf(item, term, now) }
}

function claimsFit(item: QueryItem, term: Term): boolean {
  if (term.claims === null) return item.claims === undefined || item.claims.every((claim) => !derivedClaim(claim))
  const allowed = term.claims
  return item.claims !== undefined && item.claims.every((claim) => allowed.includes(claim))
}

function describeClaims(item: QueryItem, terms: readonly Term[]): string {
  const allowed = [...new Set(terms.flatMap((term) => term.claims ?? []))]
  if (!item.claims)
    return `whole entries of ${quote(item.strand, 80)} are not in the agreement, only ${allowed.join(', ')}`
  const extra = item.claims.filter((claim) => !allowed.includes(claim))
  return `${extra.map((claim) => quote(claim, 60)).join(', ')} of ${quote(item.strand, 80)} ${extra.length === 1 ? 'is' : 'are'} not in the agreement, only ${allowed.join(', ') || 'whole entries'}`
}

function tagsFit(item: QueryItem, term: Term): boolean {
  return term.tags.length === 0 || (item.tags !== undefined && item.tags.every((tag) => term.tags.includes(tag)))
}

function momentsFit(item: QueryItem, term: Term): boolean {
  if (term.moments.length === 0) return true
  return (
    item.moments !== undefined &&
    item.moments.every((wanted) => term.moments.some((allowed) => isWithinPattern(wanted, allowed)))
  )
}

/** A term without a data range reaches back as far as times do, which is before 1970. */
const earliestTime = parseTime('0000-01-01T00:00:00Z')

function earliestOf(term: Term, now: Instant): Instant {
  return term.data_range ? now - secondsOf(term.data_range.last) : earliestTime
}

function reaches(item: QueryItem, term: Term, now: Instant): boolean {
  return item.from === undefined || parseTime(item.from) >= earliestOf(term, now)
}

function rangeOf(item: QueryItem, term: Term, now: Instant): { from: Instant; to: Instant } {
  const earliest = earliestOf(term, now)
  const from = item.from === undefined ? earliest : parseTime(item.from)
  const to = item.to === undefined ? now + 1 : parseTime(item.to)
  if (from < earliest) {
    throw new ProtocolError(
      'bound-crossed',
      `covering a request: it reaches back to ${item.from} in ${quote(item.strand, 80)}, agreed are the last ${term.data_range?.last}`,
      { bound: 'data_range', strand: item.strand },
    )
  }
  if (to <= from)
    throw new ProtocolError(
      'schema-mismatch',
      `covering a request: ${quote(item.strand, 80)} is asked from ${item.from} to ${item.to}, which is empty`,
    )
  return { from, to }
}

function overAsking(item: QueryItem, why: string, bound: string): ProtocolError {
  return new ProtocolError('over-asking', `covering a request: ${why}`, { strand: item.strand, bound })
}
