/** One at a time per key, in order; an urgent one goes before all that wait. */
export type Turns = {
  readonly take: <T>(key: string, act: () => Promise<T>, urgent?: boolean) => Promise<T>
}

/**
 * Turns at one key within this process. The store alone keeps decisions correct, by expected versions; turns keep those
 * who want the same key from conflicting again and again, and let a revoke overtake the questions that wait.
 */
export function createTurns(): Turns {
  const waiting = new Map<string, (() => void)[]>()

  const next = (key: string): void => {
    const queue = waiting.get(key)
    const begin = queue?.shift()
    if (begin) begin()
    else waiting.delete(key)
  }

  return {
    async take(key, act, urgent = false) {
      const queue = waiting.get(key)
      if (queue) await new Promise<void>((begin) => (urgent ? queue.unshift(begin) : queue.push(begin)))
      else waiting.set(key, [])
      try {
        return await act()
      } finally {
        next(key)
      }
    },
  }
}
