import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { mapKey } from '@dcann/protocol/map/node'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import type { RecordId } from '@dcann/protocol/signed'
import { tombstoneId } from '@dcann/protocol/tombstone'
import type { Instant } from '@dcann/protocol/time'
import type { Key, Snapshot, Write } from '@dcann/store/store'
import { noActs, stateAfter, stateAt, zoneState } from '../zones/shelf.ts'
import type { LoggedAct } from '../log/sequence.ts'
import type { HeldHere } from './admit-record.ts'
import { type EndingKept, endingPlace } from './endings.ts'
import { type Act, act, currentRecord, type Kept, pastRecord, pointer } from './shelf.ts'

/** A moment of the store and the acts taken into it since: what the next proposal is judged against. */
export type Batch = HeldHere & {
  readonly take: (taken: Act) => void
  /** Takes in an act of which no record is given out, by its key in the map. `name` is whose it is, where that is known. */
  readonly pass: (zone: ZoneName, act: Passed, clock: Instant) => void
  /** Takes in a tombstone. */
  readonly bury: (zone: ZoneName, act: Pick<Passed, 'key' | 'name'>, clock: Instant) => void
  /** What the log has for all that was taken. */
  readonly logged: (zone: ZoneName) => readonly LoggedAct[]
  /** Zones of which something was taken. */
  readonly zones: () => readonly ZoneName[]
  /** What was taken, zone by zone, in its order. */
  readonly acts: () => ReadonlyMap<ZoneName, readonly Act[]>
  /** All that was taken, and all that was only read: the commit stands on the moment as it was. */
  readonly writes: () => Write[]
}

/** An act without its record. */
export type Passed = Pick<LoggedAct, 'type'> & {
  readonly key: string
  readonly id: RecordId
  readonly name?: string | undefined
}

/** Begins a batch on a snapshot of all the keys that its proposals need. */
export function beginBatch(snapshot: Snapshot, keys: readonly Key[]): Batch {
  const records = new Map<Key, Kept>()
  const states = new Map<ZoneName, ReturnType<HeldHere['state']>>()
  const taken = new Map<Key, number>()
  const acts = new Map<ZoneName, Act[]>()
  const writes = new Map<Key, Write>()
  const endings = new Map<Key, EndingKept>()
  const logged = new Map<ZoneName, LoggedAct[]>()

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

  const ending: HeldHere['ending'] = (zone, key) => {
    const place = endingPlace(zone, key)
    return endings.get(place.key) ?? place.from(snapshot)?.value
  }
  const end = (zone: ZoneName, key: string, kept: EndingKept): void => {
    const place = endingPlace(zone, key)
    put(place.replace(place.from(snapshot), kept))
    endings.set(place.key, kept)
  }
  const log = (zone: ZoneName, one: LoggedAct): void => void logged.set(zone, [...(logged.get(zone) ?? []), one])
  const passOver = (zone: ZoneName, { key, id, type, name }: Passed, is: EndingKept['is'], clock: Instant): void => {
    const next = stateAfter(stateAt(state(zone), clock), false)
    put(act(zone, next.acts).put({ key, id, time: next.now }, 'absent'))
    put(zoneState(zone).replace(zoneState(zone).from(snapshot), next))
    states.set(zone, next)
    end(zone, key, { is, at: next.now, ...(name === undefined ? {} : { name }) })
    log(zone, { key: fromBase64Url(key), id, type })
  }

  return {
    kept,
    seqOf,
    state,
    ending,
    acts: () => acts,
    logged: (zone) => logged.get(zone) ?? [],
    zones: () => [...logged.keys()],
    pass: (zone, one, clock) => passOver(zone, one, 'withheld', clock),
    bury: (zone, one, clock) => passOver(zone, { ...one, id: tombstoneId, type: 'tombstone' }, 'gone', clock),
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
      put(pointer(zone, id).put({ name, seq, act: next.acts }, 'absent'))
      put(act(zone, next.acts).put(entry, 'absent'))
      put(zoneState(zone).replace(zoneState(zone).from(snapshot), next))
      records.set(current.key, fresh)
      taken.set(pointer(zone, id).key, seq)
      states.set(zone, next)
      const key = mapKey(zone, name)
      if (one.ends) end(zone, base64Url(key), { is: 'ended', at: next.now, name })
      log(zone, { key, id, type: parseName(name).kind })
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
