import { admitCommit, admitKeys, admitRange, judged, snapshotOf, type Bounds } from './admit.ts'
import { isStoreError, StoreError } from './errors.ts'
import { slotFindings, sweep, type Report } from './fsck.ts'
import { HEAD_KEY, FIRST_KEY, type Disk } from './disk.ts'
import { headAfter, prepare, prepareAnew, type Bench, type Prepared, type Standing, type Waiting } from './group.ts'
import { digestOf, encodeHead, type Head } from './head.ts'
import type { Key } from './key.ts'
import { bucketOfOwner, type KeyFile } from './keys.ts'
import { localLeases } from './leases.ts'
import { bucketsOf, renewBuckets } from './renew.ts'
import { unseal } from './sealed.ts'
import type { Commit, Committed, Entry, Figures, LocalStore, Range, Versioned } from './store.ts'
import type { Witness } from './witness.ts'

/** An opened folder, as `open.ts` hands it over: checked, locked, in its new epoch. */
export type Opened = {
  readonly disk: Disk
  readonly keys: KeyFile
  readonly witness: Witness
  readonly head: Head
  readonly ownerOf: (key: Key) => string
  readonly onFailed: ((error: Error) => void) | undefined
  /** Lets go of the files and of the lock, in that order. */
  readonly letGo: () => Promise<void>
}

/** A store in a LevelDB folder that this process owns. */
export interface LevelStore extends LocalStore {
  range(range: Range): Promise<readonly Entry[]>
  /** Reads everything that is acknowledged now, while the store goes on working, and reports what is not as written. */
  fsck(): Promise<Report>
  /**
   * Makes unreadable all that these owners have deleted or overwritten, in old files and in backups of the folder: what
   * lives in their buckets is sealed under new keys, on disk, and then the old keys are destroyed. An owner is what
   * `ownerOf` gives; all of them when none is named. Reads the headers of the whole store once, however many there are.
   */
  renew(owners?: readonly string[]): Promise<void>
  /** How many batches have been synced since opening; many commits share one. */
  syncs(): number
  /** What it has done since opening, and what waits. */
  figures(): Figures
}

const GROUP_BYTES = 4 * 1024 * 1024

/**
 * The engine over an opened folder. Commits wait in a queue; all that wait when a sync ends go to disk together, with
 * one head, in one batch and one sync. While a batch is under way readers see the store as it was before it: LevelDB
 * shows a batch between its sync and our hearing of it, so they read from a snapshot taken when it set out.
 */
export const levelStore = ({ disk, keys, witness, head: opened, ownerOf, onFailed, letGo }: Opened): LevelStore => {
  const headKey = keys.derive('head')
  const standings = new Map<Key, Standing>()
  const queue: Waiting[] = []
  const atRest: (() => void)[] = []
  const leases = localLeases()
  let head = opened
  let digest = digestOf(encodeHead(headKey, opened))
  let before: ReturnType<Disk['snapshot']> | undefined
  let writing: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let newest: Promise<Committed> | undefined
  let ended: StoreError | undefined
  let synced = 0
  let committed = 0
  let renewals = 0
  let turn: Promise<unknown> = Promise.resolve()
  let tellFailed: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => (tellFailed = resolve))

  const bench: Bench = {
    ring: keys,
    sumKey: keys.derive('sum'),
    bucketOf: (key) => bucketOfOwner(ownerOf(key), keys.buckets),
    stored: (key) => disk.getSync(key),
    queued: (key) => standings.get(key),
  }

  const alive = (): void => {
    if (ended !== undefined) throw new StoreError(ended.code, ended.message, { cause: ended.cause })
  }

  const see = (key: Key): Versioned | undefined => {
    const sealed = before === undefined ? disk.getSync(key) : disk.getSync(key, { snapshot: before })
    return sealed && unseal(keys, key, sealed)
  }

  const scan = async ({ from, fromOpen, to, limit, reverse }: Bounds): Promise<Entry[]> => {
    const start = from < FIRST_KEY ? FIRST_KEY : from
    const ends = fromOpen ? { gt: start, lt: to } : { gte: start, lt: to }
    const snapshot = before
    snapshot?.ref()
    try {
      const found = await disk.iterator({ ...ends, limit, reverse, snapshot, highWaterMarkBytes: GROUP_BYTES }).all()
      return found.map(([key, sealed]) => ({ key, ...unseal(keys, key, sealed) }))
    } finally {
      snapshot?.unref()
    }
  }

  const enqueue = (prepared: Prepared, lease: Commit['lease']): Promise<Committed> => {
    for (const [key, standing] of prepared.standings) standings.set(key, standing)
    newest = new Promise((resolve, reject) => queue.push({ ...prepared, lease, resolve, reject }))
    writing ??= writeAll()
    return newest
  }

  const writeAll = async (): Promise<void> => {
    await Promise.resolve() // commits made in one turn go together
    while (queue.length > 0) {
      const group = nextGroup(queue)
      try {
        await writeGroup(group)
        for (const commit of group) commit.resolve({ versions: commit.versions })
      } catch (error) {
        fail(isStoreError(error, 'fenced') ? error : syncFailed(error), [...group, ...queue.splice(0)])
      }
      for (const act of atRest.splice(0)) act()
    }
    writing = undefined
  }

  const writeGroup = async (group: readonly Waiting[]): Promise<void> => {
    requireEpoch()
    const next = headAfter(head, digest, group)
    const bytes = encodeHead(headKey, next)
    const operations = group.flatMap((commit) => commit.operations)
    before = disk.snapshot()
    await disk.batch([...operations, { type: 'put', key: HEAD_KEY, value: bytes }], { sync: true })
    synced++
    committed += group.length
    digest = digestOf(bytes)
    witness.write({ n: next.n, epoch: next.epoch, digest })
    head = next
    for (const commit of group) {
      for (const [key, standing] of commit.standings) if (standings.get(key) === standing) standings.delete(key)
      if (commit.lease !== undefined) leases.take(commit.lease)
    }
    const past = before
    before = undefined
    void past.close()
  }

  /** Another owner writes a newer epoch to the witness before it writes anything else. */
  const requireEpoch = (): void => {
    if (!witness.touched()) return
    const epoch = witness.look().newest?.epoch ?? 0
    if (epoch > head.epoch)
      throw new StoreError(
        'fenced',
        `write epoch ${head.epoch}: the store is in epoch ${epoch}, so another process owns it; stop this one`,
      )
  }

  const fail = (error: StoreError, waiting: readonly Waiting[]): void => {
    ended = error
    for (const commit of waiting) commit.reject(error)
    tellFailed(error)
    onFailed?.(error)
  }

  /**
   * One long work after another: a sweep must not meet a key that a renewal destroys. What a work says of a store that
   * was closed under it is not to be believed, so it says `closed`.
   */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = turn.then(async () => {
      alive()
      return act().finally(alive)
    })
    turn = done.catch(() => {})
    return done
  }

  /** Runs the act when no batch is under way: disk, head and acknowledgements then agree. */
  const whenAtRest = <T>(act: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          alive()
          resolve(act())
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      if (before === undefined) run()
      else atRest.push(run)
    })

  return {
    failed,
    syncs: () => synced,
    figures: () => ({ commits: committed, batches: synced, waiting: queue.length, retries: 0 }),
    read(named) {
      alive()
      return snapshotOf(new Map(admitKeys(named).map((key) => [key, see(key)])))
    },
    async range(range) {
      alive()
      const bounds = admitRange(range)
      for (;;) {
        const renewalsBefore = renewals
        try {
          return await scan(bounds)
        } catch (error) {
          alive()
          if (renewalsBefore === renewals) throw error // else its keys were destroyed under it: the values have new ones
        }
      }
    },
    async commit(commit) {
      alive()
      return judged(
        () => enqueue(prepare(admitCommit(commit).writes, bench), commit.lease),
        (key) => (standings.has(key) ? newest : undefined),
      )
    },
    leases(scope, now) {
      alive()
      return leases.living(scope, now)
    },
    release: (leaseId) => leases.release(leaseId),
    fsck: () =>
      inTurn(async () => {
        const { snapshot, whole } = await whenAtRest(() => ({ snapshot: disk.snapshot(), whole: head }))
        try {
          const found = await sweep(disk, snapshot, keys, whole)
          return { ...found, findings: [...found.findings, ...slotFindings(witness.look())] }
        } finally {
          await snapshot.close()
        }
      }),
    renew: (owners) =>
      inTurn(async () => {
        const sealAnew = (found: readonly Key[]): Promise<unknown> => {
          alive()
          return enqueue(prepareAnew(found, bench), undefined)
        }
        await renewBuckets(keys, bucketsOf(owners, keys.buckets), {
          begin: () => sealAnew([]),
          scan: () => disk.iterator({ gte: FIRST_KEY }),
          sealAnew,
        })
        renewals++
      }),
    close() {
      closing ??= (async () => {
        ended ??= new StoreError('closed', 'use this store: it was closed; open it again')
        await writing
        if (ended.code === 'closed') witness.begin({ n: head.n, epoch: head.epoch, digest })
        await letGo()
      })()
      return closing
    },
  }
}

const nextGroup = (queue: Waiting[]): Waiting[] => {
  let bytes = 0
  const end = queue.findIndex((commit) => (bytes += commit.bytes) > GROUP_BYTES)
  return queue.splice(0, end === -1 ? queue.length : Math.max(end, 1))
}

const syncFailed = (cause: unknown): StoreError =>
  new StoreError('failed', 'sync a batch: it failed, so the outcome of its commits is unknown; stop this process', {
    cause,
  })
