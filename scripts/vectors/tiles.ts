import { base64Url, concatenate, utf8 } from '@dcann/protocol/bytes'
import { canonicalText } from '@dcann/protocol/canonical'
import { formatBundle } from '@dcann/protocol/log/bundle'
import { mapKey } from '@dcann/protocol/map/node'
import { tombstoneId } from '@dcann/protocol/tombstone'
import { record } from './log-of-300.ts'
import { type NamedVector, vectorsOf } from './vector.ts'

/** C2SP paths of tiles and bundles. */
export function tileVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('tile')
  const right = (name: string, about: string, path: string, result: object): NamedVector =>
    valid(name, about, { input: { path } }, result)
  const wrong = (name: string, about: string, path: string): NamedVector =>
    invalid(name, about, { input: { path } }, 'schema-mismatch')
  return [
    right('full', 'A full tile of leaf hashes.', 'tile/0/000', { level: 0, index: 0, width: 256 }),
    right('groups-of-three', 'All groups but the last stand behind an x.', 'tile/1/x001/x234/067', {
      level: 1,
      index: 1_234_067,
      width: 256,
    }),
    right('partial-bundle', 'Entries of the right edge.', 'tile/entries/x001/000.p/255', {
      level: 'entries',
      index: 1000,
      width: 255,
    }),
    wrong('width-256', 'A full tile written as a partial one.', 'tile/0/000.p/256'),
    wrong('width-0', 'A tile of nothing.', 'tile/0/000.p/0'),
    wrong('level-64', 'More levels than any log has.', 'tile/64/000'),
    wrong('level-with-zero', 'A zero in front of the level.', 'tile/00/000'),
    wrong('group-without-x', 'The first of two groups lacks its x.', 'tile/0/001/234'),
    wrong('group-too-many', 'A group of zeros in front.', 'tile/0/x000/001'),
    wrong('two-digits', 'A group of two digits.', 'tile/0/01'),
    wrong('a-way-out', 'Two dots name no tile.', 'tile/0/../000'),
  ]
}

/** C2SP bundles of entries. */
export function bundleVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('bundle')
  const bytes = formatBundle([utf8('one'), new Uint8Array(0), utf8('three')])
  const input = (some: Uint8Array, width = 3) => ({ input: { bytes: base64Url(some), width } })
  return [
    valid('three', 'Each behind its length in two bytes.', input(bytes), {
      entries: [utf8('one'), new Uint8Array(0), utf8('three')].map(base64Url),
    }),
    valid('none', 'No bytes hold no entries.', input(new Uint8Array(0), 0), { entries: [] }),
    invalid('cut-short', 'The last entry lacks a byte.', input(bytes.slice(0, -1)), 'evidence-broken'),
    invalid(
      'length-cut-short',
      'A length has one byte.',
      input(concatenate(bytes, Uint8Array.of(0)), 4),
      'evidence-broken',
    ),
    invalid('too-few', 'One entry less than its name says.', input(bytes, 4), 'evidence-broken'),
    invalid('too-many', 'One entry more than its name says.', input(bytes, 2), 'evidence-broken'),
  ]
}

/** Entries of a zone's log. */
export function logEntryVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('log-entry')
  const act = { key: base64Url(mapKey('EE', 'EE/node/tallinn')), record, type: 'node' }
  const map = { map: record, names: 7, time: '2026-11-23T12:00:00Z' }
  const wrong = (
    name: string,
    about: string,
    text: string,
    code: 'schema-mismatch' | 'not-canonical' = 'schema-mismatch',
  ) => invalid(name, about, { input: { text } }, code)
  return [
    valid('act', 'A record came to stand under a name.', { input: { text: canonicalText(act) } }, { is: 'act' }),
    valid(
      'tombstone',
      'A passport was erased.',
      { input: { text: canonicalText({ ...act, record: tombstoneId, type: 'tombstone' }) } },
      { is: 'act' },
    ),
    valid('map', 'What the map has come to.', { input: { text: canonicalText(map) } }, { is: 'map' }),
    wrong('white-space', 'A space between members.', canonicalText(act).replace(',', ', '), 'not-canonical'),
    wrong('with-a-name', 'A log holds no names.', canonicalText({ ...act, name: 'EE/node/tallinn' })),
    wrong('unknown-type', 'A kind of name that there is none of.', canonicalText({ ...act, type: 'person' })),
    wrong(
      'tombstone-as-a-record',
      'The tombstone under the type of a record.',
      canonicalText({ ...act, record: tombstoneId, type: 'passport' }),
    ),
    wrong('another-tombstone', 'A tombstone of its own.', canonicalText({ ...act, type: 'tombstone' })),
    wrong('map-without-time', 'A map entry without its time.', canonicalText({ ...map, time: undefined })),
    wrong('act-with-a-map', 'An entry is one or the other.', canonicalText({ ...act, ...map })),
  ]
}
