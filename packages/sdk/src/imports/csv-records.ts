import { concatenate, textOf } from '@dcann/protocol/bytes'
import { pieceBytes } from './json-array.ts'
import { skip, type OrSkipped, type SkipCode } from './skip.ts'

/** One record of a CSV file, RFC 4180: its fields and the line it begins on. The header, the first one, sets the width. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * The records of a CSV file, one at a time, holding at most one of them (and `mostBytes`) in memory. Lines end in LF or
 * CRLF; blank lines are passed over; a quote inside an unquoted field is text, as spreadsheets write it.
 *
 * A faulty record is reported and reading goes on at the line after its *first*: a quote that is never closed costs one
 * line, not the file. Records before the one that `isHeader` are passed over.
 */
export async function* readCsvRecords(
  blocks: AsyncIterable<Uint8Array>,
  { mostBytes = pieceBytes, isHeader = () => true }: Partial<CsvReading> = {},
): AsyncGenerator<OrSkipped<CsvRecord>, void, undefined> {
  const walk = beginWalk({ mostBytes, isHeader })
  for await (const block of blocks) {
    walk.window = concatenate(walk.window.subarray(walk.from), block)
    walk.at -= walk.from
    walk.from = 0
    yield* scan(walk)
  }
  yield* finish(walk)
}

/** How a CSV file is read. */
export interface CsvReading {
  readonly mostBytes: number
  readonly isHeader: (fields: readonly string[], line: number) => boolean
}

interface Cell {
  readonly from: number
  readonly to: number
  readonly quoted: boolean
}

interface Walk extends CsvReading {
  /** Bytes from the open record's first; `at` is the next to look at. Cells count from the record's first byte. */
  window: Uint8Array
  from: number
  at: number
  place: 'start' | 'plain' | 'quoted' | 'closed' | 'skipping'
  cells: Cell[]
  cellFrom: number
  /** The line the record begins on, and line ends met inside it. */
  line: number
  within: number
  width: number
}

function beginWalk(reading: CsvReading): Walk {
  const record = { place: 'start' as const, cells: [], cellFrom: 0, line: 1, within: 0 }
  return { ...reading, window: new Uint8Array(0), from: 0, at: 0, width: 0, ...record }
}

function* scan(walk: Walk): Generator<OrSkipped<CsvRecord>, void, undefined> {
  while (walk.at < walk.window.length) {
    const byte = walk.window[walk.at++] ?? 0
    if (walk.place === 'skipping') {
      if (byte === newline) begin(walk)
      else walk.from = walk.at
      continue
    }
    if (byte === newline && walk.place === 'quoted') walk.within++
    else if (byte === newline) {
      const read = close(walk, walk.at - 1 - walk.from)
      if (read !== undefined) yield read
      continue
    }
    if (!advance(walk, byte)) yield giveUp(walk, 'malformed', 'a quoted field goes on behind its closing quote')
    else if (walk.at - walk.from > walk.mostBytes) {
      yield giveUp(walk, 'too-large', `the record is larger than ${walk.mostBytes} bytes`)
    }
  }
}

/** One byte further in a record; false when the byte cannot stand there. */
function advance(walk: Walk, byte: number): boolean {
  const offset = walk.at - 1 - walk.from
  switch (walk.place) {
    case 'start':
      if (byte === quote) {
        walk.place = 'quoted'
        return true
      }
      walk.place = 'plain'
      break
    case 'quoted':
      if (byte === quote) walk.place = 'closed'
      return true
    case 'closed':
      if (byte === quote) walk.place = 'quoted'
      return byte === quote || byte === carriageReturn || (byte === comma && endCell(walk, offset))
    default:
  }
  return byte !== comma || endCell(walk, offset)
}

function endCell(walk: Walk, offset: number): true {
  const quoted = walk.place === 'closed'
  walk.cells.push({ from: walk.cellFrom, to: offset, quoted })
  walk.place = 'start'
  walk.cellFrom = offset + 1
  return true
}

/** The record that ends before `offset`, unless the line is blank. */
function close(walk: Walk, offset: number): OrSkipped<CsvRecord> | undefined {
  const record = walk.window.subarray(walk.from, walk.from + offset)
  endCell(walk, record.at(-1) === carriageReturn ? offset - 1 : offset)
  const { cells, line } = walk
  const [first] = cells
  const blank = cells.length === 1 && first !== undefined && !first.quoted && first.to <= first.from
  if (!blank && walk.width > 0 && cells.length !== walk.width) {
    return giveUp(walk, 'malformed', `the record has ${cells.length} fields, the header ${walk.width}`)
  }
  walk.line += walk.within
  begin(walk)
  if (blank) return undefined
  const fields = readCells(record, cells)
  if (walk.width === 0 && !walk.isHeader(fields ?? [], line)) return undefined
  walk.width = cells.length
  return fields === undefined ? skip(line, 'encoding', 'the record is not UTF-8') : { line, fields }
}

function readCells(record: Uint8Array, cells: readonly Cell[]): string[] | undefined {
  try {
    return cells.map((cell) => readCell(record, cell))
  } catch {
    return undefined
  }
}

function readCell(record: Uint8Array, { from, to, quoted }: Cell): string {
  if (!quoted) return textOf(record.subarray(from, to))
  return textOf(record.subarray(from + 1, record.lastIndexOf(quote, to - 1))).replaceAll('""', '"')
}

/** Begins the record after the line end just met. */
function begin(walk: Walk): void {
  walk.line++
  walk.from = walk.at
  Object.assign(walk, { place: 'start', cells: [], cellFrom: 0, within: 0 })
}

/** Goes back to the record's first byte, to pass over its first line only. */
function giveUp(walk: Walk, code: SkipCode, reason: string): OrSkipped<never> {
  walk.at = walk.from
  Object.assign(walk, { place: 'skipping', cells: [], cellFrom: 0, within: 0 })
  return skip(walk.line, code, reason)
}

function* finish(walk: Walk): Generator<OrSkipped<CsvRecord>, void, undefined> {
  while (walk.place !== 'skipping' && walk.from < walk.window.length) {
    const cut = walk.place === 'quoted' || (walk.width > 0 && walk.cells.length + 1 < walk.width)
    if (cut && walk.within === 0) yield giveUp(walk, 'truncated', 'the file ends inside this record')
    else if (cut) yield giveUp(walk, 'malformed', 'a quoted field is never closed')
    else {
      const read = close(walk, walk.window.length - walk.from)
      if (read !== undefined) yield read
    }
    yield* scan(walk)
  }
}

const newline = 0x0a
const carriageReturn = 0x0d
const quote = 0x22
const comma = 0x2c
