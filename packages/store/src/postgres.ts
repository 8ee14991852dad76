import { admitCommit, admitKeys, admitRange, snapshotOf } from './admit.ts'
import { isStoreError, StoreError } from './errors.ts'
import type { Report } from './fsck.ts'
import { headAfter, prepare, prepareAnew, type Bench, type Prepared, type Standing } from './group.ts'
import { digestOf, encodeHead, type Head } from './head.ts'
import type { Key } from './key.ts'
import { bucketOfOwner, type KeyFile } from './keys.ts'
import { Broken, isElsewise, isUndone, type Link } from './postgres-link.ts'
import { sharedLeases } from './postgres-leases.ts'
import type { Statement, Statements } from './postgres-statements.ts'
import { bucketsOf, renewBuckets } from './renew.ts'
import { unseal, versionOf } from './sealed.ts'
import type { Commit, Committed, Entry, Figures, Lease, Store, Versioned, Write } from './store.ts'
import type { Witness } from './witness.ts'

/** An opened schema, as `postgres-open.ts` hands it over: migrated, marked, this writer in its new epoch. */
export type OpenedSchema = {
  readonly link: Link
  readonly statements: Statements
  readonly keys: KeyFile
  readonly witness: Witness
  readonly writer: string
  readonly head: Head
  readonly ownerOf: (key: Key) => string
  readonly onFailed: ((error: Error) => void) | undefined
  /** Stands around each batch on its way to the database, for tests. */
  readonly around: (batch: () => Promise<void>) => Promise<void>
  readonly fsck: () => Promise<Report>
  /** Keeps every other process from writing any more. */
  readonly overtake: () => Promise<void>
  /** Every key, with the head of its sealed value. */
  readonly scan: () => AsyncIterable<readonly [Key, Uint8Array]>
  readonly letGo: () => Promise<void>
}

/** A store in a schema of a PostgreSQL database, which other processes may use at the same time. */
export interface PostgresStore extends Store {
  /** Reads everything that is acknowledged now, in one moment, and reports what is not as written. */
  fsck(): Promise<Report>
  /** How many batches have been written since opening; many commits share one. */
  syncs(): number
  /**
   * Makes unreadable, in backups of the database too, all that these owners have deleted or overwritten; everybody, when none
   * is named. Every other process of the store ends by it; whoever has another copy of the key file needs the new one.
   */
  renew(owners?: readonly string[]): Promise<void>
  /** What it has done since opening, and what waits. */
  figures(): Figures
}

type Waiting = {
  readonly writes: readonly Write[]
  /** What is sealed anew, where it stands, instead of writing. */
  readonly anew?: readonly Key[]
  readonly lease: Lease | undefined
  readonly bytes: number
  resolve(committed: Committed): void
  reject(error: Error): void
}

/** A waiting commit, judged: what it does, or why it does not stand. */
type Judged = { readonly waiting: Waiting; readonly prepared: Prepared | StoreError }

const GROUP_BYTES = 4 * 1024 * 1024
const GROUP_KEYS = 4096

/**
 * The engine over an opened schema. Commits wait in a queue; all that wait when a batch is done go together. A batch is
 * judged here against what the database holds of its keys, and written by one statement that expects to find just that:
 * when another process was faster it fails whole and is judged anew. So commits of one process take effect in the order
 * of calls, and those of several as if one had come after another.
 *
 * A connection that breaks while a batch is under way leaves its outcome unknown, and the batch perhaps still on its way. Each
 * batch moves this writer's row from `n` to `n + 1`, so the row tells, and once moved it lets no other through: the batch is
 * done once, whatever happens to connections.
 */
export const postgresStore = ({
  link,
  statements,
  keys,
  witness,
  writer,
  head: opened,
  ownerOf,
  onFailed,
  around,
  fsck,
  overtake,
  scan,
  letGo,
}: OpenedSchema): PostgresStore => {
  const headKey = keys.derive('head')
  const sumKey = keys.derive('sum')
  const queue: Waiting[] = []
  let head = opened
  let digest = digestOf(encodeHead(headKey, opened))
  let writing: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let ended: StoreError | undefined
  let batches = 0
  let commits = 0
  let again = 0
  /** One long work after another: a sweep must not meet a value whose key a renewal destroys. */
  let turn: Promise<unknown> = Promise.resolve()
  let renewals = 0
  let tellFailed: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => (tellFailed = resolve))

  const alive = (): void => {
    if (ended !== undefined) throw new StoreError(ended.code, ended.message, { cause: ended.cause })
  }

  const fail = (error: StoreError, waiting: readonly Waiting[]): void => {
    if (ended === undefined || ended.code === 'closed') {
      ended = error
      tellFailed(error)
      onFailed?.(error)
    }
    for (const commit of waiting) commit.reject(error)
  }

  /** Asks the database; when it cannot be reached for long the store is over, for its leases would outlive what it knows. */
  const ask: Link['ask'] = async (statement, values) => {
    alive()
    try {
      return await link.ask(statement, values)
    } catch (error) {
      alive()
      const reason = isStoreError(error) ? error : unexpected('read', error)
      fail(reason, [])
      throw reason
    }
  }

  const leases = sharedLeases({ ask }, statements)

  const enqueue = (commit: Omit<Waiting, 'resolve' | 'reject'>): Promise<Committed> =>
    new Promise((resolve, reject) => {
      queue.push({ ...commit, resolve, reject })
      writing ??= writeAll()
    })

  type Row = { readonly key: Key; readonly value: Uint8Array }
  const sealedAt = async (named: readonly Key[]): Promise<ReadonlyMap<Key, Uint8Array>> =>
    named.length === 0
      ? new Map()
      : new Map((await ask<Row>(statements.read, [named])).map(({ key, value }) => [key, value]))

  const writeAll = async (): Promise<void> => {
    await Promise.resolve() // commits made in one turn go together
    while (queue.length > 0) {
      if (ended !== undefined && ended.code !== 'closed') {
        for (const commit of queue.splice(0)) commit.reject(ended)
        break
      }
      const group = nextGroup(queue)
      try {
        for (const { waiting, prepared } of await writeGroup(group))
          if (prepared instanceof StoreError) waiting.reject(prepared)
          else waiting.resolve({ versions: prepared.versions })
      } catch (error) {
        fail(isStoreError(error) ? error : unexpected('write a batch', error), [...group, ...queue.splice(0)])
      }
    }
    writing = undefined
  }

  /** Judges and writes until it is done, or until the store is over. */
  const writeGroup = async (group: readonly Waiting[]): Promise<readonly Judged[]> => {
    for (;;) {
      const stored = await link.ask<Row>(statements.read, [keysOf(group)])
      const found = new Map(stored.map(({ key, value }) => [key, value]))
      const judged = judge(group, found)
      const standing = judged.flatMap(({ prepared }) => (prepared instanceof StoreError ? [] : [prepared]))
      if (standing.length === 0) return judged
      const next = headAfter(head, digest, standing)
      const bytes = encodeHead(headKey, next)
      const values = [writer, head.n, bytes, ...columnsOf(judged, found)]
      let done = false
      await around(async () => {
        done = await apply(values, bytes)
      })
      if (!done) {
        again++
        continue
      }
      batches++
      commits += standing.length
      moveTo(next, bytes)
      for (const { waiting, prepared } of judged)
        if (waiting.lease !== undefined && !(prepared instanceof StoreError)) leases.taken(waiting.lease)
      return judged
    }
  }

  /** True when the batch stands, false when it did nothing and never will: it met something else than it expected. */
  const apply = async (values: readonly unknown[], bytes: Uint8Array): Promise<boolean> => {
    try {
      await link.once(statements.apply, values)
      return true
    } catch (error) {
      if (isUndone(error)) return false
      if (isElsewise(error)) {
        await ownHead([])
        return false
      }
      if (!(error instanceof Broken)) throw error
      return await standsAfterAll(bytes)
    }
  }

  /**
   * Whether a batch stands whose connection broke. It may still be on its way, so looking is not enough: the writer's row is
   * moved on by a batch of nothing, which finds the first one there, or keeps it from ever being done.
   */
  const standsAfterAll = async (bytes: Uint8Array): Promise<boolean> => {
    const next = headAfter(head, digest, [])
    const passed = encodeHead(headKey, next)
    for (;;) {
      const isPassed = (await unlessBroken(statements.take, [writer, head.n, passed])) === 1
      const stands = isPassed ? passed : await ownHead([bytes, passed])
      if (stands === undefined) continue
      // what did reach the database may not have reached its standby: what is acknowledged after it has, so has it
      if (!isPassed) await settleOn(stands)
      if (stands === bytes) return true
      moveTo(next, passed)
      return false
    }
  }

  /** Which of these heads the writer's row holds; `undefined` while it is where it was. StoreError `fenced` else. */
  const ownHead = async (known: readonly Uint8Array[]): Promise<Uint8Array | undefined> => {
    const [row] = await link.ask<{ n: string; head: Uint8Array }>(statements.head, [writer])
    const stands = known.find((bytes) => row !== undefined && Number(row.n) === head.n + 1 && same(row.head, bytes))
    if (stands !== undefined) return stands
    if (row !== undefined && Number(row.n) === head.n && same(digestOf(row.head), digest)) return undefined
    throw new StoreError(
      'fenced',
      `write as '${writer}' after batch ${head.n}: the database has ${row === undefined ? 'no such writer' : `batch ${row.n}`}, so another process took over or the database lost what it had acknowledged; stop this process`,
    )
  }

  /** Writes the same head once more, which is acknowledged only when everything before it is safe. */
  const settleOn = async (bytes: Uint8Array): Promise<void> => {
    while ((await unlessBroken(statements.touch, [writer, head.n + 1, bytes])) === undefined) await ownHead([bytes])
  }

  /** How many rows it changed; `undefined` when the connection broke before it said so, or nothing was done. */
  const unlessBroken = async (statement: Statement, values: readonly unknown[]): Promise<number | undefined> => {
    try {
      return await link.once(statement, values)
    } catch (error) {
      if (error instanceof Broken || isUndone(error)) return undefined
      throw error
    }
  }

  const moveTo = (next: Head, bytes: Uint8Array): void => {
    head = next
    digest = digestOf(bytes)
    witness.write({ n: next.n, epoch: next.epoch, digest })
  }

  const judge = (group: readonly Waiting[], found: ReadonlyMap<Key, Uint8Array>): readonly Judged[] => {
    const standings = new Map<Key, Standing>()
    const bench: Bench = {
      ring: keys,
      sumKey,
      bucketOf: (key) => bucketOfOwner(ownerOf(key), keys.buckets),
      stored: (key) => found.get(key),
      queued: (key) => standings.get(key),
    }
    return group.map((waiting) => {
      try {
        const { anew, writes } = waiting
        const prepared = anew === undefined ? prepare(writes, bench) : prepareAnew(anew, bench)
        for (const [key, standing] of prepared.standings) standings.set(key, standing)
        return { waiting, prepared }
      } catch (error) {
        if (isStoreError(error, 'conflict') || isStoreError(error, 'corrupt')) return { waiting, prepared: error }
        throw error
      }
    })
  }

  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    alive()
    const done = turn.then(() => {
      alive()
      return act()
    })
    turn = done.catch(() => {})
    return done
  }

  /** Looks again where a renewal, under way or done meanwhile, may have destroyed the keys of what was found. */
  const asLongAsRenewed = async <T>(look: () => Promise<T>): Promise<T> => {
    for (;;) {
      const before = renewals
      try {
        return await look()
      } catch (error) {
        if (!isStoreError(error, 'corrupt') || (before === renewals && before % 2 === 0)) throw error
      }
    }
  }

  return {
    failed,
    syncs: () => batches,
    figures: () => ({ commits, batches, waiting: queue.length, retries: again + link.retries() }),
    async read(named) {
      alive()
      return await asLongAsRenewed(async () => {
        const found = await sealedAt(admitKeys(named))
        alive()
        return snapshotOf(new Map(named.map((key) => [key, open(keys, key, found.get(key))])))
      })
    },
    async range(range) {
      alive()
      const bounds = admitRange(range)
      return await asLongAsRenewed(async () => {
        const rows = await ask<Row>(statements.range(bounds), [bounds.from, bounds.to, bounds.limit])
        return rows.map(({ key, value }): Entry => ({ key, ...unseal(keys, key, value) }))
      })
    },
    async commit({ writes, lease }) {
      alive()
      const commit = admitCommit({ writes, ...(lease === undefined ? {} : { lease }) })
      return await enqueue({ ...copyOf(commit), lease })
    },
    leases: (scope, now) => leases.living(scope, now),
    release: (leaseId) => leases.release(leaseId),
    recalling: leases.recalling,
    fsck: () => inTurn(fsck),
    renew(owners) {
      const sealAnew = async (anew: readonly Key[]): Promise<void> => {
        alive()
        await enqueue({ writes: [], anew, bytes: 0, lease: undefined })
      }
      const begin = async (): Promise<void> => {
        await overtake()
        await sealAnew([])
      }
      return inTurn(async () => {
        renewals++
        await renewBuckets(keys, bucketsOf(owners, keys.buckets), { begin, scan, sealAnew }).finally(() => renewals++)
      })
    },
    close() {
      closing ??= (async () => {
        ended ??= new StoreError('closed', 'use this store: it was closed; open it again')
        await writing
        leases.close()
        if (ended.code === 'closed') witness.begin({ n: head.n, epoch: head.epoch, digest })
        await letGo()
      })()
      return closing
    },
  }
}

const open = (keys: KeyFile, key: Key, sealed: Uint8Array | undefined): Versioned | undefined =>
  sealed && unseal(keys, key, sealed)

/** The commit as it is now: its caller may use the bytes again. */
const copyOf = ({ writes }: Commit): Pick<Waiting, 'writes' | 'bytes'> => {
  let bytes = 0
  const copied = writes.map((write) => {
    if (!('value' in write)) return write
    bytes += write.value.length
    return { ...write, value: write.value.slice() }
  })
  return { writes: copied, bytes }
}

const nextGroup = (queue: Waiting[]): Waiting[] => {
  let [bytes, named] = [0, 0]
  const end = queue.findIndex((commit) => {
    bytes += commit.bytes
    named += commit.writes.length + (commit.anew?.length ?? 0)
    return bytes > GROUP_BYTES || named > GROUP_KEYS
  })
  return queue.splice(0, end === -1 ? queue.length : Math.max(end, 1))
}

const keysOf = (group: readonly Waiting[]): readonly Key[] => [
  ...new Set(group.flatMap(({ writes, anew = [] }) => [...anew, ...writes.map(({ key }) => key)])),
]

/** What a batch says to the database, as the columns of `apply`: the last word on each key, in the order of keys. */
const columnsOf = (judged: readonly Judged[], found: ReadonlyMap<Key, Uint8Array>): readonly (readonly unknown[])[] => {
  const last = new Map<Key, Uint8Array | undefined>()
  const founded = new Set<Key>()
  const leases: (readonly [string, string, number])[] = []
  for (const { waiting, prepared } of judged) {
    if (prepared instanceof StoreError) continue
    for (const operation of prepared.operations)
      last.set(operation.key, operation.type === 'put' ? operation.value : undefined)
    for (const write of waiting.writes) if ('require' in write) founded.add(write.key)
    const { lease } = waiting
    if (lease !== undefined) for (const scope of lease.scopes) leases.push([scope, lease.id, lease.until - lease.from])
  }
  const before = (key: Key): number => versionOf(found.get(key) ?? noValue)
  const inOrder = [...last].sort(([a], [b]) => (a < b ? -1 : 1))
  const kept = inOrder.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
  const [over, added] = [kept.filter(({ key }) => found.has(key)), kept.filter(({ key }) => !found.has(key))]
  const gone = inOrder.flatMap(([key, value]) => (value === undefined && found.has(key) ? [key] : []))
  const upon = [...founded].filter((key) => !last.has(key) && found.has(key)).sort()
  return [
    upon,
    upon.map(before),
    over.map(({ key }) => key),
    over.map(({ key }) => before(key)),
    over.map(({ value }) => versionOf(value)),
    over.map(({ value }) => value),
    added.map(({ key }) => key),
    added.map(({ value }) => versionOf(value)),
    added.map(({ value }) => value),
    gone,
    gone.map(before),
    leases.map(([scope]) => scope),
    leases.map(([, id]) => id),
    leases.map(([, , ms]) => Math.ceil(ms)),
  ]
}

/** Never read: what is asked for was found. */
const noValue = new Uint8Array(64)

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

const unexpected = (what: string, cause: unknown): StoreError =>
  new StoreError(
    'failed',
    `${what}: the database says '${cause instanceof Error ? cause.message : String(cause)}', so the outcome is unknown; stop this process`,
    { cause },
  )
