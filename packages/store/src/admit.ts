import { isStoreError, StoreError } from './errors.ts'
import { endOfPrefix, place, requireKey, requirePrefix, type Key } from './key.ts'
import { MAX_KEYS, MAX_LEASE_MS, MAX_RANGE, MAX_VALUE_BYTES, MAX_WRITES } from './store.ts'
import type { Commit, Lease, Range, Snapshot, Versioned, Write } from './store.ts'

/** The commit, if its shape is right whatever the store holds; else StoreError `malformed-commit` or `malformed-key`. */
export const admitCommit = (commit: Commit): Commit => {
  if (commit.writes.length > MAX_WRITES)
    throw malformed(`it has ${commit.writes.length} writes, at most ${MAX_WRITES} go in one`)
  const named = new Set<Key>()
  for (const write of commit.writes) {
    requireKey(write.key)
    if (named.has(write.key)) throw malformed(`it names one key under ${place(write.key)} twice`, write.key)
    named.add(write.key)
    admitWrite(write)
  }
  if (commit.lease !== undefined) admitLease(commit.lease)
  return commit
}

const admitWrite = (write: Write): void => {
  if ('require' in write) return requireVersion(write.require, write.key)
  if (write.expect !== undefined && write.expect !== 'absent') requireVersion(write.expect, write.key)
  if ('delete' in write) return
  if (!(write.value instanceof Uint8Array))
    throw malformed(`the value under ${place(write.key)} is not bytes`, write.key)
  if (write.value.length > MAX_VALUE_BYTES)
    throw malformed(
      `the value under ${place(write.key)} has ${write.value.length} bytes, at most ${MAX_VALUE_BYTES} are kept`,
      write.key,
    )
}

const requireVersion = (version: number, key: Key): void => {
  if (!Number.isSafeInteger(version) || version < 1)
    throw malformed(`the version ${version} expected under ${place(key)} is not a whole number from 1`, key)
}

const admitLease = (lease: Lease): void => {
  const ms = lease.until - lease.from
  if (!(ms > 0 && ms <= MAX_LEASE_MS))
    throw malformed(`its lease runs for ${ms} ms, more than 0 and at most ${MAX_LEASE_MS} are given`)
  if (lease.id === '' || lease.scopes.length === 0) throw malformed('its lease lacks an id or a scope')
}

const malformed = (what: string, key?: Key): StoreError =>
  new StoreError('malformed-commit', `commit: ${what}`, key === undefined ? {} : { key })

/**
 * The version a write leaves its key at, given the one it finds (0: absent). Throws StoreError `conflict` when what the
 * write expects is not what it finds.
 */
export const versionAfter = (write: Write, found: number): number => {
  const expected = 'require' in write ? write.require : write.expect === 'absent' ? 0 : write.expect
  if (expected !== undefined && expected !== found) {
    const said = (version: number): string => (version === 0 ? 'absent' : `at version ${version}`)
    throw new StoreError(
      'conflict',
      `commit a write under ${place(write.key)}: the key is ${said(found)}, expected ${said(expected)}; read it again and decide anew`,
      { key: write.key },
    )
  }
  return 'require' in write ? found : 'delete' in write ? 0 : found + 1
}

/**
 * Runs the judging of a commit, at once. A conflict with a key whose last write is still on its way is thrown when that has
 * arrived; if that fails, its error is thrown instead.
 */
export const judged = async <T>(
  judge: () => T | Promise<T>,
  underWay: (key: Key) => Promise<unknown> | undefined,
): Promise<T> => {
  try {
    return await judge()
  } catch (error) {
    if (isStoreError(error, 'conflict') && error.key !== undefined) await underWay(error.key)
    throw error
  }
}

/** A range with its ends settled: keys `k` with `from ≤ k < to`, or `from < k` when `fromOpen`. */
export type Bounds = {
  readonly from: string
  readonly fromOpen: boolean
  readonly to: string
  readonly limit: number
  readonly reverse: boolean
}

/** The ends of a range; StoreError `malformed-range` or `malformed-key` when it has none. */
export const admitRange = (range: Range): Bounds => {
  if (!Number.isSafeInteger(range.limit) || range.limit < 1 || range.limit > MAX_RANGE)
    throw new StoreError(
      'malformed-range',
      `read a range: its limit is ${range.limit}, a whole number from 1 to ${MAX_RANGE} is needed`,
    )
  if ('prefix' in range && ('from' in range || 'to' in range))
    throw new StoreError('malformed-range', 'read a range: it has a prefix and also ends, one of them is needed')
  const ends =
    'prefix' in range
      ? { from: requirePrefix(range.prefix), to: endOfPrefix(range.prefix) }
      : {
          from: range.from === undefined ? '' : requirePrefix(range.from),
          to: range.to === undefined ? endOfPrefix('') : requirePrefix(range.to),
        }
  const after = range.after === undefined ? undefined : requireKey(range.after)
  const reverse = range.reverse ?? false
  if (after === undefined) return { ...ends, fromOpen: false, limit: range.limit, reverse }
  if (reverse)
    return { from: ends.from, fromOpen: false, to: after < ends.to ? after : ends.to, limit: range.limit, reverse }
  const inside = after >= ends.from
  return { from: inside ? after : ends.from, fromOpen: inside, to: ends.to, limit: range.limit, reverse }
}

/** The keys of one read, if they are keys and not too many; else StoreError `malformed-key` or `malformed-range`. */
export const admitKeys = (keys: readonly Key[]): readonly Key[] => {
  if (keys.length > MAX_KEYS)
    throw new StoreError('malformed-range', `read ${keys.length} keys: at most ${MAX_KEYS} are read at once`)
  keys.forEach(requireKey)
  return keys
}

/** A snapshot of what was read; a key that is not in the map was not read. */
export const snapshotOf = (read: ReadonlyMap<Key, Versioned | undefined>): Snapshot => ({
  get(key) {
    const found = read.get(key)
    if (found === undefined && !read.has(key))
      throw new StoreError(
        'unread-key',
        `look at a key under ${place(key)}: it was not named when the snapshot was taken; name it in read()`,
        { key },
      )
    return found
  },
})
