import { ProtocolError, quote } from '@dcann/protocol/errors'
import { cleanText } from '../row.ts'

/** What stands before a member of a ZIP archive. The sums are absent where they follow behind the member instead. */
export interface Header {
  /** The base name alone: folders are nobody's business here, and nothing is ever written under this name. */
  readonly name: string
  readonly folder: boolean
  readonly deflated: boolean
  readonly sums: Sums | undefined
}

/** What an archive says of a member: its bytes packed and unpacked, and the checksum of the latter. */
export interface Sums {
  readonly packed: number
  readonly bytes: number
  readonly crc: number
}

/** The four bytes that ZIP sets before each of its parts, as a little-endian number. */
export const marks = { member: 0x04034b50, sums: 0x08074b50, directory: 0x02014b50, end: 0x06054b50 } as const

/** Bytes of a header without its name and what else is of any length; `headerBytes` tells those as well. */
export const headerLeast = 30

/** Bytes of the header that begins here. */
export function headerBytes(begins: Uint8Array): number {
  const view = viewOf(begins)
  return headerLeast + view.getUint16(26, true) + view.getUint16(28, true)
}

/**
 * Reads a whole header. Throws `media-type-unsupported` for what is not read out of an archive: members that are
 * encrypted, packed in another way than by DEFLATE, or beyond 4 GB.
 */
export function readHeader(archive: string, bytes: Uint8Array): Header {
  const view = viewOf(bytes)
  const flags = view.getUint16(6, true)
  const method = view.getUint16(8, true)
  const sums = { crc: view.getUint32(14, true), packed: view.getUint32(18, true), bytes: view.getUint32(22, true) }
  const extraAt = headerLeast + view.getUint16(26, true)
  if ((flags & encrypted) !== 0) throw refuse(archive, 'it is encrypted', 'decrypt and unpack it')
  if (sums.packed === beyond || sums.bytes === beyond || hasExtra(bytes.subarray(extraAt), zip64)) {
    throw refuse(archive, 'it is a ZIP archive of the 64-bit kind (ZIP64)', 'unpack it')
  }
  if (method !== stored && method !== deflated) {
    throw refuse(archive, `it is packed by method ${method}; those known are 0 (stored) and 8 (DEFLATE)`, 'unpack it')
  }
  const path = new TextDecoder().decode(bytes.subarray(headerLeast, extraAt))
  return {
    name: cleanText(path.split(/[/\\]/).at(-1) ?? '').slice(0, nameMost),
    folder: /[/\\]$/.test(path),
    deflated: method === deflated,
    sums: (flags & sumsFollow) === 0 ? sums : undefined,
  }
}

/** The refusal of a whole archive, with what its holder can do. */
export function refuse(archive: string, what: string, remedy: string): ProtocolError {
  return new ProtocolError(
    'media-type-unsupported',
    `importing ${quote(archive)}: ${what}; ${remedy}, and import the files inside one by one`,
  )
}

/** The mark that these bytes begin with, or 0 where there are too few. */
export function markAt(bytes: Uint8Array, at = 0): number {
  return bytes.length < at + 4 ? 0 : viewOf(bytes).getUint32(at, true)
}

/** The bytes as numbers. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function hasExtra(extra: Uint8Array, wanted: number): boolean {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) === wanted) return true
  }
  return false
}

const nameMost = 120
const stored = 0
const deflated = 8
const beyond = 0xffffffff
const zip64 = 0x0001
/** Plain encryption, the strong kind, and a directory that is hidden. */
const encrypted = 0x2041
const sumsFollow = 0x0008
