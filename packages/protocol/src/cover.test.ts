import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCast } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { ageTerm, ridesTerm } from '../../../test/pair.ts'
import type { Allowance } from './agreement.ts'
import { derivedClaim } from './claim.ts'
import { type CoveredItem, cover } from './cover.ts'
import type { MomentPattern } from './moment.ts'
import type { Term } from './offer.ts'
import type { QueryItem } from './request.ts'
import type { RequesterRecord } from './requester.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const day = 86_400
const cast = await makeCast('cover', now)
const requester = cast.requesters.insurer.record.payload
const purpose = ridesTerm.purpose

function allowing(...terms: readonly Term[]): Allowance {
  return {
    agreement: 'A'.repeat(43),
    requester: requester.name,
    handle: '0'.repeat(26),
    key: 'A'.repeat(43),
    terms,
    control: { epoch: 1, parent: null },
    from: now,
    until: now + day,
    due: [],
    sealing_key: null,
    prior: null,
  }
}

const judge = async (
  item: QueryItem,
  terms: readonly Term[] = [ridesTerm, ageTerm],
  wanted = purpose,
): Promise<string> => await codeOf(() => cover({ purpose: wanted, items: [item] }, allowing(...terms), requester, now))
const only = (item: QueryItem, ...terms: readonly Term[]): CoveredItem =>
  cover({ purpose, items: [item] }, allowing(...terms), requester, now)[0]!

const rides: QueryItem = { strand: 'mobility.rides', claims: ['rides_per_week'] }
const whole: Term = { ...ridesTerm, claims: null }
const ago = (days: number): string => formatTime(now - days * day)

test('cover lets out what was agreed, with the term that lets it out', () => {
  expect(only(rides, ageTerm, ridesTerm)).toEqual({ item: rides, term: ridesTerm, from: now - 90 * day, to: now + 1 })
})

test.each<[string, QueryItem, readonly Term[], string]>([
  ['another strand', { strand: 'finance.income' }, [ridesTerm], 'over-asking'],
  ['another claim', { ...rides, claims: ['favourite_place'] }, [ridesTerm], 'over-asking'],
  ['one claim too many', { ...rides, claims: ['rides_per_week', 'places'] }, [ridesTerm], 'over-asking'],
  ['a claim that begins like one agreed', { ...rides, claims: ['rides_per_week_by_city'] }, [ridesTerm], 'over-asking'],
  ['a claim with which one agreed begins', { ...rides, claims: ['rides'] }, [ridesTerm], 'over-asking'],
  ['a strand that begins like one agreed', { ...rides, strand: 'mobility.rides.shared' }, [ridesTerm], 'over-asking'],
  ['a strand with which one agreed begins', { ...rides, strand: 'mobility' }, [ridesTerm], 'over-asking'],
  ['whole entries where a claim was agreed', { strand: 'mobility.rides' }, [ridesTerm], 'over-asking'],
  ['a derived claim where entries were agreed', rides, [whole], 'over-asking'],
  ['members where entries were agreed', { ...rides, claims: ['fare'] }, [whole], 'admitted'],
  ['claims of two terms in one item', { ...rides, claims: ['a', 'b'] }, [member('a'), member('b')], 'over-asking'],
  ['no tags where tags were agreed', { strand: 'mobility.rides' }, [{ ...whole, tags: ['a'] }], 'over-asking'],
  ['another tag', { strand: 'mobility.rides', tags: ['a', 'b'] }, [{ ...whole, tags: ['a'] }], 'over-asking'],
  ['the tag agreed', { strand: 'mobility.rides', tags: ['a'] }, [{ ...whole, tags: ['a', 'b'] }], 'admitted'],
  ['a tag where any was agreed', { strand: 'mobility.rides', tags: ['a'] }, [whole], 'admitted'],
  ['no moments where moments were agreed', { strand: 'mobility.rides' }, [driven('intent')], 'over-asking'],
  ['a wider moment', { strand: 'mobility.rides', moments: [{}] }, [driven('intent')], 'over-asking'],
  ['another moment', { strand: 'mobility.rides', moments: [{ driver: 'sharing' }] }, [driven('intent')], 'over-asking'],
  [
    'one of two moments',
    { strand: 'mobility.rides', moments: [{ driver: 'sharing' }] },
    [{ ...whole, moments: [{ driver: 'intent' }, { driver: 'sharing' }] }],
    'admitted',
  ],
  [
    'a moment beside one agreed',
    { strand: 'mobility.rides', moments: [{ driver: 'intent' }, { driver: 'sharing' }] },
    [driven('intent')],
    'over-asking',
  ],
  [
    'a narrower moment',
    { strand: 'mobility.rides', moments: [{ driver: 'intent', channel: 'online' }] },
    [driven('intent')],
    'admitted',
  ],
  ['a second before the range', { ...rides, from: formatTime(now - 90 * day - 1) }, [ridesTerm], 'bound-crossed'],
  ['the whole range', { ...rides, from: ago(90) }, [ridesTerm], 'admitted'],
  ['an empty time', { ...rides, from: ago(1), to: ago(1) }, [ridesTerm], 'schema-mismatch'],
  ['time that runs back', { ...rides, from: ago(1), to: ago(2) }, [ridesTerm], 'schema-mismatch'],
  ['the end before the range', { ...rides, to: ago(91) }, [ridesTerm], 'schema-mismatch'],
  ['anything under a term of mode write', rides, [{ ...ridesTerm, mode: 'write' }], 'over-asking'],
  ['a use that is registered no more', rides, [{ ...ridesTerm, category: 'pd:Health' }], 'over-asking'],
])('cover judges %s', async (_, item, terms, code) => {
  expect(await judge(item, terms)).toBe(code)
})

test('cover: a purpose is one of those agreed', async () => {
  expect(await judge(rides, [ridesTerm], 'dpv:Marketing')).toBe('purpose-mismatch')
  expect(await judge(rides, [{ ...ridesTerm, purpose: 'dpv:Marketing' }, ageTerm])).toBe('over-asking')
  expect(await judge(rides, [])).toBe('purpose-mismatch')
  // neither wider nor narrower in the vocabulary counts as the same
  expect(await judge(rides, [ridesTerm], 'dpv:Personalisation')).toBe('purpose-mismatch')
  expect(await judge(rides, [{ ...ridesTerm, purpose: 'dpv:Personalisation' }])).toBe('purpose-mismatch')
})

test('cover: one item beyond the agreement refuses the whole request', async () => {
  const items = [rides, { strand: 'finance.income' }]
  expect(await codeOf(() => cover({ purpose, items }, allowing(ridesTerm), requester, now))).toBe('over-asking')
})

test('cover names the bound that was crossed', () => {
  const facts = (item: QueryItem, ...terms: readonly Term[]): unknown => {
    try {
      return only(item, ...terms)
    } catch (error) {
      return (error as { facts: unknown }).facts
    }
  }
  expect(facts({ strand: 'finance.income' }, ridesTerm)).toEqual({ strand: 'finance.income', bound: 'strand' })
  expect(facts({ strand: 'mobility.rides' }, ridesTerm)).toEqual({ strand: 'mobility.rides', bound: 'claims' })
  expect(facts({ ...rides, from: ago(91) }, ridesTerm)).toEqual({ strand: 'mobility.rides', bound: 'data_range' })
})

test('cover takes, of terms that fit, one that reaches as far as asked', () => {
  const near: Term = { ...whole, id: 'near', data_range: { last: 'P7D' } }
  const far: Term = { ...whole, id: 'far', data_range: null }
  expect(only({ strand: 'mobility.rides', from: ago(30) }, near, far).term.id).toBe('far')
  expect(only({ strand: 'mobility.rides', from: ago(3) }, near, far).term.id).toBe('near')
})

test('cover: without a data range, what was before 1970 is reached too', () => {
  const born: QueryItem = { strand: 'profile.person', claims: ['age_over_18'], from: '1948-05-04T00:00:00Z' }
  expect(only(born, ageTerm).from).toBe(parseTime('1948-05-04T00:00:00Z'))
  expect(only({ strand: 'profile.person', claims: ['age_over_18'] }, ageTerm).from).toBeLessThan(
    parseTime('1900-01-01T00:00:00Z'),
  )
})

// The law: whatever is answered was agreed and is registered. Over the cross product of terms, queries and registered uses.
const strands = ['mobility.rides', 'profile.person']
const claimNames = ['rides_per_week', 'age_over_18', 'fare', 'place']
const tagNames = ['a', 'b']
const categories = ['pd:TravelHistory', 'pd:Age', 'pd:Health']
const purposes = ['dpv:PersonalisedBenefits', 'dpv:ServiceProvision']
const patternArbitrary: fc.Arbitrary<MomentPattern> = fc.record(
  {
    driver: fc.constantFrom<'intent' | 'sharing'>('intent', 'sharing'),
    channel: fc.constantFrom<'online' | 'offline'>('online', 'offline'),
  },
  { requiredKeys: [] },
)
const claimsArbitrary = fc.subarray(claimNames, { minLength: 1 })
const termArbitrary: fc.Arbitrary<Term> = fc
  .record({
    strand: fc.constantFrom(...strands),
    claims: fc.option(claimsArbitrary),
    category: fc.constantFrom(...categories),
    purpose: fc.constantFrom(...purposes),
    mode: fc.constantFrom<Term['mode']>('view', 'store', 'write'),
    data_range: fc.option(fc.constantFrom({ last: 'P7D' }, { last: 'P90D' })),
    tags: fc.subarray(tagNames),
    moments: fc.array(patternArbitrary, { maxLength: 2 }),
    used_by: fc.subarray(['app', 'processor']),
    combine: fc.constantFrom<Term['combine']>('never', ['bought']),
  })
  .map((part) => ({ ...ridesTerm, ...part }))
const itemArbitrary: fc.Arbitrary<QueryItem> = fc.record(
  {
    strand: fc.constantFrom(...strands),
    claims: claimsArbitrary,
    from: fc.nat(100).map(ago),
    tags: fc.subarray(tagNames, { minLength: 1 }),
    moments: fc.array(patternArbitrary, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['strand'] },
)
/** What was agreed, with one member or another drawn anew: near the border, where mistakes are. */
const itemNear = (term: Term): fc.Arbitrary<QueryItem> =>
  itemArbitrary.chain((other) =>
    fc.subarray(['claims', 'from', 'tags', 'moments'] as const, { maxLength: 2 }).map((changed) => {
      const near: QueryItem = {
        strand: term.strand,
        ...(term.claims && { claims: term.claims }),
        ...(term.tags.length > 0 && { tags: term.tags }),
        ...(term.moments.length > 0 && { moments: term.moments }),
      }
      return changed.reduce((item, name) => (other[name] ? { ...item, [name]: other[name] } : item), near)
    }),
  )
const askedArbitrary = fc
  .array(termArbitrary, { minLength: 1, maxLength: 3 })
  .chain((terms) =>
    fc.tuple(
      fc.constant(terms),
      fc.array(fc.oneof(itemArbitrary, ...terms.map(itemNear)), { minLength: 1, maxLength: 2 }),
    ),
  )
const useArbitrary = fc.record({
  purpose: fc.constantFrom(...purposes),
  categories: fc.subarray(categories, { minLength: 1 }),
  used_by: fc.subarray(['app', 'processor']),
  bought_in: fc.subarray(['bought']),
  notice: fc.constant('https://insurer.example/notice'),
})

test('cover: whatever is answered was agreed and is registered', async () => {
  let covered = 0
  await fc.assert(
    fc.asyncProperty(
      askedArbitrary,
      fc.array(useArbitrary, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...purposes),
      async ([terms, items], uses, wanted) => {
        const record: RequesterRecord = { ...requester, uses }
        let answered: CoveredItem[] = []
        const code = await codeOf(() => {
          answered = cover({ purpose: wanted, items }, allowing(...terms), record, now)
        })
        if (code !== 'admitted') {
          expect(['purpose-mismatch', 'over-asking', 'bound-crossed', 'schema-mismatch']).toContain(code)
          return
        }
        covered++
        expect(answered.map(({ item }) => item)).toEqual(items)
        for (const one of answered) {
          expect(terms).toContain(one.term)
          expectWithin(one, wanted)
          expect(uses.some((use) => registers(use, one.term))).toBe(true)
        }
      },
    ),
    { numRuns: 5000 },
  )
  expect(covered).toBeGreaterThan(50)
})

/** The same law once more, written as a person would say it. */
function expectWithin({ item, term, from, to }: CoveredItem, wanted: string): void {
  expect(term.purpose).toBe(wanted)
  expect(term.strand).toBe(item.strand)
  expect(term.mode).not.toBe('write')
  if (term.claims) {
    expect(item.claims).toBeDefined()
    for (const claim of item.claims ?? []) expect(term.claims).toContain(claim)
  } else for (const claim of item.claims ?? []) expect(derivedClaim(claim)).toBeUndefined()
  if (term.tags.length > 0) {
    expect(item.tags?.length).toBeGreaterThan(0)
    for (const tag of item.tags ?? []) expect(term.tags).toContain(tag)
  }
  if (term.moments.length > 0) {
    for (const driver of ['intent', 'sharing', 'experience'] as const) {
      for (const channel of ['online', 'offline'] as const) {
        const named = (patterns: readonly MomentPattern[]): boolean =>
          patterns.some((p) => (p.driver ?? driver) === driver && (p.channel ?? channel) === channel)
        if (!item.moments || named(item.moments)) expect(named(term.moments)).toBe(true)
      }
    }
  }
  if (term.data_range) expect(from).toBeGreaterThanOrEqual(now - (term.data_range.last === 'P7D' ? 7 : 90) * day)
  expect(to).toBeGreaterThan(from)
}

function registers(use: RequesterRecord['uses'][number], term: Term): boolean {
  return (
    use.purpose === term.purpose &&
    use.categories.includes(term.category) &&
    term.used_by.every((name) => use.used_by.includes(name)) &&
    (term.combine === 'never' || term.combine.every((source) => use.bought_in.includes(source)))
  )
}

function member(name: string): Term {
  return { ...ridesTerm, id: name, claims: [name] }
}

function driven(driver: 'intent' | 'sharing'): Term {
  return { ...whole, moments: [{ driver }] }
}
