import { createHmac, hash, timingSafeEqual, type KeyObject } from 'node:crypto'
import { emptySum, sumBytes, sumOf, type Sum } from './sum.ts'

/**
 * What a store says of itself as a whole. Every batch carries the next head, so data and head are on disk together or
 * not at all.
 *
 * What LevelDB does not tell, and what does:
 * - a byte of a value altered, a value put under another key, a value written by someone without the key: the seal of
 *   the value (`sealed.ts`);
 * - a record lost out of the middle (LevelDB skips damaged blocks of its log and says nothing), removed, added, or put
 *   back in an older version: `count` and `sum`, over the marks of all living values. Only reading all of them shows it,
 *   which is what `fsck` does;
 * - the last batches lost (LevelDB cuts its log at the first damage it takes for the end): what is left is an older
 *   store, whole and with the head it then had. Nothing inside the folder can show that. The witness (`witness.ts`), a
 *   file beside it, holds the number and digest of the newest head;
 * - a second owner at work: `epoch`, one more at each opening.
 *
 * `prev` is the digest of the head before: it binds the head that follows the witness to the one the witness saw.
 */
export type Head = {
  /** Counts batches, from 1. */
  readonly n: number
  /** Counts openings, from 1. */
  readonly epoch: number
  /** How many keys hold a value. Of one writer among several: how many more it has made than taken away. */
  readonly count: number
  /** The sum over the marks of those values. */
  readonly sum: Sum
  /** The digest of head `n − 1`; 32 zeros for the first. */
  readonly prev: Uint8Array
}

/** The head before the first. */
export const noHead = (): Head => ({ n: 0, epoch: 0, count: 0, sum: emptySum(), prev: new Uint8Array(32) })

const FORM = 1
const BODY = 1 + 8 + 8 + 8 + 32 + 32

/** The head as authenticated bytes. It is not sealed: what it says is as plain from the folder's files. */
export const encodeHead = (key: KeyObject, head: Head): Uint8Array => {
  const bytes = new Uint8Array(BODY + 32)
  const view = new DataView(bytes.buffer)
  bytes[0] = FORM
  view.setBigUint64(1, BigInt(head.n))
  view.setBigUint64(9, BigInt(head.epoch))
  view.setBigInt64(17, BigInt(head.count))
  bytes.set(sumBytes(head.sum), 25)
  bytes.set(head.prev, 57)
  bytes.set(createHmac('sha256', key).update(bytes.subarray(0, BODY)).digest(), BODY)
  return bytes
}

/** The head those bytes hold; undefined when they are not what a holder of the key wrote. */
export const decodeHead = (key: KeyObject, bytes: Uint8Array): Head | undefined => {
  if (bytes.length !== BODY + 32 || bytes[0] !== FORM) return undefined
  const proof = createHmac('sha256', key).update(bytes.subarray(0, BODY)).digest()
  if (!timingSafeEqual(proof, bytes.subarray(BODY))) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    n: Number(view.getBigUint64(1)),
    epoch: Number(view.getBigUint64(9)),
    count: Number(view.getBigInt64(17)),
    sum: sumOf(bytes.subarray(25, 57)),
    prev: bytes.slice(57, 89),
  }
}

/** Whether bytes are in a form that is newer than what this version writes. Nothing proves it: the bytes may be altered. */
export const isNewerForm = (bytes: Uint8Array): boolean => (bytes[0] ?? 0) > FORM

/** The digest of an encoded head, which the next head carries as `prev`; 32 zeros for the head before the first. */
export const digestOf = (encoded: Uint8Array): Uint8Array => hash('sha256', encoded, 'buffer')
