import { ProtocolError, quote } from '@dcann/protocol/errors'
import { readCsvRecords } from './csv-records.ts'
import { readJsonArray, type JsonElement } from './json-array.ts'
import type { Mapping } from './mapping.ts'
import { cleanText, type Row } from './row.ts'
import { skip, type OrSkipped } from './skip.ts'

/** A row and the line it begins on. */
export interface PlacedRow {
  readonly line: number
  readonly row: Row
}

/**
 * The rows of a file, in its order. Throws `schema-mismatch`, naming the columns missing, for a file that is not the
 * mapping's.
 */
export function readRows(mapping: Mapping, blocks: AsyncIterable<Uint8Array>): AsyncGenerator<OrSkipped<PlacedRow>> {
  return mapping.format === 'csv' ? readCsvRows(mapping, blocks) : readJsonRows(mapping, blocks)
}

async function* readCsvRows(mapping: Mapping, blocks: AsyncIterable<Uint8Array>): AsyncGenerator<OrSkipped<PlacedRow>> {
  const { required, preambleLines = 0 } = mapping
  let header: readonly string[] | undefined
  const isHeader = (fields: readonly string[], line: number): boolean =>
    line > preambleLines || missingFrom(fields).length === 0
  const missingFrom = (fields: readonly string[]): readonly string[] => {
    const present = new Set(fields.map((name) => name.trim()))
    return required.filter((name) => !present.has(name))
  }
  for await (const record of readCsvRecords(blocks, { isHeader })) {
    if (header === undefined) {
      if ('skipped' in record && record.skipped.line <= preambleLines) continue
      header = 'skipped' in record ? [] : record.fields.map((name) => name.trim())
      refuseMissing(mapping, missingFrom(header))
    } else if ('skipped' in record) yield record
    else {
      const { line, fields } = record
      yield { line, row: toRow(header.map((name, at) => [name, fields[at] ?? ''])) }
    }
  }
  if (header === undefined) refuseMissing(mapping, required)
}

async function* readJsonRows(
  mapping: Mapping,
  blocks: AsyncIterable<Uint8Array>,
): AsyncGenerator<OrSkipped<PlacedRow>> {
  let first = true
  for await (const element of readJsonArray(blocks)) {
    const read = 'skipped' in element ? element : readElement(element)
    // only a first element that is sound tells: behind a faulty one, what is read may be a piece of it
    if (first && 'row' in read && !mapping.required.some((name) => read.row.has(name))) {
      refuseMissing(mapping, mapping.required)
    }
    first = false
    yield read
  }
}

function readElement({ line, text }: JsonElement): OrSkipped<PlacedRow> {
  const value = parseElement(text)
  return value === undefined
    ? skip(line, 'malformed', 'the element is not JSON')
    : { line, row: toRow(flatten('', value)) }
}

function parseElement(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function* flatten(path: string, value: unknown): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value]
  // a fraction is left out: once parsed it is no longer the number that stood in the file
  else if (Number.isSafeInteger(value)) yield [path, String(value)]
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) yield* flatten(path === '' ? name : `${path}.${name}`, member)
  }
}

function toRow(cells: Iterable<readonly [string, string]>): Row {
  const row = new Map<string, string>()
  for (const [name, value] of cells) {
    const clean = cleanText(value)
    if (clean !== '') row.set(name, clean)
  }
  return row
}

function refuseMissing(mapping: Mapping, missing: readonly string[]): void {
  if (missing.length === 0) return
  const names = missing.map((name) => quote(name)).join(', ')
  throw new ProtocolError('schema-mismatch', `reading a file as ${quote(mapping.title, 80)}: it lacks ${names}`, {
    mapping: mapping.id,
    missing: missing.join(', '),
  })
}
