import { beginningOf, date } from './calendar.ts'
import { hasColumns } from './columns.ts'
import type { Mapping } from './mapping.ts'
import { text } from './row.ts'

const required = ['Company Name', 'Title', 'Description', 'Location', 'Started On', 'Finished On']

/**
 * `Positions.csv` of a professional network's data export: one line a position that the holder had or has.
 *
 * A stream, not a record: a position begins at a time, several hold at once, and none takes the place of the one before.
 * It stands at the first second of the day, month or year in which it began, in UTC, since no finer time is known; the body
 * says how finely the dates are given. Having a job is no moment. Once a position has ended, a later export has another
 * line for it, and that is another entry.
 */
export const networkPositions: Mapping = {
  id: 'network-positions',
  title: 'positions: Positions.csv of a professional network’s data export',
  source: 'network-positions-export',
  format: 'csv',
  recognise: hasColumns(required),
  required,
  strand: {
    name: 'work.positions',
    kind: 'stream',
    schema: 'urn:dcann:schema:work.positions:1',
    category: 'pd:EmploymentHistory',
    special: false,
    tags: ['work.position'],
  },
  about: 'holder',
  kinds: [
    {
      when: (row) => row.has('Company Name') || row.has('Title'),
      at: beginningOf(date('Started On')),
      body: {
        company: text('Company Name'),
        title: text('Title'),
        description: text('Description'),
        location: text('Location'),
        started: date('Started On'),
        finished: date('Finished On'),
      },
      tags: ['work.position'],
    },
    { when: () => true, leftOut: 'a position that names neither a company nor a title' },
  ],
}
