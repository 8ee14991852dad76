import type { Assertion, AssertionItem } from '@dcann/protocol/assertion'
import { derivedClaim } from '@dcann/protocol/claim'
import type { Assurance } from '@dcann/protocol/entry'
import { minuteOf } from './plain-words.ts'
import { count, table } from './wrap.ts'

/** Entries shown in full; programs get all. */
const shownMost = 10

/** One width for every part of an answer. */
const width = 13

/** A proved answer in plain words. */
export function describeAnswer({ items, node, iss, use_until: until, unconfirmed, n, agreement }: Assertion): string[] {
  return [
    `${node} answers for ${iss}; signature, agreement and every term hold.`,
    ...items.flatMap(describeItem),
    ...table(
      [
        ['Keep until', minuteOf(until)],
        ['Beware', unconfirmed ? "the node has not heard from the requester's registry for a while" : undefined],
        ['Number', `${n} in the chain of agreement ${agreement}`],
      ],
      width,
    ),
  ]
}

function describeItem({
  strand,
  derived,
  entries,
  assurance,
  coverage,
  complete,
  why,
  cursor,
}: AssertionItem): string[] {
  const values = Object.entries(derived ?? {}).flatMap(([name, { value, of, from, to, assurance: by }]) => [
    `${name}: ${value === null ? 'not known' : String(value)}`,
    ...table(
      [
        ['Means', derivedClaim(name)?.meaning],
        [
          'Rests on',
          `${count(of, 'entry', 'entries')}${from && to ? ` from ${minuteOf(from)} to ${minuteOf(to)}` : ''}`,
        ],
        ['Vouched for', wordsOfAssurance[by]],
      ],
      width,
    ),
  ])
  const shown = entries?.slice(0, shownMost).map(({ at, body }) => `  ${minuteOf(at)}  ${plain(body)}`) ?? []
  const left = (entries?.length ?? 0) - shown.length
  return [
    ...values,
    ...(entries === undefined ? [] : [`${count(entries.length, 'entry', 'entries')} of ${strand}:`]),
    ...shown,
    ...(left > 0 ? [`  … and ${count(left, 'more', 'more')}, all of them with --json`] : []),
    ...table(
      [
        [
          'Strand',
          `${strand}, ${count(coverage.entries, 'entry', 'entries')}${coverage.from && coverage.to ? ` from ${coverage.from.slice(0, 10)} to ${coverage.to.slice(0, 10)}` : ''}`,
        ],
        ['Vouched for', entries === undefined || entries.length === 0 ? undefined : wordsOfAssurance[assurance]],
        ['Complete', complete ? 'yes' : `no: ${why === undefined ? 'it does not say why' : wordsOfWhy[why]}`],
        ['Go on with', cursor === undefined ? undefined : `--cursor ${cursor}`],
      ],
      width,
    ),
  ]
}

const wordsOfAssurance: Readonly<Record<Assurance, string>> = {
  self: 'by the holder alone',
  fetched: 'by the node, which fetched it at its source',
  'source-signed': 'by whoever it comes from, with a signature',
  attested: 'by a third party, with a signature',
}

const wordsOfWhy: Readonly<Record<NonNullable<AssertionItem['why']>, string>> = {
  more: 'there is more than one answer holds',
  'no-strand': 'the vault has no such strand',
  assurance: 'some is vouched for less than agreed',
  'about-others': 'some is about other people, which was not agreed',
}

/** One entry on one line. */
function plain(body: Readonly<Record<string, unknown>>): string {
  return Object.entries(body)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}
