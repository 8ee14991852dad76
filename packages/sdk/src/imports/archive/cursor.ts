import { concatenate } from '@dcann/protocol/bytes'

/** A place in a file that is read once, from its beginning to its end. */
export interface Cursor {
  /** The bytes from here on: at least `least` of them, fewer only where the file ends before. Nothing moves. */
  readonly look: (least: number) => Promise<Uint8Array>
  /** Moves on by so many bytes, all of them looked at before. */
  readonly skip: (bytes: number) => void
}

/** The beginning of a file. It holds what was asked for at once, and at most one block more. */
export function openCursor(blocks: AsyncGenerator<Uint8Array, void, undefined>): Cursor {
  let held: Uint8Array = new Uint8Array(0)
  return {
    look: async (least) => {
      const parts: Uint8Array[] = [held]
      let bytes = held.length
      while (bytes < least) {
        const { value } = await blocks.next()
        if (value === undefined) break
        parts.push(value)
        bytes += value.length
      }
      if (parts.length > 1) held = concatenate(...parts)
      return held
    },
    skip: (bytes) => {
      held = held.subarray(bytes)
    },
  }
}
