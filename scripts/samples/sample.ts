/** A file of test/samples, and what is known of it without reading it back. */
export interface Sample {
  readonly name: string
  readonly text: string
  /** Pieces by what becomes of them. */
  readonly counts: Readonly<Record<string, number>>
  /** Lines that are faulty on purpose, and how. */
  readonly faults: readonly { readonly line: number; readonly fault: string }[]
}

/** Numbers in [0, 1), the same ones each time. */
export type Random = () => number

/** mulberry32: small, and the same in every engine. */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of these. */
export function pick<T>(random: Random, among: readonly T[]): T {
  const found = among[Math.floor(random() * among.length)]
  if (found === undefined) throw new Error('picking one of none')
  return found
}

/** A whole number, both ends included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}

export const daySeconds = 86_400
export const firstDay = Date.UTC(2024, 0, 1) / 1000
/** The first day on which nothing is known any more. */
export const endDay = Date.UTC(2026, 10, 23) / 1000
/** The day on which she moves from Pune to Tallinn. */
export const moved = Date.UTC(2025, 7, 18) / 1000

/** Seconds by which the clock on her wall is ahead of UTC. */
export function wallClock(day: number): number {
  if (day < moved) return 5.5 * 3600
  const month = new Date(day * 1000).getUTCMonth()
  return (month >= 3 && month <= 9 ? 3 : 2) * 3600
}

/** An instant as `2026-03-04T05:06:07`. */
export function iso(instant: number): string {
  return new Date(instant * 1000).toISOString().slice(0, 19)
}

export function tally(counts: Record<string, number>, what: string, by = 1): void {
  counts[what] = (counts[what] ?? 0) + by
}
