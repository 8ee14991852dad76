import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figureOf } from '../figure.ts'
import { startBare, startPrimitives } from '../floor.ts'
import { type Bench, measureZone, type Milestone } from './measure.ts'
import { openZone } from './zone.ts'

export type GrowOptions = {
  /** Passports in one zone at the end. */
  readonly names: number
  readonly rounds: number
  readonly seconds: number
  readonly say: (line: string) => void
}

/** Where it is measured before the end, and how much of the end a mirror that fell behind has to catch up with. */
const first = 10_000
const behind = 10_000
const step = 100_000
const namesKept = 8_000

/**
 * Fills one zone with passports and measures it when it has 10,000 and at the end. Memory is that of a registry and of a
 * few thousand births in hand, whatever the number; time grows with it.
 */
export async function growZone({ names, rounds, seconds, say }: GrowOptions): Promise<readonly [Milestone, Milestone]> {
  const folder = mkdtempSync(join(tmpdir(), 'dcann-full-'))
  const [bare, primitives] = await Promise.all([startBare(), startPrimitives()])
  const enough: Bench['enough'] = (microseconds, most = 20_000) =>
    Math.max(100, Math.min(most, Math.round((seconds * 1e6) / microseconds)))
  const bench: Bench = { rounds, bare, primitives, enough }
  try {
    const zone = await openZone(folder, { seed: 'full', castNow: Math.floor(Date.now() / 1000) })
    const grow = async (to: number) => {
      const filled = await zone.grow(to)
      say(
        `${to} passports: ${Math.round((filled.births / filled.wallMilliseconds) * 1000)} a second, ${Math.round(filled.cpu[0])} µs each`,
      )
      return filled
    }
    const small = await measureZone(bench, zone, await grow(first), 'mirror-new')
    // in steps, so that whoever waits hears of it
    const goal = Math.max(names - behind, first + 1)
    let most = await grow(Math.min(goal, first + step))
    while (zone.names() < goal) {
      const next = await grow(Math.min(goal, zone.names() + step))
      most = { ...next, identifiers: thinned([...most.identifiers, ...next.identifiers]) }
    }
    zone.putAway('mirror-behind')
    const last = await grow(Math.max(names, first + 2))
    const drawn = thinned([...most.identifiers, ...last.identifiers])
    const large = await measureZone(bench, zone, { ...last, identifiers: drawn }, 'mirror-behind')
    return [small, large]
  } finally {
    bare.end()
    primitives.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Evenly drawn, in an order that goes to and fro: names that were born together are not resolved together. */
function thinned(names: readonly string[]): string[] {
  const each = Math.max(1, Math.ceil(names.length / namesKept))
  const kept = names.filter((_, i) => i % each === 0)
  const stride = 7_919
  return kept.map((_, i) => kept[(i * stride) % kept.length] ?? '')
}

/** How a figure grows with each doubling of the passports, from one milestone to another. */
export function perDoubling(names: readonly [number, number], values: readonly [number, number]): number {
  return (values[1] / values[0]) ** (1 / Math.log2(names[1] / names[0]))
}

/** A figure that was taken once. */
export const once = (value: number) => figureOf([value])
