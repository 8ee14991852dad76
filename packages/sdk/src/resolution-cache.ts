import type { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { Instant } from '@dcann/protocol/time'

/** What a cache says of a name. */
export type Cached<T> =
  | { readonly is: 'value'; readonly value: T }
  | { readonly is: 'failure'; readonly error: ProtocolError }
  | { readonly is: 'nothing' }

/** Answers and failures by name, the least recently used forgotten first. */
export type ResolutionCache<T> = {
  readonly get: (name: string, now: Instant) => Cached<T>
  /** The last answer, however old; what may still rest on it is the caller's judgement. */
  readonly last: (name: string) => T | undefined
  /** Keeps an answer from now until its time; a clock that was set back to before it was kept does not lengthen that. */
  readonly keep: (name: string, value: T, until: Instant, now: Instant) => void
  /** Keeps a failure for 5 s at first, doubling with each one that follows, to 5 min; less where a registry named a time. */
  readonly fail: (name: string, error: ProtocolError, now: Instant) => void
}

type Line<T> = {
  readonly value?: T
  readonly from: Instant
  readonly until: Instant
  readonly failure?: { readonly error: ProtocolError; readonly until: Instant; readonly lasted: number }
}

/** Makes a cache of at most `most` names. spec: resolving#cache */
export function createResolutionCache<T>(most = 4096): ResolutionCache<T> {
  const lines = new Map<string, Line<T>>()
  const put = (name: string, line: Line<T>): void => {
    // a map remembers the order of insertion, so what is put again goes to the end
    lines.delete(name)
    lines.set(name, line)
    if (lines.size <= most) return
    const [oldest] = lines.keys()
    if (oldest !== undefined) lines.delete(oldest)
  }
  return {
    get: (name, now) => {
      const line = lines.get(name)
      if (line === undefined) return { is: 'nothing' }
      put(name, line)
      const { failure, value, from, until } = line
      // a clock that was wrong and is set back would wait for hours, or believe for hours, what was kept by it
      if (failure !== undefined && now < failure.until && failure.until - now <= failure.lasted)
        return { is: 'failure', error: failure.error }
      if (value !== undefined && from - times.nodeSkew <= now && now < until) return { is: 'value', value }
      return { is: 'nothing' }
    },
    last: (name) => lines.get(name)?.value,
    keep: (name, value, until, now) => put(name, { value, from: now, until }),
    fail: (name, error, now) => {
      const line = lines.get(name)
      const doubled = Math.min(times.failureMost, line?.failure ? line.failure.lasted * 2 : times.failureLeast)
      const { retry_after: named } = error.facts
      const lasted = typeof named === 'number' ? Math.min(doubled, Math.max(named, 1)) : doubled
      put(name, { from: 0, until: 0, ...line, failure: { error, until: now + lasted, lasted } })
    },
  }
}
