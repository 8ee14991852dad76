import type { Claim } from '@dcann/store/claim'
import { isStoreError, StoreError } from '@dcann/store/errors'
import type { Store } from '@dcann/store/store'

/**
 * A store of which every commit stands only while this process holds the claim: whoever was overtaken, paused for however
 * long, writes nothing any more. `onLost` is told once it tried.
 */
export function fencedBy(store: Store, claim: Pick<Claim, 'fence'>, onLost: (error: Error) => void): Store {
  return {
    ...store,
    async commit(commit) {
      const fence = claim.fence()
      try {
        const { versions } = await store.commit({ ...commit, writes: [...commit.writes, fence] })
        return { versions: versions.slice(0, -1) }
      } catch (error) {
        if (!isStoreError(error, 'conflict') || error.key !== fence.key) throw error
        const fenced = new StoreError(
          'fenced',
          'extend a log: another process of this registry sequences now; this one ends',
        )
        onLost(fenced)
        throw fenced
      }
    },
  }
}
