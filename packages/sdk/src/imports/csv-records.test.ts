import { utf8 } from '@dcann/protocol/bytes'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCsvRecords } from './csv-records.ts'

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

async function read(text: string | Uint8Array, { most = 1000, size = 7 } = {}): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const piece of readCsvRecords(cut(typeof text === 'string' ? utf8(text) : text, size), {
    mostBytes: most,
  })) {
    found.push('skipped' in piece ? `${piece.skipped.line} ${piece.skipped.code}` : [piece.line, ...piece.fields])
  }
  return found
}

test('readCsvRecords reads back every table, however cut', async () => {
  const table = fc.integer({ min: 1, max: 5 }).chain((width) =>
    fc.array(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'õ', '"', ',', '\n', '\r', ' ') }), {
        minLength: width,
        maxLength: width,
      }),
    ),
  )
  const ending = fc.constantFrom('\n', '\r\n')
  await fc.assert(
    fc.asyncProperty(table, ending, fc.integer({ min: 1, max: 50 }), async (rows, end, size) => {
      const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',') + end).join('')
      const found = await read(text, { most: 100_000, size })
      expect(found.map((piece) => (Array.isArray(piece) ? piece.slice(1) : piece))).toEqual(rows)
    }),
    { numRuns: 300 },
  )
})

test('readCsvRecords counts lines over blank lines and line ends inside fields', async () => {
  expect(await read('a,b\n\n"x\ny",2\r\n\r\n,\n7" pipe,"say ""hi"""')).toEqual([
    [1, 'a', 'b'],
    [3, 'x\ny', '2'],
    [6, '', ''],
    [7, '7" pipe', 'say "hi"'],
  ])
})

describe('readCsvRecords loses one line', () => {
  test.each([
    ['to a quote never closed', 'a,b\n1,"x\n2,y\n3,z\n', ['2 malformed', [3, '2', 'y'], [4, '3', 'z']]],
    ['to text behind a closing quote', 'a,b\n1,"x" y\n2,y\n', ['2 malformed', [3, '2', 'y']]],
    ['to a field too few', 'a,b\n1\n2,y\n', ['2 malformed', [3, '2', 'y']]],
    ['to a field too many', 'a,b\n1,2,3\n2,y\n', ['2 malformed', [3, '2', 'y']]],
    ['to the end of the file', 'a,b\n1,x\n2', [[2, '1', 'x'], '3 truncated']],
    ['to the end of the file inside quotes', 'a,b\n1,x\n2,"y', [[2, '1', 'x'], '3 truncated']],
  ])('%s', async (_, text, found) => {
    expect(await read(text)).toEqual([[1, 'a', 'b'], ...found])
  })
  test('to bytes that are not UTF-8', async () => {
    const bytes = Uint8Array.from([...utf8('a,b\n1,'), 0xc3, ...utf8('\n2,y\n')])
    expect(await read(bytes)).toEqual([[1, 'a', 'b'], '2 encoding', [3, '2', 'y']])
  })
  test('to its size, whether in quotes or not', async () => {
    const huge = 'x'.repeat(5000)
    expect(await read(`a,b\n1,${huge}\n2,y\n3,"${huge}"\n4,z`)).toEqual([
      [1, 'a', 'b'],
      '2 too-large',
      [3, '2', 'y'],
      '4 too-large',
      [5, '4', 'z'],
    ])
  })
})

test('readCsvRecords finds nothing in an empty file', async () => {
  expect(await read('')).toEqual([])
  expect(await read('\n\n')).toEqual([])
})
