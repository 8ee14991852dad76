import { ProtocolError, quote } from '@dcann/protocol/errors'
import { Inflate } from 'fflate'
import { crc32 } from './crc32.ts'
import type { Header } from './header.ts'
import type { Packed } from './packed.ts'

/** What unpacking an archive may come to. */
export interface ArchiveLimits {
  /** Times its size that a member unpacks to; tables of text reach about twenty. Counted from the first megabyte on. */
  readonly ratio: number
  /** Bytes of all members read, together. */
  readonly bytes: number
  readonly members: number
}

/** 200 times, 2 GiB, and as many members as an archive that is not of the 64-bit kind can list. */
export const archiveLimits: ArchiveLimits = { ratio: 200, bytes: 2 ** 31, members: 65_535 }

/** How much was unpacked of an archive so far. It is changed in place, by one member after the other. */
export interface Spent {
  bytes: number
}

/** A member being unpacked. */
export interface Unpacking {
  /** Ends early at bytes that cannot be unpacked. Leaving it early leaves the slices where they are. */
  readonly content: AsyncGenerator<Uint8Array, void, undefined>
  /** Whether it was read to its end, and was not what the archive says of it; asked when the slices have come to theirs. */
  readonly isDamaged: () => boolean
}

/** Unpacks a member. `content` throws `too-large` for one that unpacks to more than `limits` allow. */
export function unpack(
  archive: string,
  { deflated }: Header,
  packed: Packed,
  limits: ArchiveLimits,
  spent: Spent,
): Unpacking {
  let taken = 0
  let made = 0
  let crc = 0
  let ended = false
  const account = (pieces: readonly Uint8Array[]): void => {
    for (const piece of pieces) {
      made += piece.length
      spent.bytes += piece.length
      crc = crc32(piece, crc)
    }
    const most = Math.max(ratioFrom, taken * limits.ratio)
    if (made > most) throw tooLarge(archive, `to more than ${limits.ratio} times its size`)
    if (spent.bytes > limits.bytes) throw tooLarge(archive, `to more than ${limits.bytes} bytes`)
  }
  let fits = true
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    const inflate = deflated ? openInflate() : (slice: Uint8Array) => [slice]
    // `for await` would end the slices with the content, and the member's end would not be found
    for (let next = await packed.slices.next(); fits && !next.done; next = await packed.slices.next()) {
      taken += next.value.length
      const pieces = inflate(next.value)
      fits = pieces !== undefined
      account(pieces ?? [])
      yield* pieces ?? []
    }
    ended = true
  }
  return {
    content: content(),
    isDamaged: () => {
      const sums = packed.sums()
      return ended && !(fits && sums?.bytes === made && sums.crc === crc)
    },
  }
}

/** DEFLATE, a slice at a time; `undefined` for what is none. */
function openInflate(): (slice: Uint8Array) => readonly Uint8Array[] | undefined {
  let made: Uint8Array[] = []
  let fruitless = 0
  const inflater = new Inflate((piece) => {
    if (piece.length > 0) made.push(piece)
  })
  return (slice) => {
    made = []
    // Inflate keeps what it is given behind the end of its data, for ever
    if (fruitless > fruitlessMost) return undefined
    try {
      inflater.push(slice)
    } catch {
      return undefined
    }
    fruitless = made.length > 0 ? 0 : fruitless + slice.length
    return made
  }
}

function tooLarge(archive: string, how: string): ProtocolError {
  return new ProtocolError(
    'too-large',
    `importing ${quote(archive)}: it unpacks ${how}; if you trust it, unpack it, and import the files inside one by one`,
  )
}

const ratioFrom = 2 ** 20
/** More than a block of DEFLATE without compression, the longest input that makes nothing yet. */
const fruitlessMost = 128 * 1024
