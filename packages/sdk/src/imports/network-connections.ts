import { beginningOf, date } from './calendar.ts'
import { hasColumns } from './columns.ts'
import type { Mapping } from './mapping.ts'
import { text } from './row.ts'

const required = ['First Name', 'Last Name', 'URL', 'Email Address', 'Company', 'Position', 'Connected On']
const preambleLines = 10

/**
 * `Connections.csv` of a professional network's data export: one line a person the holder is connected with. Notes to the
 * reader stand before the header.
 *
 * Every entry is about others: they agreed to be connected, not to be told to companies. So none is in any answer unless a
 * term says `about_others`, and nothing is derived from them. Connecting is no moment: nothing is searched for, nothing is
 * posted, and nothing is gone through yet.
 */
export const networkConnections: Mapping = {
  id: 'network-connections',
  title: 'connections: Connections.csv of a professional network’s data export',
  source: 'network-connections-export',
  format: 'csv',
  recognise: hasColumns(required, preambleLines + 1),
  required,
  preambleLines,
  strand: {
    name: 'social.connections',
    kind: 'stream',
    schema: 'urn:dcann:schema:social.connections:1',
    category: 'pd:Connection',
    special: false,
    tags: ['social.connection'],
  },
  about: 'others',
  kinds: [
    {
      when: (row) => row.has('First Name') || row.has('Last Name') || row.has('URL'),
      at: beginningOf(date('Connected On')),
      body: {
        first_name: text('First Name'),
        last_name: text('Last Name'),
        url: text('URL'),
        email: text('Email Address'),
        company: text('Company'),
        position: text('Position'),
        connected: date('Connected On'),
      },
      tags: ['social.connection'],
    },
    { when: () => true, leftOut: 'a connection that names nobody' },
  ],
}
