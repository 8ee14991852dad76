import type { Entry } from '@dcann/protocol/entry'
import { catalogue } from '@dcann/sdk/imports/catalogue'
import { importFile } from '@dcann/sdk/imports/read'
import { expect } from 'vitest'
import { settlePerson, type Person } from '../consented.ts'
import { sample, type Story } from './setting.ts'

/** Story 4, with the two imports. */
export const streams: Story = {
  claims:
    'the holder brings in searches and rides; each event has a strand, tags and its moment; malformed lines are named; twice adds nothing',
  async tell({ cast, world, label }) {
    const person = await settlePerson(world(), `streams/${label}`, 'IN', cast.nodes.tallinn)
    const searches = await bringIn(person, 'MyActivity.json', 'google-search')
    expect(searches).toEqual({ added: 3827, known: 0, malformed: [2142, 8282, 14172, 20215, 26169] })
    const rides = await bringIn(person, 'trips_data.csv', 'ride-trips')
    expect(rides).toEqual({ added: 1629, known: 0, malformed: [123, 552, 982, 1412] })
    expect(await bringIn(person, 'trips_data.csv', 'ride-trips')).toEqual({
      added: 0,
      known: 1629,
      malformed: [123, 552, 982, 1412],
    })

    const { strands } = await person.vault.listStrands(person.by)
    expect(strands.map(({ strand, coverage }) => [strand.name, coverage.entries])).toEqual([
      ['interest.searches', 3827],
      ['mobility.rides', 1629],
    ])
    const { entries } = await person.vault.listEntries(person.by, 'interest.searches')
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.every(({ assurance, about }) => assurance === 'self' && about === 'holder')).toBe(true)
    expect(new Set(entries.map(({ moment }) => moment?.channel))).toEqual(new Set(['online']))
  },
}

type BroughtIn = { readonly added: number; readonly known: number; readonly malformed: readonly number[] }

/** As a wallet brings a file in: the strand first, then batches. */
async function bringIn({ vault, by }: Person, name: string, id: string): Promise<BroughtIn> {
  const mapping = catalogue.find((one) => one.id === id)
  if (!mapping) throw new Error(`there is no mapping ${id}`)
  await vault.makeStrand(by, { ...mapping.strand, tags: [...mapping.strand.tags], custody: 'node' })
  const malformed: number[] = []
  let added = 0
  let known = 0
  let batch: Entry[] = []
  const send = async (): Promise<void> => {
    if (batch.length === 0) return
    const answer = await vault.addEntries(by, mapping.strand.name, batch)
    added += answer.added
    known += answer.known
    batch = []
  }
  for await (const one of importFile({ name, chunks: sample(name), mapping })) {
    if ('passed' in one) continue
    if ('skipped' in one) {
      if (one.skipped.code !== 'left-out' && one.skipped.code !== 'duplicate') malformed.push(one.skipped.line)
      continue
    }
    batch.push(one.entry)
    if (batch.length === 300) await send()
  }
  await send()
  return { added, known, malformed }
}
