import type { Cursor } from './cursor.ts'
import { type Header, marks, markAt, type Sums, viewOf } from './header.ts'

/** How much of a member is handed on at once: DEFLATE makes at most 1,032 times as much of it. */
export const sliceBytes = 4 * 1024

/** The bytes of one member as they stand in the archive. */
export interface Packed {
  readonly slices: AsyncGenerator<Uint8Array, void, undefined>
  /** What the archive says of the member, once the slices have come to their end; absent when the archive ends before. */
  readonly sums: () => Sums | undefined
}

/** The member whose header was just passed. The cursor stands behind it when the slices have come to their end. */
export function readPacked(cursor: Cursor, { sums }: Header): Packed {
  let found: Sums | undefined
  const end = (at: Sums): void => void (found = at)
  return { slices: sums ? readCounted(cursor, sums, end) : readUncounted(cursor, end), sums: () => found }
}

async function* readCounted(cursor: Cursor, sums: Sums, end: (sums: Sums) => void): AsyncGenerator<Uint8Array, void> {
  for (let left = sums.packed; left > 0;) {
    const slice = (await cursor.look(1)).subarray(0, Math.min(sliceBytes, left))
    if (slice.length === 0) return
    cursor.skip(slice.length)
    left -= slice.length
    yield slice
  }
  end(sums)
}

/**
 * A server that packs while it sends does not know a member's size beforehand and writes it behind. Nothing marks that
 * place for certain, so it is the first where the size written is the size read.
 */
async function* readUncounted(cursor: Cursor, end: (sums: Sums) => void): AsyncGenerator<Uint8Array, void> {
  for (let before = 0; ;) {
    const window = await cursor.look(sliceBytes + sumsMost)
    const found = findSums(window, before)
    const slice = window.subarray(0, found?.at ?? (window.length < sliceBytes + sumsMost ? window.length : sliceBytes))
    cursor.skip(slice.length)
    before += slice.length
    if (slice.length > 0) yield slice
    if (found !== undefined) {
      cursor.skip(found.bytes)
      return end(found.sums)
    }
    if (window.length < sliceBytes + sumsMost) return
  }
}

const sumsMost = 16

interface Found {
  readonly at: number
  readonly bytes: number
  readonly sums: Sums
}

/** Sums that begin within the next slice: behind a mark of their own, or without one before the next part's. */
function findSums(window: Uint8Array, before: number): Found | undefined {
  for (let at = window.indexOf(firstOfMark); at >= 0; at = window.indexOf(firstOfMark, at + 1)) {
    if (at > sliceBytes + 12) return undefined
    const mark = markAt(window, at)
    const marked = mark === marks.sums
    const begins = marked ? at : mark === marks.member || mark === marks.directory ? at - 12 : -1
    if (begins < 0 || begins > sliceBytes || begins + (marked ? 16 : 12) > window.length) continue
    const sums = readSums(window.subarray(marked ? begins + 4 : begins))
    if (sums.packed === before + begins) return { at: begins, bytes: marked ? 16 : 12, sums }
  }
  return undefined
}

function readSums(bytes: Uint8Array): Sums {
  const view = viewOf(bytes)
  return { crc: view.getUint32(0, true), packed: view.getUint32(4, true), bytes: view.getUint32(8, true) }
}

const firstOfMark = 0x50
