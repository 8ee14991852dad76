import type { Lease } from './store.ts'

/** The leases of a store that one process owns: they end with it, as the sockets they speak of do. */
export type LocalLeases = {
  take(lease: Lease): void
  living(scope: string, now: number): readonly Lease[]
  release(leaseId: string): void
}

/** No leases yet. Ended ones are swept when their scope is looked at or once a thousand leases have been taken. */
export const localLeases = (): LocalLeases => {
  const byId = new Map<string, Lease>()
  const byScope = new Map<string, Set<Lease>>()
  let sinceSweep = 0

  const drop = (lease: Lease): void => {
    if (byId.get(lease.id) === lease) byId.delete(lease.id)
    for (const scope of lease.scopes) {
      const held = byScope.get(scope)
      if (held?.delete(lease) && held.size === 0) byScope.delete(scope)
    }
  }

  return {
    take(lease) {
      const before = byId.get(lease.id)
      if (before !== undefined) drop(before)
      byId.set(lease.id, lease)
      for (const scope of lease.scopes) byScope.set(scope, (byScope.get(scope) ?? new Set()).add(lease))
      if (++sinceSweep < 1000) return
      sinceSweep = 0
      for (const other of byId.values()) if (other.until <= lease.from) drop(other)
    },
    living(scope, now) {
      const held = [...(byScope.get(scope) ?? [])]
      for (const lease of held) if (lease.until <= now) drop(lease)
      return held.filter((lease) => lease.until > now)
    },
    release(leaseId) {
      const lease = byId.get(leaseId)
      if (lease !== undefined) drop(lease)
    },
  }
}
