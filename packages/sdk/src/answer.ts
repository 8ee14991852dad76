import type { Allowance } from '@dcann/protocol/agreement'
import type { Assertion, AssertionItem } from '@dcann/protocol/assertion'
import { derivedClaim } from '@dcann/protocol/claim'
import { cover, type CoveredItem } from '@dcann/protocol/cover'
import { isAssured } from '@dcann/protocol/entry'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { isMomentOf } from '@dcann/protocol/moment'
import { secondsOf } from '@dcann/protocol/offer'
import type { Query } from '@dcann/protocol/request'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { Verified } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'

/**
 * Judges that an answer holds what the query asked and the agreement lets out, item by item, and nothing else: the term that
 * covers each, its claims, range, tags, moments and assurance, and no longer use than agreed. What a node gives too much is
 * refused as well as what it makes up: a requester that keeps it would hold what nobody agreed to.
 *
 * Throws `answer-invalid`, naming the member; `purpose-mismatch`, `over-asking` or `bound-crossed` when the query itself was
 * not covered at the time of the answer.
 *
 * spec: assertion#coverage
 */
export function judgeAnswer(
  { payload }: Verified<Assertion>,
  query: Pick<Query, 'purpose' | 'items'>,
  allowance: Allowance,
  requester: RequesterRecord,
): readonly CoveredItem[] {
  const covered = cover(query, allowance, requester, payload.iat)
  refuseUnless(payload.iss === allowance.handle, 'iss', 'the handle of the agreement')
  refuseUnless(
    payload.iat >= allowance.from - times.nodeSkew && payload.iat < allowance.until,
    'iat',
    'a time within the agreement',
  )
  refuseUnless(payload.items.length === covered.length, 'items', `${covered.length} item(s), as asked`)
  refuseUnless(payload.complete === payload.items.every(({ complete }) => complete), 'complete', 'what the items say')
  const life = Math.min(...covered.map(({ term }) => secondsOf(term.data_life)))
  refuseUnless(
    parseTime(payload.use_until) <= payload.iat + life,
    'use_until',
    'no longer than the terms let it be kept',
  )
  for (const [i, item] of payload.items.entries()) {
    const asked = covered[i]
    if (asked) judgeItem(item, asked, `items.${i}`)
  }
  return covered
}

function judgeItem(answered: AssertionItem, { item, term, from, to }: CoveredItem, path: string): void {
  refuseUnless(answered.strand === item.strand, `${path}.strand`, item.strand)
  refuseUnless(answered.term === term.id, `${path}.term`, term.id)
  const names = Object.keys(answered.derived ?? {})
  const asked = (item.claims ?? []).filter((claim) => derivedClaim(claim))
  refuseUnless(
    names.every((name) => asked.includes(name)),
    `${path}.derived`,
    'derived claims that were asked for',
  )
  const members = item.claims?.filter((claim) => !derivedClaim(claim))
  const entries = answered.entries ?? []
  refuseUnless(entries.length === 0 || members === undefined || members.length > 0, `${path}.entries`, 'no entries')
  refuseUnless(entries.length <= (item.limit ?? entries.length), `${path}.entries`, `at most ${item.limit} entries`)
  const tags = item.tags ?? term.tags
  const moments = item.moments ?? term.moments
  for (const [i, entry] of entries.entries()) {
    const at = parseTime(entry.at)
    const place = `${path}.entries.${i}`
    refuseUnless(at >= from && at < to, `${place}.at`, 'an event inside the range')
    refuseUnless(
      members === undefined || Object.keys(entry.body).every((name) => members.includes(name)),
      `${place}.body`,
      'members that were asked for',
    )
    refuseUnless(tags.length === 0 || tags.some((tag) => entry.tags.includes(tag)), `${place}.tags`, 'an agreed tag')
    refuseUnless(
      moments.length === 0 || moments.some((pattern) => isMomentOf(pattern, entry.moment)),
      `${place}.moment`,
      'an agreed moment',
    )
    refuseUnless(
      isAssured(entry.assurance, term.min_assurance),
      `${place}.assurance`,
      `${term.min_assurance} or better`,
    )
  }
}

function refuseUnless(holds: boolean, member: string, expected: string): void {
  if (holds) return
  throw new ProtocolError('answer-invalid', `judging an answer: ${quote(member)} is not as expected: ${expected}`, {
    member,
  })
}
