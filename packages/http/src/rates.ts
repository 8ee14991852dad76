import { LRUCache } from 'lru-cache'

export type RatesOptions = {
  /** Calls that may come at once. */
  readonly burst: number
  /** Calls gained back each second. */
  readonly perSecond: number
  /** Callers remembered at most. Whoever is forgotten starts with a full bucket, so keep it above the busy ones. */
  readonly callersMost: number
}

/** Token buckets, one for each caller. */
export type Rates = {
  /**
   * Takes `cost` tokens of a caller's at `now`, milliseconds of a monotonic clock. 0 when granted, else whole seconds
   * until it would be: the Retry-After of a `rate-limited`.
   */
  readonly take: (caller: string, now: number, cost?: number) => number
}

type Bucket = { tokens: number; at: number }

/** Buckets in a bounded memory. Nothing here is shared between processes: a node of several grants each its share. */
export function createRates({ burst, perSecond, callersMost }: RatesOptions): Rates {
  const buckets = new LRUCache<string, Bucket>({ max: callersMost })
  return {
    take(caller, now, cost = 1) {
      const bucket = buckets.get(caller) ?? { tokens: burst, at: now }
      buckets.set(caller, bucket)
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond)
      bucket.at = Math.max(bucket.at, now)
      if (bucket.tokens < cost) return Math.max(1, Math.ceil((cost - bucket.tokens) / perSecond))
      bucket.tokens -= cost
      return 0
    },
  }
}
