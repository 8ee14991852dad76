import { type AssertionItem, assertionNoun } from '@dcann/protocol/assertion'
import type { Entry } from '@dcann/protocol/entry'
import type { Term } from '@dcann/protocol/offer'
import type { QueryItem } from '@dcann/protocol/request'
import { readSigned, signedSchema } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import type { World } from '@dcann/sdk/world'
import { beforeAll, expect, test } from 'vitest'
import { consent, offerOf, type Person, ridesStrand, ridesTerm, send, settlePerson, signQuery } from './consented.ts'
import { dawn, type Network, startNetwork } from './network.ts'

let network: Network
let world: World
let person: Person
let counter = 0

/** A ride of which the city says what is special about it. */
function ride(city: string, at: number, change: Partial<Entry> = {}): Entry {
  const moment = { driver: 'experience', channel: 'offline' } as const
  const body = { city, fare_amount: '5.20' }
  const rest = { tags: ['mobility.ride'], source: 'ride-trips-export', assurance: 'self', about: 'holder' } as const
  return { at: formatTime(at), body, moment, ...rest, tags: [...rest.tags], ...change }
}

const day = 86_400
const rides: Entry[] = [
  ride('mine', dawn - day),
  ride('ours', dawn - day + 1, { about: 'both' }),
  ride('theirs', dawn - day + 2, { about: 'others' }),
  ride('vouched', dawn - 2 * day, { assurance: 'source-signed' }),
  ride('bought', dawn - 3 * day, { tags: ['mobility.ticket'] }),
  ride('planned', dawn - 4 * day, { moment: { driver: 'intent', channel: 'online' } }),
  ride('first', dawn - 90 * day),
  ride('before', dawn - 90 * day - 1),
]

beforeAll(async () => {
  await checkVerifyStrict()
  network = await startNetwork({ seed: 'selecting' })
  world = network.world()
  person = await settlePerson(world, 'selecting', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, rides)
})

/** What one item lets out under a term of its own. */
async function itemOf(
  claims: string[] | null,
  change: Partial<Term>,
  item: Partial<QueryItem>,
): Promise<AssertionItem> {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('rides', claims, change)])
  const agreed = await consent(world, person, insurer, offer, ['rides'], counter++)
  const { status, body } = await send(world, await signQuery(world, agreed, [{ strand: 'mobility.rides', ...item }]))
  expect(status).toBe(200)
  const [first] = readSigned(assertionNoun, signedSchema.parse(body['assertion'])).payload.items
  if (!first) throw new Error('the answer has no item')
  return first
}

const citiesOf = ({ entries = [] }: AssertionItem): unknown[] => entries.map(({ body }) => body['city'])
const own = ['first', 'planned', 'bought', 'vouched', 'mine']

test.each<[string, Partial<Term>, Partial<QueryItem>, string[], string?]>([
  ['the range of the term, its first second in it', {}, {}, own, 'about-others'],
  ['all there is without a range', { data_range: null }, {}, ['before', ...own], 'about-others'],
  ['what is about others where the term names it', { about_others: true }, {}, [...own, 'ours', 'theirs']],
  ['what is vouched for as the term asks', { min_assurance: 'fetched' }, {}, ['vouched'], 'assurance'],
  ['the end that was asked for, its last second not in it', {}, { to: formatTime(dawn - day) }, own.slice(0, -1)],
  [
    'the beginning that was asked for, in it',
    {},
    { from: formatTime(dawn - 2 * day) },
    ['vouched', 'mine'],
    'about-others',
  ],
  ['the tags of the term', { tags: ['mobility.ticket'] }, { tags: ['mobility.ticket'] }, ['bought']],
  ['the tags asked for', {}, { tags: ['mobility.ticket'] }, ['bought']],
  ['the moments asked for', {}, { moments: [{ driver: 'intent' }] }, ['planned']],
])('select keeps to %s', async (_, term, item, cities, why) => {
  const answered = await itemOf(null, term, item)
  expect(citiesOf(answered)).toEqual(cities)
  expect([answered.complete, 'why' in answered ? answered.why : undefined]).toEqual([why === undefined, why])
})

test('select lets out the members that were agreed, and no others', async () => {
  const { entries = [] } = await itemOf(['city'], {}, { claims: ['city'] })
  expect(entries).toHaveLength(own.length)
  expect(new Set(entries.flatMap(({ body }) => Object.keys(body)))).toEqual(new Set(['city']))
})

test('select derives from what is vouched for as the term asks, never from what is about others alone', async () => {
  const derived = async (change: Partial<Term>): Promise<unknown> =>
    (await itemOf(['rides_per_week'], change, { claims: ['rides_per_week'] })).derived?.['rides_per_week']
  // 'planned' was no ride, and 'ours' is hers too
  const ofHers = own.length - 1 + 1
  expect(await derived({})).toMatchObject({ of: ofHers })
  expect(await derived({ about_others: true })).toMatchObject({ of: ofHers })
  expect(await derived({ min_assurance: 'fetched' })).toMatchObject({ of: 1 })
})

test('select pages through what does not fit, each entry once', async () => {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('rides', null)])
  const agreed = await consent(world, person, insurer, offer, ['rides'], counter++)
  const cities: unknown[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const item: QueryItem = { strand: 'mobility.rides', limit: 2, ...(cursor === undefined ? {} : { cursor }) }
    const { body } = await send(world, await signQuery(world, agreed, [item]))
    const [page] = readSigned(assertionNoun, signedSchema.parse(body['assertion'])).payload.items
    if (!page) throw new Error('the answer has no item')
    cities.push(...citiesOf(page))
    cursor = page.cursor
    more = cursor !== undefined
  }
  expect(cities).toEqual(own)
})
