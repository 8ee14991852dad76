import type { Key } from './key.ts'

export type { Key } from './key.ts'

/** A value and how many times its key has been written since it was last absent: 1 for a new key, then 2, 3, … */
export type Versioned = { readonly value: Uint8Array; readonly version: number }

/** One entry of a range. */
export type Entry = Versioned & { readonly key: Key }

/**
 * What the named keys held at one moment. `get` of a key that was not named when the snapshot was taken throws StoreError
 * `unread-key`: an absent value and a forgotten read must not look alike. Values are not to be changed in place.
 */
export type Snapshot = { get(key: Key): Versioned | undefined }

/**
 * A stretch of keys in byte order: all that begin with `prefix`, or those in `[from, to)`, either end open when left out.
 * `after` continues past the last key of the page before, in the direction of travel. At most `limit` entries come,
 * 1 … MAX_RANGE. Else StoreError `malformed-range`.
 */
export type Range = ({ readonly prefix: string } | { readonly from?: Key; readonly to?: Key }) & {
  readonly after?: Key
  readonly limit: number
  readonly reverse?: boolean
}

/**
 * Reading. Every call sees one moment of the store; a later call sees that moment or a later one. What is returned is
 * durable already: a commit whose sync is under way is not seen. A value that is not what was written is never returned:
 * StoreError `corrupt`. An engine in this process answers `read` at once and not by a promise, so a hot path that tests
 * `instanceof Promise` awaits nothing.
 */
export interface Reader {
  /** One snapshot of exactly these keys, at most MAX_KEYS; naming one twice is the same as once. */
  read(keys: readonly Key[]): Snapshot | Promise<Snapshot>
  /** One page of a range, in order. An empty array is the end. */
  range(range: Range): readonly Entry[] | Promise<readonly Entry[]>
}

/** Write a value, whatever stands there, or only if the key is at that version, or only if it is absent. */
export type Put = { readonly key: Key; readonly value: Uint8Array; readonly expect?: number | 'absent' }

/** Take a key away, whatever stands there (nothing there is no fault), or only if it is at that version. */
export type Delete = { readonly key: Key; readonly delete: true; readonly expect?: number }

/** Write nothing, but let the commit stand only if this key is still at that version: what a decision was founded on. */
export type Require = { readonly key: Key; readonly require: number }

/** What a shelf describes and a desk commits. A commit names each key at most once. */
export type Write = Put | Delete | Require

/**
 * The right to hand out bytes until a moment, recorded in the commit that decided to. `scopes` are what it can be found
 * by, e.g. the thing it rests on and whom it serves. `from` and `until` are milliseconds of the wall clock handed in by
 * the caller, `0 < until − from ≤ MAX_LEASE_MS`; an engine shared by processes takes only `until − from` of it, and whoever
 * waits counts that on its own monotonic clock from when it first saw the lease. Whoever holds a lease counts from before
 * its commit on its own, and stops first.
 */
export type Lease = {
  readonly id: string
  readonly scopes: readonly string[]
  readonly from: number
  readonly until: number
}

/** What processes that share a store ask of each other. */
export type Recalling = {
  /** Asks whoever holds a lease with this scope, in whichever process, to send nothing more and to release it. */
  recall(scope: string): Promise<void>
  /** `told` is called in the process that holds a lease when somebody recalls it, soon, perhaps more than once. */
  onRecall(told: (leaseId: string) => void): void
}

/** All or nothing: every write and the lease, or none of them. At most MAX_WRITES writes; none is allowed. */
export type Commit = { readonly writes: readonly Write[]; readonly lease?: Lease }

/** The version each write left its key at, in the order of the writes: 0 for a Delete, the required one for a Require. */
export type Committed = { readonly versions: readonly number[] }

/**
 * A store: snapshots, ranges, one durable commit, leases. Nothing in it supposes a single process.
 *
 * Order: commits made by one caller one after another, without waiting, take effect in that order. Expectations are
 * judged against everything committed before, acknowledged or not, so that two commits expecting the same version never
 * both stand.
 */
export interface Store extends Reader {
  /**
   * Resolves when everything in it is synced to disk, not before. Rejects with StoreError
   * - `conflict`: an expectation did not hold; `key` names it; nothing was written. It is told when what stands in the way
   *   is durable, and not before: a read made after it sees that;
   * - `malformed-commit`, `malformed-key`: nothing was written;
   * - `failed`: the sync failed and *the outcome is unknown*; the store serves nothing from then on;
   * - `fenced`: another owner has taken over; nothing of this commit was written; as after `failed`;
   * - `corrupt`: a key it would overwrite no longer holds what was written; nothing was written;
   * - `closed`.
   *
   * The bytes handed in may be reused once the call has returned, before it resolves.
   */
  commit(commit: Commit): Promise<Committed>
  /**
   * The leases of acknowledged commits that carry this scope, were not released, and have `until > now` (milliseconds of
   * the wall clock). When a commit that ended a matter is acknowledged, all leases that can still follow from it are here.
   */
  leases(scope: string, now: number): readonly Lease[] | Promise<readonly Lease[]>
  /** The holder has sent its last byte. Of a lease that is not there: no fault. */
  release(leaseId: string): void | Promise<void>
  /** There when other processes may hold leases too. */
  readonly recalling?: Recalling
  /** Lets queued commits end, then lets go of everything. May be called again. */
  close(): Promise<void>
  /** Resolves, never rejects, when the store has failed for good (`failed`, `fenced`); the process then has to exit. */
  readonly failed: Promise<Error>
}

/**
 * What an opened store has done since then: commits that stand, batches they went in, commits that wait now, and how often a
 * database was asked again since a connection broke or another process was faster.
 */
export type Figures = {
  readonly commits: number
  readonly batches: number
  readonly waiting: number
  readonly retries: number
}

/** A store whose engine lives in this process: these three answer at once and never by a promise. */
export interface LocalStore extends Store {
  read(keys: readonly Key[]): Snapshot
  leases(scope: string, now: number): readonly Lease[]
  release(leaseId: string): void
}

/** The most keys in one `read`. */
export const MAX_KEYS = 1024
/** The most entries in one page of a range. */
export const MAX_RANGE = 1024
/** The most writes in one commit. */
export const MAX_WRITES = 1024
/** The largest value, in bytes. */
export const MAX_VALUE_BYTES = 1024 * 1024
/** The longest a lease may run. */
export const MAX_LEASE_MS = 2000
