import canonicalize from 'canonicalize'
import { textOf, utf8 } from './bytes.ts'
import { ProtocolError, quote } from './errors.ts'
import { limits } from './limits.ts'

/** A JSON value as this protocol admits it: integers only, well-formed strings, no `__proto__`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json }

/**
 * The RFC 8785 form of a value made here. Throws `not-canonical` for what has none: floats, lone surrogates, NUL.
 *
 * spec: bytes#canonical
 */
export function canonicalText(value: unknown): string {
  refuseHostile(value, 0)
  const text = canonicalize(value)
  if (text === undefined)
    throw new ProtocolError('not-canonical', 'writing canonical bytes: the value has no JSON form')
  return text
}

/** UTF-8 bytes of `canonicalText`. */
export function canonicalBytes(value: unknown): Uint8Array {
  return utf8(canonicalText(value))
}

/**
 * Parses bytes that must equal their own RFC 8785 form. That one comparison refuses duplicate keys, `1.0`, escapes, big
 * integers, a BOM and white space; a scan before it bounds depth, and a walk after it refuses what JCS lets through.
 *
 * Throws `too-large`, `malformed-json` or `not-canonical`.
 *
 * spec: bytes#canonical
 */
export function parseCanonical(bytes: Uint8Array, mostBytes: number): Json {
  if (bytes.length > mostBytes) {
    throw new ProtocolError('too-large', `reading canonical JSON: ${bytes.length} bytes, at most ${mostBytes}`)
  }
  const text = textOf(bytes)
  const value = parseBounded(text)
  if (canonicalize(value) !== text) {
    throw new ProtocolError(
      'not-canonical',
      'reading canonical JSON: the bytes differ from their RFC 8785 form; send keys sorted, no white space, no escapes, integers plain',
    )
  }
  return value
}

/** Parses JSON text whose depth is bounded before parsing, and refuses hostile values. Throws `malformed-json` or `not-canonical`. */
export function parseBounded(text: string): Json {
  refuseDepth(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProtocolError('malformed-json', 'reading JSON: the text is not JSON')
  }
  refuseHostile(value, 0)
  // JSON.parse makes nothing else than Json; the walk has refused what the type leaves out
  return value as Json
}

/** Before parsing, since a parser's or serializer's recursion is what deep nesting attacks. */
function refuseDepth(text: string): void {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 0x5c) i++
      else if (c === 0x22) inString = false
    } else if (c === 0x22) inString = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limits.jsonDepth) {
        throw new ProtocolError('malformed-json', `reading JSON: nested deeper than ${limits.jsonDepth}`)
      }
    } else if (c === 0x7d || c === 0x5d) depth--
  }
}

/** `depth` counts the arrays and objects around the value, as `refuseDepth` does. */
function refuseHostile(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      return refuseString(value)
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        throw new ProtocolError(
          'not-canonical',
          'reading JSON: a number is not a safe integer; amounts are decimal strings',
        )
      }
      return
    case 'object': {
      if (value === null) return
      if (depth >= limits.jsonDepth)
        throw new ProtocolError('malformed-json', `reading JSON: nested deeper than ${limits.jsonDepth}`)
      if (Array.isArray(value)) {
        refuseBreadth(value.length)
        for (const item of value) refuseHostile(item, depth + 1)
        return
      }
      const members = Object.entries(value)
      refuseBreadth(members.length)
      for (const [name, member] of members) {
        if (name === '__proto__')
          throw new ProtocolError('not-canonical', 'reading JSON: a member is named "__proto__"')
        refuseString(name)
        if (member !== undefined) refuseHostile(member, depth + 1)
      }
      return
    }
    case 'boolean':
      return
    default:
      throw new ProtocolError('not-canonical', `writing JSON: a value of type ${typeof value} has no JSON form`)
  }
}

function refuseBreadth(count: number): void {
  if (count > limits.jsonBreadth) {
    throw new ProtocolError(
      'malformed-json',
      `reading JSON: ${count} members in one place, at most ${limits.jsonBreadth}`,
    )
  }
}

function refuseString(text: string): void {
  if (!text.isWellFormed()) throw new ProtocolError('not-canonical', 'reading JSON: a string has a lone surrogate')
  if (text.includes('\0')) throw new ProtocolError('not-canonical', `reading JSON: the string ${quote(text)} holds NUL`)
}
