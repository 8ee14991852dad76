import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import { noticesAt } from './shelf.ts'

/** Notices that are not on disk yet. They are hints that a chain has grown, so one lost in a crash costs nothing. */
export type Notebook = {
  readonly note: (at: Instant) => void
  /** Writes down what came since; one write, however many came. */
  readonly write: () => Promise<void>
}

export function openNotebook(store: Store): Notebook {
  let came = 0
  let last: Instant | undefined
  return {
    note(at) {
      came++
      last = at
    },
    async write() {
      if (last === undefined) return
      const [since, at] = [came, last]
      came = 0
      last = undefined
      const found = noticesAt.from(await store.read([noticesAt.key]))
      await store.commit({ writes: [noticesAt.replace(found, { count: (found?.value.count ?? 0) + since, last: at })] })
    },
  }
}
