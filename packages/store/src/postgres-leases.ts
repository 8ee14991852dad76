import type { Link } from './postgres-link.ts'
import type { Statements } from './postgres-statements.ts'
import type { Lease, Recalling } from './store.ts'

/** The leases in a database, as one of its processes sees them. */
export type SharedLeases = {
  /** A lease of this process, whose commit is acknowledged now. */
  taken(lease: Lease): void
  living(scope: string, now: number): Promise<readonly Lease[]>
  release(leaseId: string): Promise<void>
  readonly recalling: Recalling
  close(): void
}

/** A lease as it stands in the database: whoever took it, in which batch, and for how many milliseconds. */
type Row = { readonly id: string; readonly by: string; readonly n: string; readonly ms: number }

/** Milliseconds: how long an answer is on its way before its process looks whether somebody recalls it, and how often. */
const LOOK_MS = 20
/** Milliseconds: how often what dead processes left is looked for, and how long it has to have ended by then. */
const SWEEP_MS = 5_000
const LONG_OVER_MS = 10_000

/**
 * No clock is compared with another. Whoever holds a lease counts from before its commit, on its own monotonic clock, and
 * sends nothing once its time is over; whoever waits for it counts the same time on its own monotonic clock from when it
 * first saw the lease, which was after that commit. So the waiting ends later than the sending, whatever any wall clock
 * says, the database's among them; clocks that run at one rate within the margin of a holder are all that is needed. A
 * lease that was seen by nobody yet has its whole time before it.
 */
export function sharedLeases(
  link: Pick<Link, 'ask'>,
  statements: Statements,
  monotonic: () => number = () => performance.now(),
): SharedLeases {
  const held = new Map<string, { readonly scopes: readonly string[]; readonly taken: number }>()
  /** When each lease of others was first seen here. */
  const sighted = new Map<string, number>()
  const told: ((leaseId: string) => void)[] = []
  const releasing = new Map<string, readonly string[]>()
  let flushing: Promise<void> | undefined
  let looking: NodeJS.Timeout | undefined
  let swept = monotonic()
  let closed = false

  const firstSeen = (row: Row): number => {
    const name = `${row.id} ${row.by} ${row.n}`
    const before = sighted.get(name)
    if (before !== undefined) return before
    const now = monotonic()
    sighted.set(name, now)
    return now
  }

  /** Many answers end at once: their leases go in one statement, and those that end meanwhile in the next. */
  const flush = async (): Promise<void> => {
    while (releasing.size > 0) {
      const going = [...releasing]
      const pairs = going.flatMap(([id, scopes]) => scopes.map((scope) => [scope, id] as const))
      await link.ask(statements.release, [pairs.map(([scope]) => scope), pairs.map(([, id]) => id)])
      for (const [id] of going) releasing.delete(id)
    }
  }

  const look = async (): Promise<void> => {
    looking = undefined
    const old = [...held].filter(([, { taken }]) => monotonic() - taken >= LOOK_MS).map(([id]) => id)
    if (old.length > 0) {
      const rows = await link.ask<{ id: string }>(statements.recalled, [old])
      for (const { id } of rows) if (held.has(id)) for (const tell of told) tell(id)
    }
    lookLater()
  }

  const lookLater = (): void => {
    if (closed || held.size === 0 || told.length === 0 || looking !== undefined) return
    looking = setTimeout(() => void look().catch(() => {}), LOOK_MS)
    looking.unref()
  }

  const sweep = async (): Promise<void> => {
    const now = monotonic()
    if (now - swept < SWEEP_MS) return
    swept = now
    const rows = await link.ask<Row>(statements.allLeases, [])
    const names = new Set(rows.map(({ id, by, n }) => `${id} ${by} ${n}`))
    for (const name of sighted.keys()) if (!names.has(name)) sighted.delete(name)
    const over = rows.filter((row) => now - firstSeen(row) > row.ms + LONG_OVER_MS)
    for (const { id } of over) held.delete(id)
    if (over.length > 0)
      await link.ask(statements.forget, [over.map(({ id }) => id), over.map(({ by }) => by), over.map(({ n }) => n)])
  }

  return {
    taken({ id, scopes }) {
      held.set(id, { scopes, taken: monotonic() })
      lookLater()
      void sweep().catch(() => {})
    },
    async living(scope, now) {
      const rows = await link.ask<Row>(statements.leases, [scope])
      return rows.flatMap((row): Lease[] => {
        if (releasing.has(row.id)) return []
        const age = monotonic() - (held.get(row.id)?.taken ?? firstSeen(row))
        return age < row.ms ? [{ id: row.id, scopes: [scope], from: now - age, until: now + row.ms - age }] : []
      })
    },
    async release(leaseId) {
      const lease = held.get(leaseId)
      if (lease === undefined) return
      held.delete(leaseId)
      releasing.set(leaseId, lease.scopes)
      flushing ??= flush().finally(() => (flushing = undefined))
      await flushing
    },
    recalling: {
      async recall(scope) {
        await link.ask(statements.recall, [scope])
      },
      onRecall: (tell) => void told.push(tell),
    },
    close() {
      closed = true
      clearTimeout(looking)
    },
  }
}
