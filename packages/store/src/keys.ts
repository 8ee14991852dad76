import { createSecretKey, hash, hkdfSync, randomFillSync, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { writeAll, writeDurably } from './durable.ts'
import { StoreError } from './errors.ts'

/** A 32-byte sealing key, and which one of its bucket's keys it is, counted from 1. */
export type BucketKey = { readonly epoch: number; readonly key: KeyObject }

/**
 * The keys that values are sealed under. Each value lies in one of `buckets` buckets; each bucket has a key of its own,
 * and a new one for every epoch. A key that is gone makes all that was sealed under it unreadable, in files not yet
 * compacted and in backups alike.
 */
export type KeyRing = {
  readonly buckets: number
  /** What new values of this bucket are sealed under. */
  current(bucket: number): BucketKey
  /** What values of that epoch were sealed under; undefined when it was destroyed or never made. */
  at(bucket: number, epoch: number): KeyObject | undefined
}

/** A key ring in a file, with the keys that authenticate the store as a whole. */
export type KeyFile = KeyRing & {
  /** A 32-byte key for one use, e.g. 'head'; the same for the life of the store, another for every other use. */
  derive(use: string): KeyObject
  /** How many keys of buckets it has had, those that are destroyed too: a copy with fewer is an older one. */
  epochs(): number
  /** Everything that the act advances or destroys is on disk when this returns, by one sync and not one each. */
  together<T>(act: () => T): T
  /** Begins the bucket's next epoch, on disk when this returns. Older epochs go on opening what they sealed. */
  advance(bucket: number): BucketKey
  /**
   * Overwrites the key of a past epoch, on disk when this returns. Blocks that the file system or the drive keeps
   * elsewhere are beyond it: what must not survive there belongs on an encrypted volume.
   */
  destroy(bucket: number, epoch: number): void
  close(): void
}

/** How many buckets a new key file has: erasing one person's things touches one in 4,096 of all others'. */
export const BUCKETS = 4096

/** The bucket that an owner's things lie in. */
export const bucketOfOwner = (owner: string, buckets: number): number =>
  hash('sha256', owner, 'buffer').readUInt32BE(0) % buckets

const RECORD = 44 // bucket (2) · epoch (4) · key (32) · check (6)
const MASTER = 0xffff // the bucket number of the first record, whose key the others of the store are derived from
const DESTROYED = Buffer.alloc(32)

/** Makes a key file with a master key and one epoch of every bucket, readable by its owner only, on disk on return. */
export const createKeyFile = (path: string, buckets: number = BUCKETS): void => {
  // chance everywhere, and what is none written over it
  const records = randomFillSync(Buffer.alloc(RECORD * (buckets + 1)))
  finish(records, 0, MASTER, buckets)
  for (let bucket = 0; bucket < buckets; bucket++) finish(records, RECORD * (bucket + 1), bucket, 1)
  writeDurably(path, records)
}

/**
 * Opens a key file: fixed records, only ever appended, save that a destroyed key is overwritten by zeros. Half a record
 * at the end is an epoch whose `advance` never returned, and is left out. StoreError `key-missing` when a record is
 * damaged: the values under it could not be opened, and no other key is to be tried on them.
 */
export const openKeyFile = (path: string): KeyFile => {
  const bytes = readFileSync(path)
  const places = new Map<number, number>() // bucket and epoch → where in the file
  const keys = new Map<number, KeyObject>()
  const newest = new Map<number, number>()
  const buckets = bytes.length < RECORD ? 0 : bytes.readUInt32BE(2)
  let end = 0
  for (; end + RECORD <= bytes.length; end += RECORD) {
    const [bucket, epoch] = [bytes.readUInt16BE(end), bytes.readUInt32BE(end + 2)]
    const whole = bytes.readUIntBE(end + 38, 6) === checkOf(bytes, end)
    const inPlace = end === 0 ? bucket === MASTER : bucket < buckets && epoch === (newest.get(bucket) ?? 0) + 1
    if (!whole || !inPlace) throw damaged(path, `record ${end / RECORD} is damaged`)
    if (end === 0) continue
    places.set(slot(bucket, epoch), end)
    newest.set(bucket, epoch)
  }
  if (buckets === 0 || newest.size !== buckets) throw damaged(path, `it holds ${newest.size} of ${buckets} buckets`)
  const master = createSecretKey(bytes.subarray(6, 38))
  const file = openSync(path, 'r+')
  let closed = false
  let inTogether = false
  const sync = (): void => {
    if (!inTogether) fsyncSync(file)
  }
  /** A closed descriptor's number may be another file's by now. */
  const requireOpen = (): void => {
    if (closed) throw new StoreError('closed', `change the key file '${path}': it was closed; open it again`)
  }

  const read = (bucket: number, epoch: number): Buffer | undefined => {
    const at = places.get(slot(bucket, epoch))
    const key = at === undefined ? undefined : bytes.subarray(at + 6, at + 38)
    return key?.equals(DESTROYED) ? undefined : key
  }

  const at = (bucket: number, epoch: number): KeyObject | undefined => {
    const known = keys.get(slot(bucket, epoch))
    if (known !== undefined) return known
    const key = read(bucket, epoch)
    if (key === undefined) return undefined
    const made = createSecretKey(key)
    keys.set(slot(bucket, epoch), made)
    return made
  }

  return {
    buckets,
    at,
    current(bucket) {
      const epoch = newest.get(bucket) ?? 0
      const key = at(bucket, epoch)
      if (key === undefined) throw damaged(path, `bucket ${bucket} has no key, it holds buckets 0 to ${buckets - 1}`)
      return { epoch, key }
    },
    epochs: () => end / RECORD - 1,
    together(act) {
      inTogether = true
      try {
        return act()
      } finally {
        inTogether = false
        fsyncSync(file)
      }
    },
    derive: (use) => createSecretKey(Buffer.from(hkdfSync('sha256', master, '', `dcann-store ${use}`, 32))),
    advance(bucket) {
      requireOpen()
      const before = newest.get(bucket)
      if (before === undefined) throw damaged(path, `bucket ${bucket} is not one of 0 to ${buckets - 1}`)
      const key = createSecretKey(randomFillSync(Buffer.alloc(32)))
      ftruncateSync(file, end)
      writeAll(file, record(bucket, before + 1, key.export()), end)
      sync()
      places.set(slot(bucket, before + 1), end)
      newest.set(bucket, before + 1)
      keys.set(slot(bucket, before + 1), key)
      end += RECORD
      return { epoch: before + 1, key }
    },
    destroy(bucket, epoch) {
      requireOpen()
      const place = places.get(slot(bucket, epoch))
      if (place === undefined || epoch === newest.get(bucket))
        throw damaged(path, `epoch ${epoch} of bucket ${bucket} is not a past one, only those are destroyed`)
      writeAll(file, record(bucket, epoch, DESTROYED), place)
      sync()
      if (place < bytes.length) bytes.fill(0, place + 6, place + 38)
      keys.delete(slot(bucket, epoch))
    },
    close() {
      if (!closed) closeSync(file)
      closed = true
    },
  }
}

const slot = (bucket: number, epoch: number): number => bucket * 2 ** 32 + epoch

const record = (bucket: number, epoch: number, key: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(RECORD)
  bytes.set(key, 6)
  finish(bytes, 0, bucket, epoch)
  return bytes
}

/** Writes around the key of a record what else belongs to it. */
const finish = (bytes: Buffer, at: number, bucket: number, epoch: number): void => {
  bytes.writeUInt16BE(bucket, at)
  bytes.writeUInt32BE(epoch, at + 2)
  bytes.writeUIntBE(checkOf(bytes, at), at + 38, 6)
}

/** Thousands of records are checked at every start, so nothing is made here but the digest. */
const checkOf = (bytes: Buffer, at: number): number =>
  hash('sha256', bytes.subarray(at, at + 38), 'buffer').readUIntBE(0, 6)

const damaged = (path: string, what: string): StoreError =>
  new StoreError('key-missing', `use the key file '${path}': ${what}; bring back the copy that was kept of it`)
