import { admitCommit, admitKeys, admitRange, judged, snapshotOf, versionAfter } from './admit.ts'
import { StoreError } from './errors.ts'
import { localLeases } from './leases.ts'
import type { Commit, Committed, Entry, Key, LocalStore, Versioned } from './store.ts'

/** One object per change, so that a later change to the same key is told from this one. */
type Change = { readonly after: Versioned | undefined }

/**
 * A store that lasts as long as the process, for tests and for reading the contract: every rule of `Store` and nothing
 * of durability. `sync` stands where a disk would be: a commit is seen and acknowledged when it resolves, and a
 * rejection ends the store as a failed disk does.
 */
export const memoryStore = ({ sync }: { sync?: () => Promise<void> } = {}): LocalStore => {
  const seen = new Map<Key, Versioned>()
  /** The keys of `seen` in their order. */
  const order: Key[] = []
  const queued = new Map<Key, Change>()
  const leases = localLeases()
  let newest: Promise<void> = Promise.resolve()
  let ended: StoreError | undefined
  let tellFailed: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => (tellFailed = resolve))

  const alive = (): void => {
    if (ended !== undefined) throw new StoreError(ended.code, ended.message, { cause: ended.cause })
  }

  const judge = (commit: Commit): { versions: number[]; changes: Map<Key, Change> } => {
    const changes = new Map<Key, Change>()
    const versions = admitCommit(commit).writes.map((write) => {
      const waiting = queued.get(write.key)
      const found = waiting ? waiting.after : seen.get(write.key)
      const version = versionAfter(write, found?.version ?? 0)
      if ('value' in write) changes.set(write.key, { after: { value: write.value.slice(), version } })
      else if ('delete' in write) changes.set(write.key, { after: undefined })
      return version
    })
    return { versions, changes }
  }

  const show = (changes: Map<Key, Change>): void => {
    for (const [key, change] of changes) {
      if (queued.get(key) === change) queued.delete(key)
      const stood = seen.has(key)
      if (change.after === undefined) {
        if (stood) order.splice(placeIn(order, key), 1)
        seen.delete(key)
      } else {
        if (!stood) order.splice(placeIn(order, key), 0, key)
        seen.set(key, change.after)
      }
    }
  }

  const apply = async (commit: Commit, changes: Map<Key, Change>): Promise<void> => {
    await sync?.().catch((cause: unknown) => {
      ended = new StoreError('failed', 'sync a commit: it failed, so its outcome is unknown; stop this process', {
        cause,
      })
      tellFailed(ended)
      throw ended
    })
    show(changes)
    if (commit.lease !== undefined) leases.take(commit.lease)
  }

  const enqueue = (commit: Commit): Promise<Committed> => {
    const { versions, changes } = judge(commit)
    for (const [key, change] of changes) queued.set(key, change)
    newest = newest.then(() => apply(commit, changes))
    newest.catch(() => {}) // told to whoever awaits the commit
    return newest.then(() => ({ versions }))
  }

  const arrival = (key: Key): Promise<void> | undefined => (queued.has(key) ? newest : undefined)

  return {
    failed,
    read(keys) {
      alive()
      return snapshotOf(new Map(admitKeys(keys).map((key) => [key, copy(seen.get(key))])))
    },
    range(range) {
      alive()
      const { from, fromOpen, to, limit, reverse } = admitRange(range)
      const first = placeIn(order, from)
      const start = fromOpen && order[first] === from ? first + 1 : first
      const end = Math.max(start, placeIn(order, to))
      const keys = reverse
        ? order.slice(Math.max(start, end - limit), end).reverse()
        : order.slice(start, Math.min(end, start + limit))
      return keys.flatMap((key): Entry[] => {
        const found = copy(seen.get(key))
        return found === undefined ? [] : [{ key, ...found }]
      })
    },
    async commit(commit): Promise<Committed> {
      alive()
      return judged(() => enqueue(commit), arrival)
    },
    leases(scope, now) {
      alive()
      return leases.living(scope, now)
    },
    release(leaseId) {
      leases.release(leaseId)
    },
    async close() {
      ended ??= new StoreError('closed', 'use this store: it was closed; open it again')
      await newest.catch(() => {})
    },
  }
}

/** Where a key stands among keys in their order, or would stand. */
const placeIn = (order: readonly Key[], key: Key): number => {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((order[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

const copy = (found: Versioned | undefined): Versioned | undefined =>
  found && { value: found.value.slice(), version: found.version }
