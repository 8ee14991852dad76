import { describe, expect, test } from 'vitest'
import { textOf, utf8 } from '../bytes.ts'
import { canonicalText } from '../canonical.ts'
import { recordIdOf } from '../signed.ts'
import { formatEntry, type LogEntry, parseEntry, parseMapEntry } from './entry.ts'

const id = recordIdOf(utf8('a record'))
const act: LogEntry = { key: recordIdOf(utf8('a key')), record: id, type: 'passport' }
const map: LogEntry = { map: id, names: 3, time: '2026-11-23T12:00:00Z' }

describe('parseEntry', () => {
  test('reads back what formatEntry wrote', () => {
    for (const entry of [act, map]) expect(parseEntry(formatEntry(entry))).toEqual(entry)
    expect(textOf(formatEntry(map))).toBe(`{"map":"${id}","names":3,"time":"2026-11-23T12:00:00Z"}`)
  })

  test.each<[string, string, unknown]>([
    ['no JSON', 'malformed-json', 'x'],
    ['white space', 'not-canonical', `{"key":"${id}", "record":"${id}","type":"node"}`],
    ['another member', 'schema-mismatch', { ...act, name: 'EE/node/a' }],
    ['an unknown type', 'schema-mismatch', { ...act, type: 'person' }],
    ['a short key', 'schema-mismatch', { ...act, key: id.slice(1) }],
    ['both at once', 'schema-mismatch', { ...act, ...map }],
    ['names below none', 'schema-mismatch', { ...map, names: -1 }],
    ['a day that is none', 'schema-mismatch', { ...map, time: '2026-02-30T12:00:00Z' }],
    ['nothing', 'schema-mismatch', {}],
    ['a list', 'schema-mismatch', []],
  ])('refuses %s', (_, code, value) => {
    const text = typeof value === 'string' ? value : canonicalText(value)
    expect(() => parseEntry(utf8(text))).toThrow(expect.objectContaining({ code }))
  })
})

test('parseMapEntry refuses an act', () => {
  expect(parseMapEntry(formatEntry(map))).toEqual(map)
  expect(() => parseMapEntry(formatEntry(act))).toThrow(expect.objectContaining({ code: 'evidence-broken' }))
})
