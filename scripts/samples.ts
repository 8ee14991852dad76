// Writes test/samples: exports of a person who does not exist. The same bytes every time: the seeds are fixed and no
// clock is read.
import { writeFileSync } from 'node:fs'
import { type ArchiveSample, makeNetwork } from './samples/network.ts'
import { makeRides } from './samples/rides.ts'
import type { Sample } from './samples/sample.ts'
import { makeSearches } from './samples/searches.ts'

/** All files of test/samples, by name. */
export function makeSamples(): ReadonlyMap<string, Uint8Array> {
  const samples = [makeSearches(), makeRides()]
  const network = makeNetwork()
  const files = new Map<string, Uint8Array>(samples.map(({ name, text }) => [name, Buffer.from(text)]))
  return files.set(network.name, network.bytes).set('README.md', Buffer.from(makeReadme(samples, network)))
}

function makeReadme(samples: readonly Sample[], { name, members }: ArchiveSample): string {
  const parts = [
    ...samples.map((sample) => describeSample('##', sample)),
    [`## ${name}`, '', ...(about[name] ?? [])].join('\n'),
    ...members.map((member) => describeSample('###', member)),
  ]
  return `${[...opening, '', parts.join('\n\n')].join('\n')}\n`
}

function describeSample(heading: string, { name, text, counts, faults }: Sample): string {
  const lines = text.split('\n').length - 1
  const counted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = counted.map(([what, count]) => `| ${what} | ${count} |`)
  const faulty = faults.map(({ line, fault }) => `| ${line} | ${fault} |`)
  const table = [
    '| pieces | count |',
    '|---|---|',
    ...rows,
    '',
    '| line, faulty on purpose | fault |',
    '|---|---|',
    ...faulty,
  ]
  return [`${heading} ${name}`, '', ...(about[name] ?? []), '', `${lines} lines.`, '', ...table].join('\n')
}

const opening = [
  '# Samples',
  '',
  'Exports in the shape in which three kinds of company hand a person her data. **All of it is made up**: the person, her',
  'searches, her rides, the addresses, the pages, the companies she works for, everybody she is connected with. She lives in',
  'Pune until August 2025, then in Tallinn; nothing is known after 2026-11-22.',
  '',
  '`node scripts/samples.ts` writes this folder, the same bytes each time; a test holds it to that. Change the script,',
  'not the files. What `packages/sdk/src/imports` makes of them is pinned in `samples.test.ts` there.',
]
const about: Readonly<Record<string, readonly string[]>> = {
  'MyActivity.json': [
    'Search activity of a Google data export ("My Activity", JSON): one array, newest first, printed with objects opened on',
    'the line where the one before closes, `=`, `&` and quotes escaped as `\\u003d`. Searches and visits become entries;',
    '"Viewed …" and "Used …" are left out. Queries are in English, Hindi and Estonian.',
  ],
  'trips_data.csv': [
    'Rides of a ride company’s personal data download: RFC 4180, newest first, times in UTC, fares in INR and EUR. Rides',
    'taken and not taken become entries; orders of food are left out. In the last 90 days she rides about four times a week.',
  ],
  'professional-network.zip': [
    'The archive of a professional network’s data export: DEFLATE, sizes behind the members as from a server that packs while',
    'it sends, a folder, and three files that no mapping reads (`Profile.csv`, `Saved Jobs.csv`, `Skills.csv`).',
  ],
  'Connections.csv': [
    'Notes to the reader, then the header, then a line a person, newest first. All of them are about others. Lines that name',
    'nobody, as of people who closed their account, are left out.',
  ],
  'Positions.csv': ['Newest first; a start is a month, or only a year. One description has a line end inside.'],
}

if (import.meta.main) {
  for (const [name, bytes] of makeSamples()) writeFileSync(new URL(`../test/samples/${name}`, import.meta.url), bytes)
}
