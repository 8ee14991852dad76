import { useEffect, useState } from 'preact/hooks'
import { type Loaded, useLoaded } from '../page/loaded.ts'
import { asError } from './problem-view.tsx'

/** A page of a list that goes on under `next`. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string | undefined }

export type Pages<T> = {
  readonly first: Loaded<Page<T>>
  readonly items: readonly T[]
  /** Asks for the next page; absent when there is none. */
  readonly more: (() => void) | undefined
  readonly asking: boolean
  readonly failed: Error | undefined
}

/** A list, page by page as somebody wants more of it. */
export function usePages<T>(ask: (after: string) => Promise<Page<T>>, of: readonly unknown[]): Pages<T> {
  const first = useLoaded(async () => await ask(''), of)
  const [further, setFurther] = useState<readonly Page<T>[]>([])
  const [state, setState] = useState<'still' | 'asking' | Error>('still')
  useEffect(() => setFurther([]), [first])
  const pages = first.is === 'there' ? [first.value, ...further] : []
  const next = pages.at(-1)?.next
  const more = (): void => {
    setState('asking')
    ask(`&after=${next ?? ''}`).then(
      (page) => (setState('still'), setFurther([...further, page])),
      (error: unknown) => setState(asError(error)),
    )
  }
  return {
    first,
    items: pages.flatMap(({ items }) => items),
    more: next === undefined ? undefined : more,
    asking: state === 'asking',
    failed: state instanceof Error ? state : undefined,
  }
}
