import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { quote } from '@dcann/protocol/errors'
import { emptyFrontier, type Frontier, frontierBytes, readFrontier } from '@dcann/protocol/log/merkle'
import type { ZoneName } from '@dcann/protocol/name'
import type { Cells } from '@dcann/store/postgres-cells'
import type { HeadKeeper } from './keeper.ts'

/** Heads that several processes keep together. */
export type SharedKeeper = HeadKeeper & {
  /** Looks at what others have shown meanwhile. */
  readonly reload: () => Promise<void>
}

/**
 * Heads in a database, compared and swapped there, with the file of this machine beside it: the database is where two
 * sequencers meet, and the file shows when it was put back to what was shown earlier.
 */
export async function databaseKeeper(cells: Cells, file: HeadKeeper, restored: boolean): Promise<SharedKeeper> {
  let held = parsed(await cells.read())
  const seen = file.read()
  if (held === undefined && seen !== undefined && seen.size > 0) {
    // heads of a registry that ran by itself until now
    await cells.swap([...seen].map(([zone, head]) => ({ name: zone, before: undefined, next: written(head) })))
    held = parsed(await cells.read())
  }
  for (const [zone, head] of seen ?? []) {
    if ((held?.get(zone)?.size ?? 0) >= head.size || restored) continue
    throw new Error(
      `opening the heads shown before: this machine has shown ${head.size} entries of ${quote(zone)}, and the database says ${held?.get(zone)?.size ?? 0}; bring back its newest copy, or start once with --restored`,
    )
  }
  return {
    read: () => held,
    async reload() {
      held = parsed(await cells.read())
    },
    async swap(before, next) {
      const done = await cells.swap(
        [...next].map(([zone, head]) => {
          const from = before.get(zone)
          return { name: zone, before: from && from.size > 0 ? written(from) : undefined, next: written(head) }
        }),
      )
      if (!done) {
        throw new Error(
          `keeping the head of ${quote([...next.keys()].join(', '), 80)}: another one was shown meanwhile by another process, which goes on; this one ends`,
        )
      }
      held = new Map([...(held ?? []), ...next])
      await file.swap(new Map([...next.keys()].map((zone) => [zone, file.read()?.get(zone) ?? emptyFrontier])), next)
    },
  }
}

function parsed(cells: ReadonlyMap<string, string>): ReadonlyMap<ZoneName, Frontier> | undefined {
  if (cells.size === 0) return undefined
  return new Map([...cells].map(([zone, head]) => [zone, readFrontier(fromBase64Url(head))]))
}

function written(head: Frontier): string {
  return base64Url(frontierBytes(head))
}
