import { type AssertionItem, assertionNoun } from '@dcann/protocol/assertion'
import type { QueryItem } from '@dcann/protocol/request'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { requesterNoun, type RequesterRecord } from '@dcann/protocol/requester'
import { readSigned, signedSchema } from '@dcann/protocol/signed'
import { catalogue } from '@dcann/sdk/imports/catalogue'
import type { Imported } from '@dcann/sdk/imports/piece'
import { importFile } from '@dcann/sdk/imports/read'
import { expect, test } from 'vitest'
import { type CastRequester, write } from '../cast.ts'
import {
  type Answered,
  consent,
  type Consented,
  dailyRides,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'
import { type Network, startNetwork } from '../network.ts'
import { sample } from './setting.ts'

/**
 * Everybody she knows comes in with her own career. They never agreed to anything, so they stay where they are until a
 * term says in so many words that it wants what is about others.
 */
test(
  'people she is connected with never leave, unless a term names what is about others',
  { timeout: 60_000 },
  async () => {
    await checkVerifyStrict()
    const network = await startNetwork({ seed: 'about-others' })
    const world = network.world()
    const person = await settlePerson(world, 'about-others', 'IN', network.cast.nodes.tallinn)
    const filled = await bringIn(person, 'professional-network.zip')
    expect(filled).toEqual({
      'social.connections': { added: 426, known: 0 },
      'work.positions': { added: 13, known: 0 },
    })
    expect(await bringIn(person, 'professional-network.zip')).toEqual({
      'social.connections': { added: 0, known: 426 },
      'work.positions': { added: 0, known: 13 },
    })

    const recruiter = await registerRecruiter(network)
    const agree = async (label: number, aboutOthers: boolean): Promise<Consented> => {
      const offer = await offerOf(world, recruiter, [
        wholeStrand('people', 'social.connections', 'pd:Connection', aboutOthers),
        wholeStrand('career', 'work.positions', 'pd:EmploymentHistory', false),
      ])
      return await consent(world, person, recruiter, offer, ['people', 'career'], label)
    }
    const people = { strand: 'social.connections' }
    const ask = async (agreed: Consented, ...items: QueryItem[]): Promise<readonly AssertionItem[]> => {
      return itemsOf(await send(world, await signQuery(world, agreed, items)))
    }

    // her career is hers to give; of the people in the same archive nothing leaves, and the answer says why
    const [kept, career] = await ask(await agree(0, false), people, { strand: 'work.positions' })
    expect(kept).toMatchObject({ strand: 'social.connections', entries: [], complete: false, why: 'about-others' })
    expect(career).toMatchObject({ strand: 'work.positions', complete: true })
    expect(career?.entries).toHaveLength(13)

    // a term that names them lets them out, a page at a time
    const named = await agree(1, true)
    const [begun] = await ask(named, people)
    expect(begun).toMatchObject({ complete: false, why: 'more' })
    const [rest] = await ask(named, begun?.cursor === undefined ? people : { ...people, cursor: begun.cursor })
    expect(rest).toMatchObject({ complete: true })
    const told = [...(begun?.entries ?? []), ...(rest?.entries ?? [])]
    expect(told).toHaveLength(426)
    expect(told.every(({ body }) => typeof body['connected'] === 'string')).toBe(true)
  },
)

test('what is derived never counts what is about others', { timeout: 60_000 }, async () => {
  await checkVerifyStrict()
  const network = await startNetwork({ seed: 'about-others/derived' })
  const world = network.world()
  const { insurer } = network.cast.requesters
  const person = await settlePerson(world, 'about-others/derived', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  const hers = dailyRides(Math.floor(world.now()), 45)
  const ofGuests = hers.map((ride) => ({ ...ride, about: 'others' as const, body: { ...ride.body, city: 'Tartu' } }))
  await person.vault.addEntries(person.by, 'mobility.rides', [...hers, ...ofGuests])

  const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'], { about_others: true })])
  const agreed = await consent(world, person, insurer, offer, ['rate'])
  const [item] = itemsOf(await send(world, await signQuery(world, agreed, ridesPerWeek)))
  expect(item?.derived).toMatchObject({ rides_per_week: { value: '3.5', of: 45 } })
})

function itemsOf({ status, body }: Answered): readonly AssertionItem[] {
  expect(status).toBe(200)
  return readSigned(assertionNoun, signedSchema.parse(body['assertion'])).payload.items
}

/** As a wallet brings an archive in: each strand when its first entry comes, then one batch for each. */
async function bringIn({ vault, by }: Person, name: string): Promise<Record<string, object>> {
  const strands = new Map<string, Imported[]>()
  for await (const one of importFile({ name, chunks: sample(name) })) {
    if ('entry' in one) strands.set(one.mapping.strand.name, [...(strands.get(one.mapping.strand.name) ?? []), one])
  }
  const filled: Record<string, object> = {}
  for (const [strand, some] of strands) {
    const shape = catalogue.find((mapping) => mapping.strand.name === strand)?.strand
    if (shape === undefined) throw new Error(`no mapping is for ${strand}`)
    await vault.makeStrand(by, { ...shape, tags: [...shape.tags], custody: 'node' })
    const { added, known } = await vault.addEntries(
      by,
      strand,
      some.map(({ entry }) => ({ ...entry, tags: [...entry.tags], body: { ...entry.body } })),
    )
    filled[strand] = { added, known }
  }
  return filled
}

/** A company that its country lets ask for a person's career and connections. */
async function registerRecruiter({ cast, submit }: Network): Promise<CastRequester> {
  const { keys, record } = cast.requesters.insurer
  const [use] = record.payload.uses
  if (use === undefined) throw new Error('the insurer may ask for nothing')
  const payload: RequesterRecord = {
    ...record.payload,
    name: 'EE/requester/recruiter',
    legal_name: 'Otsija Personal (made up)',
    uses: [{ ...use, categories: ['pd:Connection', 'pd:EmploymentHistory'] }],
  }
  const recruiter = await write<RequesterRecord>(requesterNoun, payload, [...cast.countries.EE.keys, ...keys])
  await submit(recruiter.signed)
  return { keys, record: recruiter }
}

function wholeStrand(id: string, strand: string, category: string, aboutOthers: boolean) {
  return ridesTerm(id, null, { strand, category, data_range: null, about_others: aboutOthers })
}
