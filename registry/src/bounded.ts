/** A map that forgets what was used longest ago when it is full. */
export type Bounded<V> = {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
}

export function createBounded<V>(most: number): Bounded<V> {
  const kept = new Map<string, V>()
  return {
    get(key) {
      const value = kept.get(key)
      if (value === undefined) return undefined
      kept.delete(key)
      kept.set(key, value)
      return value
    },
    set(key, value) {
      kept.delete(key)
      kept.set(key, value)
      if (kept.size <= most) return
      const [oldest] = kept.keys()
      if (oldest !== undefined) kept.delete(oldest)
    },
  }
}
