import { canonicalBytes } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import type { Imported } from './piece.ts'

/** Bytes for the members around the entries of one call. */
const around = 1024

/** Gathers entries into calls that a vault takes: bounded by number and by bytes. spec: vault-api */
export function createBatch(
  entriesMost: number = limits.entriesPerWrite,
  bytesMost: number = limits.bodyBytes - around,
): {
  /** Takes an entry in; gives the batch before it when it would not fit any more. */
  readonly add: (one: Imported) => readonly Imported[] | undefined
  /** What is left. */
  readonly rest: () => readonly Imported[]
} {
  let held: Imported[] = []
  let bytes = 0
  const take = (): readonly Imported[] => {
    const taken = held
    held = []
    bytes = 0
    return taken
  }
  return {
    add: (one) => {
      const size = canonicalBytes(one.entry).length + 1
      const full = held.length > 0 && (held.length >= entriesMost || bytes + size > bytesMost) ? take() : undefined
      held.push(one)
      bytes += size
      return full
    },
    rest: take,
  }
}
