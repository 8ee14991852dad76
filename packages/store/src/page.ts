import type { Codec } from './shelf.ts'

/** The most entries on one page. */
export const PAGE_ENTRIES = 64
/** The most bytes of entries on one page; an entry longer than this has a page to itself. */
export const PAGE_BYTES = 16 * 1024

/**
 * A page: many small entries that are sealed and read as one value, since sealing costs by the call and not by the byte.
 * A codec for a shelf whose values are pages. Entries keep their order; a page's number in its key is the caller's.
 */
export const page: Codec<readonly Uint8Array[]> = {
  encode(entries) {
    const total = entries.reduce((sum, entry) => sum + 4 + entry.length, 0)
    const bytes = new Uint8Array(total)
    const view = new DataView(bytes.buffer)
    let at = 0
    for (const entry of entries) {
      view.setUint32(at, entry.length)
      bytes.set(entry, at + 4)
      at += 4 + entry.length
    }
    return bytes
  },
  decode(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const entries: Uint8Array[] = []
    for (let at = 0; at < bytes.length;) {
      const end = at + 4 + view.getUint32(at)
      if (end > bytes.length) throw new RangeError(`read a page: an entry ends at byte ${end} of ${bytes.length}`)
      entries.push(bytes.subarray(at + 4, end))
      at = end
    }
    return entries
  },
}

/** The page with one more entry, or undefined when it is full and the entry begins the next page. */
export const addEntry = (entries: readonly Uint8Array[], entry: Uint8Array): readonly Uint8Array[] | undefined => {
  const bytes = entries.reduce((sum, each) => sum + each.length, 0)
  const full = entries.length > 0 && (entries.length >= PAGE_ENTRIES || bytes + entry.length > PAGE_BYTES)
  return full ? undefined : [...entries, entry]
}
