/** A seeded draw of a whole number below `n`: the same seed, the same numbers. */
export type Draw = (n: number) => number

export function draws(seed: number): Draw {
  let state = seed >>> 0
  return (n) => {
    // mulberry32: one word of state, and good enough to choose by
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * n)
  }
}
