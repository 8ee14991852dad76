import { createHmac, type KeyObject } from 'node:crypto'

/**
 * A sum that stands for a set of marks, whatever the order they came in: each mark's HMAC-SHA256 as a number, added
 * modulo 2^256. A mark is added or taken away in one step, however large the set. Without the key nobody can find
 * another set with the same sum, nor learn what one mark adds.
 *
 * After: Bellare and Micciancio, "A New Paradigm for Collision-free Hashing" (1997), in its keyed form.
 */
export type Sum = Uint32Array

const LANES = 8

/** The sum of nothing. */
export const emptySum = (): Sum => new Uint32Array(LANES)

/** What one mark adds to the sum, 32 bytes. */
export const termOf = (key: KeyObject, mark: Uint8Array): Uint8Array => createHmac('sha256', key).update(mark).digest()

/** Adds a term to the sum, in place. */
export const add = (sum: Sum, term: Uint8Array): void => {
  const view = new DataView(term.buffer, term.byteOffset, term.byteLength)
  for (let lane = 0, carry = 0; lane < LANES; lane++) {
    const total = (sum[lane] ?? 0) + view.getUint32(lane * 4, true) + carry
    sum[lane] = total
    carry = total >= 2 ** 32 ? 1 : 0
  }
}

/** Takes a term away again, in place. */
export const subtract = (sum: Sum, term: Uint8Array): void => {
  const view = new DataView(term.buffer, term.byteOffset, term.byteLength)
  for (let lane = 0, borrow = 0; lane < LANES; lane++) {
    const rest = (sum[lane] ?? 0) - view.getUint32(lane * 4, true) - borrow
    sum[lane] = rest
    borrow = rest < 0 ? 1 : 0
  }
}

/** The sum as 32 bytes, least significant first. */
export const sumBytes = (sum: Sum): Uint8Array => {
  const bytes = new Uint8Array(LANES * 4)
  const view = new DataView(bytes.buffer)
  sum.forEach((value, lane) => view.setUint32(lane * 4, value, true))
  return bytes
}

/** The sum those 32 bytes stand for. */
export const sumOf = (bytes: Uint8Array): Sum => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: LANES }, (_, lane) => view.getUint32(lane * 4, true))
}
