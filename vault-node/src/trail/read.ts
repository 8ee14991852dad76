import type { Store } from '@dcann/store/store'
import { lines, padded, trailIndex, type Line } from '../evidence/shelf.ts'

/** A page of everything that happened to a passport, oldest first. `after` is the cursor of the page before. */
export async function readTrail(
  store: Store,
  passport: string,
  after: string | undefined,
  limit: number,
): Promise<{ readonly lines: readonly Line[]; readonly next: string | undefined }> {
  const found = await store.range({
    ...trailIndex.page([passport], { limit }),
    ...(after === undefined ? {} : { after: trailIndex.at(passport, after).key }),
  })
  const places = found.map((one) => {
    const [kind = '', name = '', n = ''] = trailIndex.entry(one).value.split('/')
    return lines.at(kind, name, padded(Number(n)))
  })
  const snapshot = await store.read(places.map(({ key }) => key))
  const last = found.at(-1)
  return {
    lines: places.flatMap((place) => place.from(snapshot)?.value ?? []),
    next: found.length === limit && last ? trailIndex.entry(last).id.at(-1) : undefined,
  }
}
