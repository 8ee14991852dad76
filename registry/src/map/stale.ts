import type { ZoneName } from '@dcann/protocol/name'
import type { Reader, Write } from '@dcann/store/store'
import { shelfEntries } from '../shelf-entries.ts'
import { pagePlace, stalePages } from './shelf.ts'

/** Pages that only heads of less than a size need, and what takes them and their list away. */
export type Stale = { readonly version: number; readonly writes: readonly Write[] }

/** Of what waits, in its order, what no head needs from the one of size `needed` on; as much as there is room for. */
export function clearable(waiting: readonly Stale[], needed: number, room: number): Stale[] {
  const cleared: Stale[] = []
  let spent = 0
  for (const each of waiting) {
    spent += each.writes.length
    if (each.version > needed || spent > room) break
    cleared.push(each)
  }
  return cleared
}

/** Everything that waits to be cleared away, as the store lists it. */
export async function staleHeld(store: Pick<Reader, 'range'>, zone: ZoneName): Promise<Stale[]> {
  const found: Stale[] = []
  for await (const entry of shelfEntries(store, stalePages, [zone])) found.push(staleOf(zone, entry))
  return found
}

export function staleOf(zone: ZoneName, { id, key, value }: ReturnType<typeof stalePages.entry>): Stale {
  const pages = value.map((address): Write => pagePlace(zone, address).delete())
  return { version: Number(id.at(-1)), writes: [...pages, { key, delete: true }] }
}
