import { z } from 'zod'
import { ProtocolError } from './errors.ts'
import { times } from './limits.ts'
import { recordIdSchema } from './signed.ts'
import { leiSchema } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

/** Who ultimately controls a requester. A change of control bumps `epoch`, and agreements pinned to the old one suspend. */
export const controlSchema = z
  .strictObject({
    parent: leiSchema.nullable(),
    /** Why there is no parent to name. */
    exception: z.enum(['natural-persons', 'non-consolidating', 'no-known-person', 'public-body']).nullable(),
    /** SHA-256 of the document that shows it. */
    evidence: recordIdSchema.nullable(),
    as_of: timeSchema,
    epoch: z.int().min(1),
  })
  .refine((control) => (control.parent === null) !== (control.exception === null), {
    error: 'expected either a parent or an exception',
  })

export type Control = z.infer<typeof controlSchema>

/** The pin that the second document of an agreement carries. spec: control#pin */
export const controlPinSchema = z.strictObject({ epoch: z.int().min(1), parent: leiSchema.nullable() })
export type ControlPin = z.infer<typeof controlPinSchema>

/** The pin to a requester's control as it stands. */
export function pinOf(control: Control): ControlPin {
  return { epoch: control.epoch, parent: control.parent }
}

/** Whom a requester belongs to: the LEI of its ultimate parent, else its own, else its name. spec: standing-refusal#remembering */
export function groupOf(requester: {
  readonly control: Control
  readonly lei: string | null
  readonly name: string
}): string {
  return requester.control.parent ?? requester.lei ?? requester.name
}

/** Refuses a document that is pinned to another control than the requester has now. Throws `not-active`. spec: control#pin */
export function requirePin(pinned: ControlPin, control: Control, which: string): void {
  const { epoch, parent } = pinOf(control)
  if (epoch === pinned.epoch && parent === pinned.parent) return
  throw new ProtocolError(
    'not-active',
    `${which} is pinned to control epoch ${pinned.epoch}, the requester is at ${epoch}; look again who owns it`,
  )
}

/**
 * Whether a pinned agreement still stands under the requester's control: one integer compare, and the age of what the
 * registry was told. spec: control#suspension
 */
export function controlStanding(
  pin: ControlPin,
  control: Control,
  now: Instant,
): 'current' | 'control-change' | 'control-stale' {
  if (pin.epoch !== control.epoch || pin.parent !== control.parent) return 'control-change'
  return now - parseTime(control.as_of) > times.controlStale ? 'control-stale' : 'current'
}
