import { isDeepStrictEqual } from 'node:util'
import { entryId, entrySchema } from '@dcann/protocol/entry'
import { readCsvRecords } from '@dcann/sdk/imports/csv-records'
import { readJsonArray } from '@dcann/sdk/imports/json-array'
import { importFile } from '@dcann/sdk/imports/read'
import { strToU8, type ZipOptions, zipSync } from 'fflate'
import { hold, sampleOf, seedsOf, type Target } from '../target.ts'

async function* inPieces(input: Uint8Array, bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < input.length; at += bytes) yield input.slice(at, at + bytes)
}

async function listed<T>(pieces: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const piece of pieces) found.push(piece)
  return found
}

/** An export of any kind: what is read of it are entries, under their own ids. */
async function importAll(name: string, input: Uint8Array): Promise<void> {
  for await (const piece of importFile({ name, chunks: inPieces(input, 4096) })) {
    if (!('entry' in piece)) continue
    hold(entrySchema.safeParse(piece.entry).success, 'an entry was read that has not its form')
    hold(piece.id === entryId(piece.mapping.strand.name, piece.entry), 'an entry was read under the id of another')
  }
}

/** However the file is cut into blocks, the same is read of it. */
async function sameInPieces<T>(
  input: Uint8Array,
  read: (blocks: AsyncIterable<Uint8Array>) => AsyncIterable<T>,
): Promise<void> {
  const whole = await listed(read(inPieces(input, input.length || 1)))
  const cut = await listed(read(inPieces(input, 1 + (input.length % 37))))
  hold(isDeepStrictEqual(whole, cut), 'what is read depends on how the file is cut')
}

export const csv: Target = {
  name: 'csv-import',
  form: 'bytes',
  words: ['City,', '"",', ',"', '\r\n', 'COMPLETED', '0001-01-01 00:00:00 +0000 UTC', '1e9', '\\N'],
  seeds: [
    sampleOf('trips_data.csv', 2000),
    ...seedsOf('a,b\n1,2\n', 'a,b\r\n"1,""x""\n",2\r\n\r\n3\n"', 'Notes:\n"x"\n\nFirst Name,Last Name\n'),
  ],
  async run(input) {
    await sameInPieces(input, (blocks) => readCsvRecords(blocks, { mostBytes: 512 }))
    await importAll('trips_data.csv', input)
  },
}

export const json: Target = {
  name: 'json-import',
  form: 'bytes',
  words: ['}, {', '},\n{', '"time": ', '"2026-02-30T00:00:00.000Z"', '"details": [{', '\\u0026'],
  seeds: [sampleOf('MyActivity.json', 2500), ...seedsOf('[]', '[{"a":1},\n{"b":[2]}]', '[{"a":"}"}, x {"b":2}\n]')],
  async run(input) {
    await sameInPieces(input, (blocks) => readJsonArray(blocks, 512))
    await importAll('MyActivity.json', input)
  },
}

const positions = 'Company Name,Title,Description,Location,Started On,Finished On\nTere OÜ,Cook,,Tallinn,Jan 2020,\n'

const archive = (options: ZipOptions): Uint8Array =>
  zipSync({ 'Positions.csv': [strToU8(positions), options], 'x/y.txt': strToU8('y') })

export const zip: Target = {
  name: 'zip-import',
  form: 'bytes',
  words: ['PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08', 'PK\x06\x06', '\x08\x00', '\xff\xff\xff\xff'],
  seeds: [archive({}), archive({ level: 0 }), archive({}).with(6, 1)],
  run: (input) => importAll('archive.zip', input),
}
