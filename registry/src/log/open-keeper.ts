import { quote } from '@dcann/protocol/errors'
import { pathBeside, type Place } from '@dcann/store/engines'
import type { Reader } from '@dcann/store/store'
import { fileKeeper, type HeadKeeper } from './keeper.ts'
import { heads } from './shelf.ts'

/** Where the heads that were shown are kept: beside the store's folder or a database's key file, and never inside. */
export function keeperFile(place: Place): string {
  return `${pathBeside(place)}.heads`
}

/**
 * Opens the file of heads beside a store, and makes it with a store that has none yet. A store that has heads without it
 * may be an older copy, so it opens only on the operator's word.
 */
export async function openKeeper(
  { place, restored }: { readonly place: Place; readonly restored: boolean },
  store: Pick<Reader, 'range'>,
): Promise<HeadKeeper> {
  const file = keeperFile(place)
  const keeper = fileKeeper(file)
  if (keeper.read() !== undefined) return keeper
  const [any] = await store.range(heads.page([], { limit: 1 }))
  if (any && !restored) {
    throw new Error(
      `opening the heads shown before: ${quote(file, 200)} is missing, so nobody can tell whether this store is the newest copy; put the file back, or start once with --restored if it is`,
    )
  }
  await keeper.swap(new Map(), new Map())
  return keeper
}
