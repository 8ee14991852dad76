import type { ComponentChildren } from 'preact'
import { useSay } from '../language/say.ts'
import { Busy } from '../page/states.tsx'
import type { Pages } from './pages.ts'
import { ProblemView } from './problem-view.tsx'

type Props<T> = {
  readonly pages: Pages<T>
  readonly idOf: (item: T) => string
  readonly none: ComponentChildren
  readonly busy?: string
  readonly show: (item: T) => ComponentChildren
}

/** A list as far as it was asked for, and a button that asks for more. */
export function PagesView<T>({ pages, idOf, none, busy, show }: Props<T>) {
  const say = useSay()
  const { first, items, more, asking, failed } = pages
  if (first.is === 'coming') return <Busy text={busy ?? say('console.opening')} />
  if (first.is === 'failed') return <ProblemView error={first.why} again={first.again} />
  return (
    <>
      {items.length === 0 && <section class="note">{none}</section>}
      <ul class="cards wide">
        {items.map((item) => (
          <li key={idOf(item)}>{show(item)}</li>
        ))}
      </ul>
      {failed && <ProblemView error={failed} />}
      {more && (
        <button type="button" class="secondary more" aria-busy={asking} disabled={asking} onClick={more}>
          {say('console.more')}
        </button>
      )}
    </>
  )
}
