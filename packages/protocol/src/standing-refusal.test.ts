import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { leiOf, makeCast } from '../../../test/cast.ts'
import { groupOf } from './control.ts'
import type { RequesterRecord } from './requester.ts'
import { isUnwanted, purposesReaching, refusedAs, standingRefusalSchema, withRefusal } from './standing-refusal.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const insurer = (await makeCast('standing-refusal', now)).requesters.insurer.record.payload
const parent = leiOf('a holding')
const owned = { ...insurer.control, parent, exception: null }
const sisters = ['EE/requester/one', 'EE/requester/two'].map((name) => ({
  ...insurer,
  name,
  lei: leiOf(name),
  control: owned,
}))
const holding = { ...insurer, name: 'IN/requester/holding', lei: parent }
const asks = (purpose: string) => [{ purpose }]
const marketing = { purpose: 'dpv:Marketing', except: [] as string[] }

test('isUnwanted: a purpose refused in advance, and every narrower one, and no broader', () => {
  const unwanted = (purpose: string): boolean =>
    isUnwanted(asks(purpose), insurer, { standing: [marketing], remembered: [] }, now)
  expect(['dpv:Marketing', 'dpv:Advertising', 'dpv:PersonalisedAdvertising'].map(unwanted)).toEqual([true, true, true])
  expect(unwanted('dpv:ServiceProvision')).toBe(false)
  expect(purposesReaching(asks('dpv:Advertising'))).toEqual(['dpv:Advertising', 'dpv:Marketing'])
  // one such term among others is enough
  const terms = [...asks('dpv:ServiceProvision'), ...asks('dpv:DirectMarketing')]
  expect(isUnwanted(terms, insurer, { standing: [marketing], remembered: [] }, now)).toBe(true)
  const excepted = { ...marketing, except: [insurer.name] }
  expect(isUnwanted(asks('dpv:Marketing'), insurer, { standing: [excepted], remembered: [] }, now)).toBe(false)
})

test('isUnwanted: refused once, refused to every company of the group, until the time is over', () => {
  const [one, two] = sisters
  if (!one || !two) throw new Error('there are two sisters')
  const until = formatTime(now + 100)
  const remembered = refusedAs(one).map((who) => ({ who, purpose: 'dpv:Marketing', until }))
  const unwanted = (who: RequesterRecord, purpose = 'dpv:Marketing', at = now): boolean =>
    isUnwanted(asks(purpose), who, { standing: [], remembered }, at)
  expect([one, two, holding, insurer].map((who) => unwanted(who))).toEqual([true, true, true, false])
  expect(unwanted(two, 'dpv:Advertising')).toBe(false)
  expect([unwanted(two, 'dpv:Marketing', now + 99), unwanted(two, 'dpv:Marketing', now + 100)]).toEqual([true, false])
  // sold since, it is still the one that was refused
  expect(unwanted({ ...one, control: { ...owned, parent: leiOf('another holding') } })).toBe(true)
})

test('groupOf: who ultimately controls it, else itself', () => {
  expect(groupOf(sisters[0] ?? insurer)).toBe(parent)
  expect(groupOf(insurer)).toBe(insurer.lei)
  expect(groupOf({ ...insurer, lei: null })).toBe(insurer.name)
})

test('withRefusal: said again, it only grows', () => {
  const names = fc.uniqueArray(fc.constantFrom('EE/requester/a', 'EE/requester/b', 'EE/requester/c'))
  fc.assert(
    fc.property(names, names, (held, said) => {
      const { except } = withRefusal({ ...marketing, except: held }, { ...marketing, except: said })
      for (const name of except) expect(held).toContain(name)
    }),
  )
  expect(withRefusal(undefined, { ...marketing, except: ['EE/requester/a'] }).except).toEqual(['EE/requester/a'])
})

test('standingRefusalSchema wants a purpose of the vocabulary, and names', () => {
  for (const wrong of [
    { ...marketing, purpose: 'dpv:Nonsense' },
    { ...marketing, except: ['EE/node/x'] },
    { ...marketing, until: 1 },
    { purpose: 'dpv:Marketing' },
  ])
    expect(standingRefusalSchema.safeParse(wrong).success).toBe(false)
})
