import type { ZoneName } from '@dcann/protocol/name'
import type { Key, Snapshot, Write } from '@dcann/store/store'
import { noActs, stateAfter, stateAt, zoneState } from '../zones/shelf.ts'
import type { HeldHere } from './admit-record.ts'
import { type Act, act, currentRecord, type Kept, pastRecord, pointer } from './shelf.ts'

/** A moment of the store and the acts taken into it since: what the next proposal is judged against. */
export type Batch = HeldHere & {
  readonly take: (taken: Act) => void
  /** What was taken, zone by zone, in its order. */
  readonly acts: () => ReadonlyMap<ZoneName, readonly Act[]>
  /** All that was taken, and all that was only read: the commit stands on the moment as it was. */
  readonly writes: () => Write[]
}

/** Begins a batch on a snapshot of all the keys that its proposals need. */
export function beginBatch(snapshot: Snapshot, keys: readonly Key[]): Batch {
  const records = new Map<Key, Kept>()
  const states = new Map<ZoneName, ReturnType<HeldHere['state']>>()
  const taken = new Map<Key, number>()
  const acts = new Map<ZoneName, Act[]>()
  const writes = new Map<Key, Write>()

  const kept = (zone: ZoneName, name: string): Kept | undefined => {
    const place = currentRecord(zone, name)
    return records.get(place.key) ?? place.from(snapshot)?.value
  }
  const seqOf: HeldHere['seqOf'] = (zone, id) => {
    const place = pointer(zone, id)
    return taken.get(place.key) ?? place.from(snapshot)?.value.seq
  }
  const state: HeldHere['state'] = (zone) => states.get(zone) ?? zoneState(zone).from(snapshot)?.value ?? noActs

  const put = (write: Write): void => void writes.set(write.key, write)

  return {
    kept,
    seqOf,
    state,
    acts: () => acts,
    take(one) {
      const { zone, name, kept: fresh, clock, assigns, under, copied } = one
      acts.set(zone, [...(acts.get(zone) ?? []), one])
      const before = kept(zone, name)
      const current = currentRecord(zone, name)
      const next = stateAfter(stateAt(state(zone), clock), assigns)
      const { id, seq } = fresh
      const entry = { name, id, seq, time: next.now, ...(under ? { under } : {}), ...(copied ? { copied } : {}) }
      if (before) put(pastRecord(zone, name, before.seq).put(before, 'absent'))
      put(current.replace(current.from(snapshot), fresh))
      put(pointer(zone, id).put({ name, seq }, 'absent'))
      put(act(zone, next.acts).put(entry, 'absent'))
      put(zoneState(zone).replace(zoneState(zone).from(snapshot), next))
      records.set(current.key, fresh)
      taken.set(pointer(zone, id).key, seq)
      states.set(zone, next)
    },
    writes() {
      if (writes.size === 0) return []
      const founded = [...new Set(keys)].filter((key) => !writes.has(key))
      const required = founded.flatMap((key): Write[] => {
        const found = snapshot.get(key)
        return found ? [{ key, require: found.version }] : []
      })
      return [...writes.values(), ...required]
    },
  }
}
