// Writes test/samples: two exports of a person who does not exist. The same bytes every time: the seeds are fixed and no
// clock is read.
import { writeFileSync } from 'node:fs'
import { makeRides } from './samples/rides.ts'
import type { Sample } from './samples/sample.ts'
import { makeSearches } from './samples/searches.ts'

/** All files of test/samples, by name. */
export function makeSamples(): ReadonlyMap<string, string> {
  const samples = [makeSearches(), makeRides()]
  const files = new Map(samples.map(({ name, text }) => [name, text]))
  return files.set('README.md', makeReadme(samples))
}

function makeReadme(samples: readonly Sample[]): string {
  const parts = samples.map(({ name, text, counts, faults }) => {
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
    return [`## ${name}`, '', ...(about[name] ?? []), '', `${lines} lines.`, '', ...table].join('\n')
  })
  return `${[...opening, '', parts.join('\n\n')].join('\n')}\n`
}

const opening = [
  '# Samples',
  '',
  'Exports in the shape in which two kinds of company hand a person her data. **All of it is made up**: the person, her',
  'searches, her rides, the addresses, the pages. She lives in Pune until August 2025, then in Tallinn; nothing is known',
  'after 2026-11-22.',
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
}

if (import.meta.main) {
  for (const [name, text] of makeSamples()) writeFileSync(new URL(`../test/samples/${name}`, import.meta.url), text)
}
