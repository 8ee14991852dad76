import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync } from 'node:fs'
import { writeAll, writeDurably } from './durable.ts'

/** The newest head there is said to be: its number, the opening it belongs to, its digest. */
export type Sighting = { readonly n: number; readonly epoch: number; readonly digest: Uint8Array }

/**
 * A file beside the store's folder that holds the newest head, so that a folder which has lost its last batches is not
 * taken for whole.
 *
 * It is written after a batch is synced and before the batch is acknowledged, and not synced itself:
 * - a process killed at any moment: the kernel has what was written, so the witness is at most one batch behind;
 * - a power cut: the store is at least as new as all that was acknowledged, the witness may be older. That shows as a
 *   store ahead of its witness, which is no fault;
 * - a store *behind* its witness has therefore lost something acknowledged, whatever the reason.
 *
 * Two slots are written in turn, in different blocks, so that a torn write leaves the one before; each carries its own
 * authentication. What it cannot show: folder and witness put back together from the same older copy.
 */
export type Witness = {
  /** The newest readable slot, and how many slots are damaged. Both damaged: nothing can be said. */
  look(): { readonly newest: Sighting | undefined; readonly damaged: number }
  /** Whether a slot has been written by another since `write` or `begin` of this one. One read, no authentication. */
  touched(): boolean
  /** The batch with this head is synced. */
  write(sighting: Sighting): void
  /** Writes both slots and syncs them: an owner begins or ends. */
  begin(sighting: Sighting): void
  close(): void
}

const FORM = 1
const BODY = 1 + 8 + 8 + 32
const SLOT = BODY + 32
const SPACING = 4096

/** Makes a witness of this head, on disk when this returns. */
export const createWitness = (path: string, key: KeyObject, sighting: Sighting): void => {
  const bytes = new Uint8Array(SPACING + SLOT)
  bytes.set(encode(key, sighting), 0)
  bytes.set(encode(key, sighting), SPACING)
  writeDurably(path, bytes)
}

/** Opens a witness that exists. */
export const openWitness = (path: string, key: KeyObject): Witness => {
  const file = openSync(path, 'r+')
  const found = Buffer.alloc(SPACING + SLOT)
  const mine = Buffer.alloc(SPACING + SLOT)

  const read = (): Buffer => {
    found.fill(0)
    readSync(file, found, 0, found.length, 0)
    return found
  }
  const put = (slot: number, bytes: Uint8Array): void => {
    mine.set(bytes, slot * SPACING)
    writeAll(file, bytes, slot * SPACING)
  }
  const slots = (bytes: Buffer): Buffer[] => [bytes.subarray(0, SLOT), bytes.subarray(SPACING)]

  return {
    look() {
      const sightings = slots(read()).map((slot) => decode(key, slot))
      const whole = sightings.filter((sighting) => sighting !== undefined)
      whole.sort((a, b) => b.epoch - a.epoch || b.n - a.n)
      return { newest: whole[0], damaged: sightings.length - whole.length }
    },
    touched() {
      const now = slots(read())
      return !slots(mine).every((slot, i) => now[i]?.equals(slot))
    },
    write(sighting) {
      put(sighting.n % 2, encode(key, sighting))
    },
    begin(sighting) {
      put(0, encode(key, sighting))
      put(1, encode(key, sighting))
      fsyncSync(file)
    },
    close: () => closeSync(file),
  }
}

const encode = (key: KeyObject, { n, epoch, digest }: Sighting): Uint8Array => {
  const bytes = new Uint8Array(SLOT)
  const view = new DataView(bytes.buffer)
  bytes[0] = FORM
  view.setBigUint64(1, BigInt(n))
  view.setBigUint64(9, BigInt(epoch))
  bytes.set(digest, 17)
  bytes.set(createHmac('sha256', key).update(bytes.subarray(0, BODY)).digest(), BODY)
  return bytes
}

const decode = (key: KeyObject, slot: Uint8Array): Sighting | undefined => {
  const proof = createHmac('sha256', key).update(slot.subarray(0, BODY)).digest()
  if (slot[0] !== FORM || !timingSafeEqual(proof, slot.subarray(BODY))) return undefined
  const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength)
  return { n: Number(view.getBigUint64(1)), epoch: Number(view.getBigUint64(9)), digest: slot.slice(17, BODY) }
}
