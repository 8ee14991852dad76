import type { KeptEntry } from '@dcann/protocol/entry'
import type { Term } from '@dcann/protocol/offer'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { Looking } from '@dcann/sdk/let-out'

/** What stands in a made-up vault, by strand; members that a term names beyond it are there and say nothing. */
const bodies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'mobility.rides': {
    city: 'Tallinn',
    begin_address: 'Pikk 1',
    end_address: 'Lai 7',
    fare_amount: '5.20',
    fare_currency: 'EUR',
  },
  'interest.searches': { query: 'bicycle repair' },
  'profile.person': { name: 'Made Up', birth_date: '1990-05-17' },
  'work.positions': { title: 'Nurse', organisation: 'Hospital (made up)' },
  'social.connections': { name: 'Made Up', organisation: 'School (made up)' },
  'health.sleep': { slept_minutes: '431' },
}

const held = 48

/** A vault that holds something of whatever the terms ask for, so that their screen shows what people's screens will. */
export function sampleVault(terms: readonly Term[], now: Instant): Looking {
  const strands = [...new Set(terms.map(({ strand }) => strand))]
  return {
    vault: {
      listStrands: async () => ({
        strands: strands.map((name) => ({
          strand: { name, kind: 'stream', schema: '', category: 'pd:Name', special: false, tags: [], custody: 'node' },
          coverage: { from: null, to: null, last_event: null, entries: held },
        })),
      }),
      listEntries: async (_by, strand) => ({ entries: entriesOf(strand, terms, now) }),
    },
    // nobody is asked, and nothing is signed
    by: { from: '', signer: { key: '', kid: '', sign: async () => new Uint8Array() } },
  }
}

function entriesOf(strand: string, terms: readonly Term[], now: Instant): KeptEntry[] {
  const named = terms.filter((term) => term.strand === strand).flatMap(({ claims }) => claims ?? [])
  const body = { ...Object.fromEntries(named.map((name) => [name, '…'])), ...bodies[strand] }
  const tags = terms.flatMap((term) => term.tags)
  return Array.from({ length: held }, (_, i) => ({
    id: `sample-${i}`,
    at: formatTime(now - (i + 1) * 40 * 3600),
    recorded: formatTime(now),
    body,
    tags,
    moment: { driver: 'experience', channel: 'offline' },
    source: 'sample',
    assurance: 'attested',
    about: 'holder',
  }))
}
