import type { Figure } from './figure.ts'

/** One line of the table: what was measured, against which floors, and what the goal asks. */
export type Row = {
  /** As in the goals: `R1`. */
  readonly id: string
  readonly what: string
  readonly unit: string
  readonly measured: Figure
  /** At most so much; at least, where `atLeast`. `null` where no goal is set. */
  readonly gate: number | null
  readonly atLeast?: true
  /** The goal's own words for the gate: `1.6 × (V + S + POST + L + page)`. */
  readonly against: string
  /** What the figure is made of, and how many there were: each with its unit. */
  readonly parts: readonly Part[]
  readonly note?: string
}

export type Part = { readonly name: string; readonly unit: string; readonly figure: Figure }

/** A row with the circumstances it was measured in; each row may come from another run. */
export type Result = Row & {
  /** `2026-11-24`. */
  readonly date: string
  readonly command: string
  readonly node: string
  readonly platform: string
  readonly cores: number
  readonly rounds: number
  /** Processes that wanted to run, on average over the last minute, when it began: more than `cores` is a loaded machine. */
  readonly load: number
}

/** Whether a goal is met, by the median. */
export function meets({ gate, measured, atLeast }: Row): boolean | undefined {
  if (gate === null) return undefined
  return atLeast ? measured.median >= gate : measured.median <= gate
}
