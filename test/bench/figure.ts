/** What several rounds say: the middle one, and how far they lie apart. */
export type Figure = { readonly median: number; readonly least: number; readonly most: number }

export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN }
}

/** A quantile of numbers in ascending order, between the two that lie next to it. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

export function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b)
}

/**
 * Measures everything once a round, in one order and then in the other, so that a slow minute falls on all alike. What is
 * put in relation is put in relation within its round.
 */
export async function interleave<Name extends string>(
  rounds: number,
  measures: Readonly<Record<Name, (round: number) => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(measures) as Name[]
  const found = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) found[name].push(await measures[name](round))
  }
  return found
}

/** One number a round out of what was measured in it. */
export function eachRound<Name extends string>(
  found: Readonly<Record<Name, readonly number[]>>,
  of: (round: Readonly<Record<Name, number>>) => number,
): number[] {
  const names = Object.keys(found) as Name[]
  const rounds = Math.min(...names.map((name) => found[name].length))
  return Array.from({ length: rounds }, (_, i) =>
    of(Object.fromEntries(names.map((name) => [name, found[name][i] ?? Number.NaN])) as Record<Name, number>),
  )
}
