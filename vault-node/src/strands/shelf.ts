import { utf8 } from '@dcann/protocol/bytes'
import type { KeptEntry } from '@dcann/protocol/entry'
import { coverageSchema, strandSchema } from '@dcann/protocol/strand'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { page } from '@dcann/store/page'
import { json, shelf } from '@dcann/store/shelf'
import type { Entry, Range } from '@dcann/store/store'
import { z } from 'zod'

/** A strand of a passport, and what it covers. */
const keptStrandSchema = z.strictObject({ strand: strandSchema, coverage: coverageSchema })
export type KeptStrand = z.infer<typeof keptStrandSchema>

export const strands = shelf(
  'strands',
  json((value) => keptStrandSchema.parse(value)),
)

/** Entries of one month, in pages: sealing and opening cost by the page. */
export const pages = shelf('entries', page)

const decoder = new TextDecoder()

/** The month of an event, as it stands in keys. */
export function monthOf(at: string): string {
  return at.slice(0, 4) + at.slice(5, 7)
}

/** The pages that can hold events of `[from, to)`. */
export function pagesBetween(passport: string, strand: string, from: Instant, to: Instant, after?: string): Range {
  const first = monthOf(formatTime(Math.max(0, from)))
  const last = monthOf(formatTime(Math.max(0, to - 1)))
  return {
    from: `entries/${passport}/${strand}/${first}`,
    to: `entries/${passport}/${strand}/${last}~`,
    ...(after === undefined ? {} : { after }),
    limit: 64,
  }
}

/** The entries on a page. */
export function entriesOf(stored: Entry): KeptEntry[] {
  return pages.entry(stored).value.map(readEntry)
}

export function writeEntry(entry: KeptEntry): Uint8Array {
  return utf8(JSON.stringify(entry))
}

/** An entry was judged when it came in, and the store vouches for its bytes; judging it again would cost more than opening it. */
export function readEntry(bytes: Uint8Array): KeptEntry {
  // written by `writeEntry` alone
  return JSON.parse(decoder.decode(bytes)) as KeptEntry
}
