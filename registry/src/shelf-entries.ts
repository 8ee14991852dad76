import type { Shelf } from '@dcann/store/shelf'
import type { Range, Reader } from '@dcann/store/store'

type ShelfEntry<T> = ReturnType<Shelf<T>['entry']>

/** Everything on a shelf whose id begins with these segments, in the order of the ids, a page at a time. */
export async function* shelfEntries<T>(
  store: Pick<Reader, 'range'>,
  shelf: Shelf<T>,
  under: readonly string[],
): AsyncGenerator<ShelfEntry<T>, void, undefined> {
  let after: Range['after']
  for (;;) {
    const page = shelf.page(under, { limit: 256, ...(after === undefined ? {} : { after }) })
    const entries = await store.range(page)
    for (const entry of entries) yield shelf.entry(entry)
    after = entries.at(-1)?.key
    if (after === undefined) return
  }
}
