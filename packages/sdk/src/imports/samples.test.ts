import { readFileSync } from 'node:fs'
import { entrySchema } from '@dcann/protocol/entry'
import { expect, test } from 'vitest'
import type { Imported, Passed } from './piece.ts'
import { importFile } from './read.ts'
import type { Skip } from './skip.ts'

async function read(name: string) {
  const bytes = readFileSync(new URL(`../../../../test/samples/${name}`, import.meta.url))
  const entries: Imported[] = []
  const skipped: Skip[] = []
  const passed: Passed['passed'][] = []
  const progress: number[] = []
  const chunks = new Blob([bytes]).stream()
  for await (const piece of importFile({ name, chunks, onProgress: (at) => progress.push(at) })) {
    if ('entry' in piece) entries.push(piece)
    else if ('skipped' in piece) skipped.push(piece.skipped)
    else passed.push(piece.passed)
  }
  return { bytes, entries, skipped, passed, progress }
}

const searches = await read('MyActivity.json')
const rides = await read('trips_data.csv')
const network = await read('professional-network.zip')
const all = [...searches.entries, ...rides.entries, ...network.entries]
const faults = (skipped: readonly Skip[]) => skipped.filter(({ code }) => !['left-out', 'duplicate'].includes(code))
const lines = (skipped: readonly Skip[]) => faults(skipped).map(({ line, code }) => [line, code])

test('importFile makes the entries of MyActivity.json that it holds', () => {
  const kinds = Object.groupBy(searches.entries, ({ entry }) => entry.body['kind'] ?? '')
  expect(kinds['search']).toHaveLength(2986)
  expect(kinds['visit']).toHaveLength(841)
  expect(searches.entries).toHaveLength(3827)
  expect(searches.skipped.filter(({ code }) => code === 'left-out')).toHaveLength(160)
  expect(searches.skipped.filter(({ code }) => code === 'duplicate')).toHaveLength(4)
})

test('importFile makes the entries of trips_data.csv that it holds', () => {
  expect(rides.entries.filter(({ entry }) => entry.moment)).toHaveLength(1522)
  expect(rides.entries).toHaveLength(1629)
  expect(rides.skipped.filter(({ code }) => code === 'left-out')).toHaveLength(20)
  expect(rides.skipped.filter(({ code }) => code === 'duplicate')).toHaveLength(2)
})

test('importFile makes the entries of professional-network.zip that it holds, for two strands', () => {
  const strands = Object.groupBy(network.entries, ({ mapping }) => mapping.strand.name)
  expect(strands['social.connections']).toHaveLength(426)
  expect(strands['social.connections']?.every(({ entry }) => entry.about === 'others' && !entry.moment)).toBe(true)
  expect(strands['work.positions']).toHaveLength(13)
  expect(strands['work.positions']?.every(({ entry }) => entry.about === 'holder' && !entry.moment)).toBe(true)
  expect(network.skipped.filter(({ code }) => code === 'left-out')).toHaveLength(6)
  expect(network.skipped.filter(({ code }) => code === 'duplicate')).toHaveLength(1)
  expect(network.passed.map(({ file, code }) => [file, code])).toEqual([
    ['Profile.csv', 'unknown'],
    ['Saved Jobs.csv', 'unknown'],
    ['Skills.csv', 'unknown'],
  ])
})

test('importFile reports the faulty pieces of the samples at their lines, and loses none of their neighbours', () => {
  expect(lines(searches.skipped)).toEqual([
    [2142, 'malformed'],
    [8282, 'malformed'],
    [14172, 'malformed'],
    [20215, 'field-invalid'],
    [26169, 'field-missing'],
  ])
  expect(lines(rides.skipped)).toEqual([
    [123, 'malformed'],
    [552, 'malformed'],
    [982, 'field-invalid'],
    [1412, 'malformed'],
  ])
  expect(lines(network.skipped)).toEqual([
    [67, 'field-invalid'],
    [156, 'malformed'],
    [246, 'malformed'],
    [336, 'field-missing'],
    [11, 'field-invalid'],
    [17, 'field-missing'],
  ])
})

test('importFile finds the lines that the README of the samples names', () => {
  const readme = readFileSync(new URL('../../../../test/samples/README.md', import.meta.url), 'utf8')
  const named = Array.from(readme.matchAll(/^\| (\d+) \|/gm), ([, line]) => Number(line))
  const found = [searches, rides, network].flatMap(({ skipped }) => faults(skipped))
  expect(found.map(({ line }) => line)).toEqual(named)
})

test('importFile says at the end that all bytes are worked through', () => {
  for (const { bytes, progress } of [searches, rides, network]) {
    expect(progress.at(-1)).toBe(bytes.length)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  }
})

test('importFile makes entries that a vault takes, each with an id of its own', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  for (const { entry } of all) expect(entrySchema.parse(entry)).toEqual(entry)
})

test('importFile gives the same file the same ids again', async () => {
  for (const [name, { entries }] of [
    ['trips_data.csv', rides],
    ['professional-network.zip', network],
  ] as const) {
    expect((await read(name)).entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id))
  }
})

function shown(one: Imported | undefined) {
  return one && { id: one.id, line: one.line, entry: one.entry }
}

test('importFile reads a search and a ride of the samples', () => {
  const search = searches.entries.find(({ entry }) => entry.body['query']?.includes('वॉशिंग मशीन'))
  const ride = rides.entries.find(({ entry }) => entry.body['begin_address']?.includes('Õunapuu'))
  const missed = rides.entries.find(({ entry }) => !entry.moment)
  expect({ search: shown(search), ride: shown(ride), missed: shown(missed) }).toMatchInlineSnapshot(`
    {
      "missed": {
        "entry": {
          "about": "holder",
          "assurance": "self",
          "at": "2026-11-09T06:32:56Z",
          "body": {
            "begin_address": "Männiku põik 14-3, Kalamaja, 10415 Tallinn, Estonia",
            "city": "Tallinn",
            "end_address": "Nõmme turg, Jaama tee 18, 11615 Tallinn, Estonia",
            "fare_amount": "3.50",
            "fare_currency": "EUR",
            "product": "Green",
            "request_time": "2026-11-09T06:32:56Z",
            "status": "canceled",
          },
          "source": "ride-trips-export",
          "tags": [
            "mobility.ride-not-taken",
          ],
        },
        "id": "E3jJsaZLv83pvjwgYM8pWV9emwYc2t_kocZw6tNo6lE",
        "line": 10,
      },
      "ride": {
        "entry": {
          "about": "holder",
          "assurance": "self",
          "at": "2026-11-13T17:45:36Z",
          "body": {
            "begin_address": "Kohvik "Õunapuu", Pärna 31, Kadriorg, 10127 Tallinn, Estonia",
            "begin_lat": "59.43846",
            "begin_lng": "24.78601",
            "begin_time": "2026-11-13T17:45:36Z",
            "city": "Tallinn",
            "distance_miles": "3.30",
            "end_address": "Männiku põik 14-3, Kalamaja, 10415 Tallinn, Estonia",
            "end_lat": "59.44860",
            "end_lng": "24.73301",
            "end_time": "2026-11-13T17:59:29Z",
            "fare_amount": "7.67",
            "fare_currency": "EUR",
            "product": "Go",
            "status": "completed",
          },
          "moment": {
            "channel": "offline",
            "driver": "experience",
          },
          "source": "ride-trips-export",
          "tags": [
            "mobility.ride",
          ],
        },
        "id": "xVYjLOcRyq65G7sip0C6cDlPuxZ2LLgoM9VUbrRA09c",
        "line": 6,
      },
      "search": {
        "entry": {
          "about": "holder",
          "assurance": "self",
          "at": "2026-11-21T07:04:59Z",
          "body": {
            "kind": "search",
            "product": "Search",
            "query": "वॉशिंग मशीन arvustused",
          },
          "moment": {
            "channel": "online",
            "driver": "intent",
          },
          "source": "google-search-export",
          "tags": [
            "interest.home-appliances",
            "usage.search",
          ],
        },
        "id": "mtBicVEIn4klZZ92LM3e3Jrzz5iIVhik5uThlSBnMYI",
        "line": 99,
      },
    }
  `)
})
