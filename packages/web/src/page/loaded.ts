import { useCallback, useEffect, useState } from 'preact/hooks'

/** Something that was asked for: on its way, there, or not to be had. */
export type Loaded<T> =
  | { readonly is: 'coming' }
  | { readonly is: 'there'; readonly value: T; readonly again: () => void }
  | { readonly is: 'failed'; readonly why: Error; readonly again: () => void }

/** Asks once, and anew when one of `of` is another or `again` is called; what comes too late is dropped. */
export function useLoaded<T>(ask: () => Promise<T>, of: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ is: 'coming' })
  const [round, setRound] = useState(0)
  const again = useCallback(() => setRound((n) => n + 1), [])
  useEffect(() => {
    let there = true
    ask().then(
      (value) => there && setLoaded({ is: 'there', value, again }),
      (error: unknown) =>
        there && setLoaded({ is: 'failed', why: error instanceof Error ? error : new Error(String(error)), again }),
    )
    return () => {
      there = false
    }
  }, [...of, round])
  return loaded
}
