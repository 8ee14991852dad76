import type { Commit, Committed, Store } from '@dcann/store/store'

/** A store whose commits can be watched and held back, at the moment before they are made. */
export type Gated = {
  readonly store: Store
  /** Every commit asked for, in order. */
  readonly commits: Commit[]
  /** From now on commits that fit wait until `open` is called; resolves with the first that waits. */
  readonly hold: (fits: (commit: Commit) => boolean) => Promise<Commit>
  /** Lets through what waits, and holds nothing any more. */
  readonly open: () => void
}

export function gated(store: Store): Gated {
  const commits: Commit[] = []
  let fits: (commit: Commit) => boolean = () => false
  let arrived: (commit: Commit) => void = () => {}
  let opened = Promise.resolve()
  let release = (): void => {}
  return {
    commits,
    store: {
      ...store,
      async commit(commit): Promise<Committed> {
        commits.push(commit)
        if (fits(commit)) {
          arrived(commit)
          await opened
        }
        return await store.commit(commit)
      },
    },
    hold(wanted) {
      fits = wanted
      opened = new Promise((resolve) => (release = resolve))
      return new Promise((resolve) => (arrived = resolve))
    },
    open() {
      fits = () => false
      release()
    },
  }
}
