import { concatenate, textOf } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { advance, beginStructure, bytes, isBlank, type Step, type Structure } from './json-structure.ts'
import { skip, type OrSkipped } from './skip.ts'

/** One object of the array: its text, which may still not be JSON, and its first line. */
export interface JsonElement {
  readonly line: number
  readonly text: string
}

/** Bytes of one element or one record of a file. An event that is larger is no event a strand could keep. */
export const pieceBytes = 64 * 1024

/**
 * The objects of a top-level JSON array, one at a time, holding at most one of them (and `mostBytes`) in memory.
 *
 * A faulty element is reported and the walk begins again behind its opening brace: the next element is at the first
 * brace that opens a later line with the same indentation (nothing but closing marks before it, as in `}, {`), or that
 * follows a comma on the same line. So one missing quote costs one element, in files printed on one line and on many.
 *
 * Throws `schema-mismatch` when the text is no array at all.
 */
export async function* readJsonArray(
  blocks: AsyncIterable<Uint8Array>,
  mostBytes: number = pieceBytes,
): AsyncGenerator<OrSkipped<JsonElement>, void, undefined> {
  const walk = beginWalk(mostBytes)
  for await (const block of blocks) {
    walk.window = concatenate(walk.window.subarray(walk.from), block)
    walk.at -= walk.from
    walk.from = 0
    yield* scan(walk)
  }
  yield* finish(walk)
}

interface Element {
  readonly line: number
  readonly indent: number
  readonly structure: Structure
  dropped: boolean
}

interface Walk {
  readonly mostBytes: number
  /** Bytes not yet done with: from the open element's first, or nothing; `at` is the next to look at. */
  window: Uint8Array
  from: number
  at: number
  place: 'before' | 'between' | 'element' | 'seeking' | 'after'
  element: Element
  line: number
  indent: number
  /** On this line so far: only blanks; only blanks and closing marks. */
  leading: boolean
  closing: boolean
  /** The last byte that is not blank. */
  last: number
}

function beginWalk(mostBytes: number): Walk {
  const element = { line: 1, indent: 0, structure: beginStructure(), dropped: false }
  const start = { line: 1, indent: 0, leading: true, closing: true, last: 0 }
  return { mostBytes, window: new Uint8Array(0), from: 0, at: 0, place: 'before', element, ...start }
}

function* scan(walk: Walk): Generator<OrSkipped<JsonElement>, void, undefined> {
  while (walk.at < walk.window.length) {
    const byte = walk.window[walk.at] ?? 0
    if (walk.place === 'element') {
      walk.at++
      const step = advance(walk.element.structure, byte)
      follow(walk, byte)
      if (step === 'end') yield close(walk)
      else if (step !== 'more') yield giveUp(walk, step)
      else if (walk.at - walk.from > walk.mostBytes) drop(walk)
      continue
    }
    const opens = byte === bytes.brace && (walk.place === 'between' || (walk.place === 'seeking' && isBoundary(walk)))
    if (opens) open(walk)
    else {
      const stray = walk.place === 'between' && !isBlank(byte) && byte !== bytes.comma && byte !== bytes.bracketEnd
      const trailing = walk.place === 'after' && !isBlank(byte)
      if (walk.place === 'before' && byte === bytes.bracket) walk.place = 'between'
      else if (walk.place === 'before' && !isBlank(byte)) throw noArray()
      else if (walk.place === 'between' && byte === bytes.bracketEnd) walk.place = 'after'
      if (stray || trailing) {
        walk.element = { line: walk.line, indent: walk.indent, structure: beginStructure(), dropped: true }
        walk.place = 'seeking'
        yield skip(
          walk.line,
          'malformed',
          stray ? 'an object is expected here' : 'something follows the end of the array',
        )
      }
      follow(walk, byte)
      walk.at++
      walk.from = walk.at
    }
  }
}

function isBoundary(walk: Walk): boolean {
  if (walk.line === walk.element.line) return walk.last === bytes.comma
  return walk.closing && walk.indent === walk.element.indent
}

function open(walk: Walk): void {
  walk.place = 'element'
  walk.from = walk.at
  walk.element = { line: walk.line, indent: walk.indent, structure: beginStructure(), dropped: false }
}

function close(walk: Walk): OrSkipped<JsonElement> {
  const { line, dropped } = walk.element
  const piece = walk.window.subarray(walk.from, walk.at)
  walk.place = 'between'
  walk.from = walk.at
  if (dropped || piece.length > walk.mostBytes) {
    return skip(line, 'too-large', `the element is larger than ${walk.mostBytes} bytes`)
  }
  try {
    return { line, text: textOf(piece) }
  } catch {
    return skip(line, 'encoding', 'the element is not UTF-8')
  }
}

function giveUp(walk: Walk, step: Exclude<Step, 'more' | 'end'> | 'truncated'): OrSkipped<never> {
  const { line, indent, dropped } = walk.element
  walk.place = 'seeking'
  if (!dropped) {
    walk.at = walk.from + 1
    Object.assign(walk, { line, indent, leading: false, closing: false, last: bytes.brace })
  }
  walk.from = walk.at
  return skip(line, step, reasons[step])
}

// A large element may be sound; it is walked to its end without keeping it, so that what it holds is not taken for events.
function drop(walk: Walk): void {
  walk.element.dropped = true
  walk.from = walk.at
}

function* finish(walk: Walk): Generator<OrSkipped<JsonElement>, void, undefined> {
  if (walk.place === 'before') throw noArray()
  const cut = walk.last !== bytes.bracketEnd
  let told = false
  while (walk.place === 'element') {
    yield giveUp(walk, cut && !told ? 'truncated' : 'malformed')
    told = true
    yield* scan(walk)
  }
  if (cut && !told && walk.place !== 'after') yield skip(walk.line, 'truncated', 'the file ends before the array does')
}

function follow(walk: Walk, byte: number): void {
  if (byte === bytes.newline) {
    walk.line++
    walk.indent = 0
    walk.leading = true
    walk.closing = true
  } else if (isBlank(byte)) {
    if (walk.leading) walk.indent++
  } else {
    walk.leading = false
    walk.closing &&= byte === bytes.braceEnd || byte === bytes.bracketEnd || byte === bytes.comma
    walk.last = byte
  }
}

function noArray(): ProtocolError {
  return new ProtocolError(
    'schema-mismatch',
    'reading a JSON file: it does not begin with "[", a list of events is expected',
  )
}

const reasons = {
  malformed: 'the element is not JSON: a quote, comma, brace or bracket is missing or too many',
  'too-deep': 'the element nests too deep',
  truncated: 'the file ends inside this element',
} as const
