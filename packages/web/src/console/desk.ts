import type { Call, ConsolePlace, Speaking } from './call.ts'
import type { At } from './code.ts'
import type { Own } from './sdk-code.ts'

/** What every view of the console stands on. */
export type Desk = {
  readonly call: Call
  readonly place: ConsolePlace
  readonly speaking: Speaking
  readonly at: At
  /** Record id of the root that evidence is proved from. */
  readonly pin: string
  /** What programs of the company's own begin with. */
  readonly own: Own
}
