import { limits } from '@dcann/protocol/limits'

/** Where a walk through one JSON object stands. It is changed in place: a file has millions of bytes. */
export interface Structure {
  readonly open: number[]
  inString: boolean
  escaped: boolean
  /** The last byte outside texts that is not blank; a text counts as its closing quote. */
  last: number
}

/** What a byte did: the object goes on, it is complete, or it cannot be JSON. */
export type Step = 'more' | 'end' | 'malformed' | 'too-deep'

/** The walk before the object's opening brace. */
export function beginStructure(): Structure {
  return { open: [], inString: false, escaped: false, last: 0 }
}

/**
 * One byte further. It checks as much of the grammar as it takes to notice a missing quote, brace or bracket close to
 * where it is missing, since that decides how many good neighbours are lost; `JSON.parse` checks the rest.
 */
export function advance(structure: Structure, byte: number): Step {
  if (structure.inString) return advanceInString(structure, byte)
  if (isBlank(byte)) return 'more'
  const { open, last } = structure
  const inside = open.at(-1)
  structure.last = byte
  switch (byte) {
    case bytes.quote:
      structure.inString =
        last === bytes.colon || last === bytes.comma || last === bytes.brace || last === bytes.bracket
      return structure.inString ? 'more' : 'malformed'
    case bytes.brace:
    case bytes.bracket: {
      const inList = inside === bytes.bracket && (last === bytes.bracket || last === bytes.comma)
      if (inside !== undefined && last !== bytes.colon && !inList) return 'malformed'
      if (open.length === limits.jsonDepth) return 'too-deep'
      open.push(byte)
      return 'more'
    }
    case bytes.braceEnd:
    case bytes.bracketEnd:
      // in ASCII each opening mark stands two before its closing one
      if (open.pop() !== byte - 2) return 'malformed'
      return open.length === 0 ? 'end' : 'more'
    default:
      return literals.has(byte) ? 'more' : 'malformed'
  }
}

// A text cannot hold a raw line end, so a missing closing quote shows at the end of its line.
function advanceInString(structure: Structure, byte: number): Step {
  if (structure.escaped) structure.escaped = false
  else if (byte === bytes.backslash) structure.escaped = true
  else if (byte === bytes.quote) {
    structure.inString = false
    structure.last = byte
  } else if (byte < 0x20) return 'malformed'
  return 'more'
}

/** White space as JSON has it. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** The marks of JSON, as bytes. */
export const bytes = {
  newline: 0x0a,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  bracket: 0x5b,
  backslash: 0x5c,
  bracketEnd: 0x5d,
  brace: 0x7b,
  braceEnd: 0x7d,
} as const

const literals = new Set(Array.from(',:+-.0123456789Eaeflnrstu', (sign) => sign.charCodeAt(0)))
