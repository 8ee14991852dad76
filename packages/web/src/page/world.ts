import type { Seen, World } from '@dcann/sdk/world'
import type { Kept } from './kept.ts'

/** The world as these pages see it: the platform's own, and what was seen before kept in this browser. */
export function worldOf(kept: Kept): World {
  return {
    fetch: async (url, init) => await fetch(url, init),
    now: () => Date.now() / 1000,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    seen: seenIn(kept),
  }
}

function seenIn(kept: Kept): Seen {
  return {
    read: async (key) => {
      const found = await kept.read(`seen/${key}`)
      return found instanceof Uint8Array ? found : undefined
    },
    write: async (key, bytes) => await kept.write(`seen/${key}`, bytes.slice()),
  }
}
