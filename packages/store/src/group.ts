import type { KeyObject } from 'node:crypto'
import { versionAfter } from './admit.ts'
import type { Head } from './head.ts'
import type { Key } from './key.ts'
import type { KeyRing } from './keys.ts'
import { markOf, seal, unseal } from './sealed.ts'
import type { Committed, Lease, Write } from './store.ts'
import { add, subtract, termOf } from './sum.ts'

/** What a key holds as far as the next commit is concerned: its version (0: absent), and what it adds to the sum. */
export type Standing = { readonly version: number; readonly term: Uint8Array | undefined }

/** One operation of a LevelDB batch. */
export type Operation =
  | { readonly type: 'put'; readonly key: Key; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Key }

/** A judged commit on its way to disk: what it does to the files, to the standing of keys, and to the head. */
export type Prepared = {
  readonly operations: readonly Operation[]
  readonly standings: ReadonlyMap<Key, Standing>
  readonly added: readonly Uint8Array[]
  readonly removed: readonly Uint8Array[]
  readonly versions: readonly number[]
  readonly bytes: number
}

/** A prepared commit and who waits for it. */
export type Waiting = Prepared & {
  readonly lease: Lease | undefined
  resolve(committed: Committed): void
  reject(error: Error): void
}

/** What preparing needs to see and to seal with. */
export type Bench = {
  readonly ring: KeyRing
  readonly sumKey: KeyObject
  bucketOf(key: Key): number
  /** The sealed value the disk holds for this key. */
  stored(key: Key): Uint8Array | undefined
  /** The standing that commits before this one leave the key in, if any of them is still on its way. */
  queued(key: Key): Standing | undefined
}

/**
 * Judges a commit against all before it and seals its values. Throws StoreError `conflict`, or `corrupt` when a key it
 * touches does not hold what was written: overwriting it would hide that something was lost.
 */
export const prepare = (writes: readonly Write[], bench: Bench): Prepared => {
  const operations: Operation[] = []
  const standings = new Map<Key, Standing>()
  const added: Uint8Array[] = []
  const removed: Uint8Array[] = []
  let bytes = 0

  const found = writes.map(({ key }) => bench.queued(key) ?? standingOf(key, bench.stored(key), bench))
  const versions = writes.map((write, i) => versionAfter(write, found[i]?.version ?? 0))
  writes.forEach((write, i) => {
    if ('require' in write) return
    const [before, version] = [found[i]?.term, versions[i] ?? 0]
    if (before !== undefined) removed.push(before)
    if ('delete' in write) {
      standings.set(write.key, { version: 0, term: undefined })
      operations.push({ type: 'del', key: write.key })
      return
    }
    const value = seal(bench.ring, bench.bucketOf(write.key), write.key, version, write.value)
    const term = termOf(bench.sumKey, markOf(write.key, value))
    added.push(term)
    standings.set(write.key, { version, term })
    operations.push({ type: 'put', key: write.key, value })
    bytes += value.length
  })
  return { operations, standings, added, removed, versions, bytes }
}

/** Seals what stands at these keys anew, in the same versions, where it lies in `buckets` under a past epoch. */
export const prepareAnew = (keys: readonly Key[], bench: Bench): Prepared => {
  const operations: Operation[] = []
  const standings = new Map<Key, Standing>()
  const added: Uint8Array[] = []
  const removed: Uint8Array[] = []
  for (const key of keys) {
    const stored = bench.stored(key)
    if (stored === undefined || bench.queued(key) !== undefined) continue // gone, or sealed since the epoch began
    const { value, version } = unseal(bench.ring, key, stored)
    const sealed = seal(bench.ring, bench.bucketOf(key), key, version, value)
    const term = termOf(bench.sumKey, markOf(key, sealed))
    removed.push(termOf(bench.sumKey, markOf(key, stored)))
    added.push(term)
    standings.set(key, { version, term })
    operations.push({ type: 'put', key, value: sealed })
  }
  return { operations, standings, added, removed, versions: [], bytes: 0 }
}

const standingOf = (key: Key, stored: Uint8Array | undefined, { ring, sumKey }: Bench): Standing =>
  stored === undefined
    ? { version: 0, term: undefined }
    : { version: unseal(ring, key, stored).version, term: termOf(sumKey, markOf(key, stored)) }

/** The head that goes to disk with these commits. */
export const headAfter = (head: Head, digest: Uint8Array, group: readonly Prepared[]): Head => {
  const sum = head.sum.slice()
  let count = head.count
  for (const { added, removed } of group) {
    for (const term of removed) subtract(sum, term)
    for (const term of added) add(sum, term)
    count += added.length - removed.length
  }
  return { n: head.n + 1, epoch: head.epoch, count, sum, prev: digest }
}
