import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import { json, type Place, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

const stateSchema = z.strictObject({
  /** The time of the newest act; no act is judged at an earlier one. */
  now: z.int().min(0),
  acts: z.int().min(0),
  /** What the clock said at the newest act, which may have been earlier than `now`, and the acts in that second. */
  clock: z.int().min(0),
  second: z.int().min(0),
  /** Identifiers assigned on the UTC day of `now`. */
  assigned: z.int().min(0),
})
export type ZoneState = z.infer<typeof stateSchema>

export const zoneStates = shelf(
  'zones',
  json((value) => stateSchema.parse(value)),
)

export function zoneState(zone: ZoneName): Place<ZoneState> {
  return zoneStates.at(zone)
}

export const noActs: ZoneState = { now: 0, acts: 0, clock: 0, second: 0, assigned: 0 }

/** The state as the clock finds it: counters of a second or a day that has passed are gone. */
export function stateAt(state: ZoneState, now: Instant): ZoneState {
  const time = Math.max(now, state.now)
  return {
    now: time,
    acts: state.acts,
    clock: now,
    second: now === state.clock ? state.second : 0,
    assigned: dayOf(time) === dayOf(state.now) ? state.assigned : 0,
  }
}

/** The state after one more act at its `now`. */
export function stateAfter(state: ZoneState, assigns: boolean): ZoneState {
  return {
    ...state,
    acts: state.acts + 1,
    second: state.second + 1,
    assigned: state.assigned + (assigns ? 1 : 0),
  }
}

/** UTC days since 1970. */
export function dayOf(time: Instant): number {
  return Math.floor(time / 86_400)
}
