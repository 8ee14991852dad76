import { applyMapping } from './apply-mapping.ts'
import type { Admit } from './duplicates.ts'
import type { Imported, Origin, Skipped } from './piece.ts'
import { readRows } from './rows.ts'

/**
 * The events of one file, in its order, as its mapping makes them. Throws `schema-mismatch` for a file that is not the
 * mapping's.
 */
export async function* readEvents(
  origin: Origin,
  blocks: AsyncIterable<Uint8Array>,
  admit: Admit,
): AsyncGenerator<Imported | Skipped, void, undefined> {
  for await (const placed of readRows(origin.mapping, withoutMark(blocks))) {
    const made = 'skipped' in placed ? placed : applyMapping(origin.mapping, placed.row, placed.line)
    if ('skipped' in made) yield { ...origin, skipped: made.skipped }
    else if ('line' in placed) yield admit(origin, made.entry, placed.line)
  }
}

/** Passes over a UTF-8 byte order mark, which spreadsheets write and no format asks for. */
async function* withoutMark(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let begun = false
  for await (const block of blocks) {
    const marked = !begun && block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf
    yield marked ? block.subarray(3) : block
    begun = true
  }
}
