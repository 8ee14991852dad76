import type { Allowance } from '@dcann/protocol/agreement'
import type { CoveredItem } from '@dcann/protocol/cover'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Term } from '@dcann/protocol/offer'
import type { Instant } from '@dcann/protocol/time'
import type { State } from '../agreements/shelf.ts'

const seconds = { hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 } as const

/**
 * Counts one answer against each term it draws on. Windows are counted from the agreement's beginning, half-open; a month
 * is 30 days. Throws `frequency-exceeded`, saying when to come back.
 */
export function countUse(
  used: State['used'],
  allowance: Allowance,
  items: readonly CoveredItem[],
  now: Instant,
): State['used'] {
  const next = { ...used }
  for (const term of new Set(items.map((item) => item.term))) {
    const limit = limitOf(term)
    if (!limit) continue
    const window = limit.length === null ? 0 : Math.floor((now - allowance.from) / limit.length)
    const before = next[term.id]
    const count = before?.window === window ? before.count : 0
    if (count >= limit.max) {
      const opens = limit.length === null ? null : allowance.from + (window + 1) * limit.length - now
      throw new ProtocolError(
        'frequency-exceeded',
        `answering: the term ${quote(term.id)} allows ${limit.max} answer(s) ${term.fetch === 'one-time' ? 'once' : `a ${term.frequency?.per}`}, all given`,
        opens === null ? { term: term.id } : { term: term.id, retry_after: opens },
      )
    }
    next[term.id] = { window, count: count + 1 }
  }
  return next
}

function limitOf(term: Term): { readonly max: number; readonly length: number | null } | undefined {
  if (term.fetch === 'one-time') return { max: 1, length: null }
  return term.frequency ? { max: term.frequency.max, length: seconds[term.frequency.per] } : undefined
}
