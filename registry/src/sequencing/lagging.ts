import type { HeadBoard } from '../log/heads.ts'

/** Milliseconds for which pages of heads that were shown are kept: who resolves elsewhere may be so far behind. */
const behind = 5_000

/** Needs what was needed a while ago as well. */
export function lagging(
  needed: HeadBoard['needed'],
  monotonic: () => number = () => performance.now(),
): HeadBoard['needed'] {
  const before = new Map<string, { readonly at: number; readonly size: number }[]>()
  return (zone) => {
    const now = monotonic()
    const sizes = [...(before.get(zone) ?? []), { at: now, size: needed(zone) }]
    const recent = sizes.filter(({ at }, i) => at > now - behind || (sizes[i + 1]?.at ?? Infinity) > now - behind)
    before.set(zone, recent)
    return Math.min(...recent.map(({ size }) => size))
  }
}
