import { sha256, utf8 } from '@dcann/protocol/bytes'
import { expect, test } from 'vitest'
import { createCursors } from './cursor.ts'

const cursors = createCursors(sha256(utf8('a test cursor secret')))
const item = { strand: 'mobility.rides', limit: 10 }

test('open gives the place back for the same agreement and question, whatever cursor the item carries', () => {
  const cursor = cursors.seal('2026-11-23T12:00:00Zabc', 'agreement', item)
  expect(cursors.open(cursor, 'agreement', item)).toBe('2026-11-23T12:00:00Zabc')
  expect(cursors.open(cursor, 'agreement', { ...item, cursor })).toBe('2026-11-23T12:00:00Zabc')
})

test.each([
  ['another agreement', () => cursors.open(cursors.seal('x', 'agreement', item), 'another', item)],
  ['another question', () => cursors.open(cursors.seal('x', 'agreement', item), 'agreement', { ...item, limit: 11 })],
  [
    'another node',
    () => createCursors(sha256(utf8('other'))).open(cursors.seal('x', 'agreement', item), 'agreement', item),
  ],
  [
    'a place put in by hand',
    () => cursors.open(`${cursors.seal('x', 'agreement', item).slice(0, 22)}AAAA`, 'agreement', item),
  ],
  ['no base64url', () => cursors.open('%%%', 'agreement', item)],
  ['nothing', () => cursors.open('', 'agreement', item)],
])('open refuses a cursor of %s', (_, open) => {
  expect(open).toThrow(expect.objectContaining({ code: 'schema-mismatch' }))
})
