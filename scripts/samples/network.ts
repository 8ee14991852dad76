import { type DeflateOptions, strToU8, Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { between, pick, type Random, type Sample, seeded, tally } from './sample.ts'

/** An archive of test/samples: the files inside that become entries, and the bytes of the whole. */
export interface ArchiveSample {
  readonly name: string
  readonly members: readonly Sample[]
  readonly bytes: Uint8Array
}

/**
 * The archive of a professional network: her positions, the people she is connected with, and files that nobody reads. As
 * from a server that packs while it sends, sizes stand behind the members.
 */
export function makeNetwork(): ArchiveSample {
  const random = seeded(31_415)
  const positions = makePositions()
  const connections = makeConnections(random)
  const bytes = pack([
    ['Profile.csv', profile],
    [connections.name, connections.text],
    ['Jobs/Saved Jobs.csv', savedJobs],
    ['Rich_Media/', undefined],
    [positions.name, positions.text],
    ['Skills.csv', skills],
  ])
  return { name: 'professional-network.zip', members: [connections, positions], bytes }
}

function makePositions(): Sample {
  const text = `${[header, ...positionRows.map((row) => row.join(','))].join('\n')}\n`
  const faults = [
    { line: lineOf(text, 'Sunday Library'), fault: 'the start is a season' },
    { line: lineOf(text, 'Somewhere Else'), fault: 'there is no start' },
  ]
  const counts = { positions: positionRows.length - faults.length, faulty: faults.length }
  return { name: 'Positions.csv', text, counts, faults }
}

function lineOf(text: string, beginning: string): number {
  return text.slice(0, text.indexOf(beginning)).split('\n').length
}

const header = 'Company Name,Title,Description,Location,Started On,Finished On'
const positionRows: readonly (readonly string[])[] = [
  [
    'Klaas & Meri (made up)',
    'Head of Claims Data',
    '"Leads a team of nine, in Tallinn and Tartu"',
    'Tallinn',
    'Sep 2025',
    '',
  ],
  [
    'Chalo Rides (made up)',
    'Lead Analyst',
    '"Fares, and what weather does to them"',
    '"Pune, Maharashtra"',
    'Mar 2021',
    'Jul 2025',
  ],
  ['Chalo Rides (made up)', 'Senior Analyst', '', '"Pune, Maharashtra"', 'Jan 2019', 'Feb 2021'],
  ['Open Maps of Pune (made up)', 'Volunteer', '"Weekends: ""footpaths first"""', 'Pune', '2018', '2020'],
  ['Tamarind Insurance (made up)', 'Analyst', '"Motor claims,\nthen theft"', 'Mumbai', 'Jun 2016', 'Dec 2018'],
  ['Tamarind Insurance (made up)', 'Junior Analyst', '', 'Mumbai', 'Aug 2015', 'May 2016'],
  ['Evening College (made up)', 'Lecturer', 'Statistics for nurses', 'Pune', '2015', '2016'],
  ['Neem Statistics (made up)', 'Consultant', '', 'Nashik', 'Feb 2015', 'Jul 2015'],
  ['Sunday Library (made up)', 'Treasurer', '', 'Nashik', 'Spring 2014', '2015'],
  ['Old Mill Market (made up)', 'Bookkeeper', 'Part time', 'Pune', 'Jul 2013', 'Jan 2015'],
  ['River Walk Hotel (made up)', 'Night Desk', '', 'Pune', 'Nov 2012', 'Jun 2013'],
  ['Blue Lotus Surveys (made up)', 'Interviewer', '', 'Pune', 'May 2012', 'Oct 2012'],
  ['Station Books (made up)', 'Sales', 'Saturdays', 'Pune', '2011', '2012'],
  ['School Paper (made up)', 'Editor', '', 'Pune', '2009', '2010'],
  ['Somewhere Else (made up)', 'Something', '', 'Pune', '', ''],
]

const preamble = [
  'Notes:',
  '"Everybody in this file is made up. Where an address is missing, its owner does not show it; see',
  'https://network.example/settings, and https://network.example/help for the rest."',
  '',
  'First Name,Last Name,URL,Email Address,Company,Position,Connected On',
]
const first = ['Asha', 'Ravi', 'Meera', 'Kiran', 'Õie', 'Tõnu', 'Liis', 'Mart', 'Zoya', 'Ana', 'Ivo', 'Noor']
const second = ['Sahya', 'Nadi', 'Kivi', 'Mets', 'Oja', 'Parvat', 'Vana', 'Lill', 'Aru', 'Saar', 'Tara', 'Põld']
const companies = ['Chalo Rides', 'Klaas & Meri', 'Tamarind Insurance', 'Blue Lotus Surveys', '"Aru, Oja & Partners']
const titles = ['Analyst', 'Engineer', '"Head, Claims"', 'Nurse', 'Teacher', 'Designer', '"Owner of ""Kohvik"""', '']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Newest first, and notes to the reader before the header. */
function makeConnections(random: Random): Sample {
  const counts: Record<string, number> = {}
  const days = Array.from({ length: 436 }, () =>
    Date.UTC(2010 + between(random, 0, 15), between(random, 0, 11), between(random, 1, 28)),
  )
  const rows = days.toSorted((a, b) => b - a).map((day, nth) => makeConnection(random, new Date(day), nth, counts))
  rows.splice(300, 0, rows[290] ?? '')
  tally(counts, 'duplicates')
  const faults = connectionSpoilings.map(({ fault, spoil }, nth) => {
    const at = rows.findIndex((row, index) => index >= 60 + nth * 90 && row.includes('(made up)'))
    rows[at] = spoil(rows[at] ?? '')
    tally(counts, 'connections', -1)
    tally(counts, 'faulty')
    return { line: at + 1 + preamble.length, fault }
  })
  return { name: 'Connections.csv', text: `${[...preamble, ...rows].join('\n')}\n`, counts, faults }
}

function makeConnection(random: Random, day: Date, nth: number, counts: Record<string, number>): string {
  const date = `${String(day.getUTCDate()).padStart(2, '0')} ${months[day.getUTCMonth()]} ${day.getUTCFullYear()}`
  if (nth % 73 === 40) {
    tally(counts, 'left out')
    return `,,,,,,${date}`
  }
  tally(counts, 'connections')
  const names = [pick(random, first), `${pick(random, second)}-${nth}`]
  const company = pick(random, companies)
  const shown = random() < 0.1 ? `${names[0]?.toLowerCase()}.${nth}@example.org` : ''
  const employer = random() < 0.9 ? `${company} (made up)${company.startsWith('"') ? '"' : ''}` : ''
  return [...names, `https://network.example/in/nobody-${nth}`, shown, employer, pick(random, titles), date].join(',')
}

const connectionSpoilings: readonly { readonly fault: string; readonly spoil: (row: string) => string }[] = [
  { fault: 'the day is no day of its month', spoil: (row) => row.replace(/\d\d [A-Z][a-z]{2} (\d{4})$/, '31 Feb $1') },
  { fault: 'a comma too many', spoil: (row) => `${row},` },
  { fault: 'the last name is never closed by a quote', spoil: (row) => row.replace(',', ',"') },
  { fault: 'there is no day', spoil: (row) => row.replace(/[^,]*$/, '') },
]

const profile = 'First Name,Last Name,Headline\nAsha,Nobody-At-All,Everything here is made up\n'
const savedJobs = 'Saved Date,Job Url,Job Title\n2/3/26,https://network.example/jobs/1,Made up\n'
const skills = 'Name\nStatistics\nMaking things up\n'

// fflate reads the date in the zone of the machine; a date made in that zone too gives the same bytes everywhere
const packed = new Date(2026, 10, 22, 12)

function pack(members: readonly (readonly [string, string | undefined])[]): Uint8Array {
  const parts: Uint8Array[] = []
  const zip = new Zip((error, part) => {
    if (error) throw error
    parts.push(part)
  })
  const options: DeflateOptions = { level: 9 }
  for (const [name, text] of members) {
    const member = text === undefined ? new ZipPassThrough(name) : new ZipDeflate(name, options)
    member.mtime = packed
    zip.add(member)
    member.push(strToU8(text ?? ''), true)
  }
  zip.end()
  return Buffer.concat(parts)
}
