import { quote } from '@dcann/protocol/errors'
import { type Database, pathBeside, type Place } from '@dcann/store/engines'
import { readAddress, withSchema } from '@dcann/store/postgres-address'
import type { Reader } from '@dcann/store/store'
import { databaseKeeper, type SharedKeeper } from './database-keeper.ts'
import { fileKeeper, type HeadKeeper } from './keeper.ts'
import { heads } from './shelf.ts'

/** Where the heads that were shown are kept: beside the store's folder or a database's key file, and never inside. */
export function keeperFile(place: Place): string {
  const { writer = 'main' } = typeof place === 'string' ? {} : place
  return `${pathBeside(place)}${writer === 'main' ? '' : `.${writer}`}.heads`
}

/**
 * Opens the heads of a registry whose store is a database: in a schema, or a database, apart from it. Processes of one
 * registry name the same one. Refuses where the store has heads and neither the database of heads nor this machine has any.
 */
export async function openSharedKeeper(
  { place, restored, at }: { readonly place: Database; readonly restored: boolean; readonly at: string | undefined },
  store: Pick<Reader, 'range'>,
): Promise<{ readonly keeper: SharedKeeper; readonly close: () => Promise<void> }> {
  // what speaks to a database is loaded by whoever has one
  const { openCells } = await import('@dcann/store/postgres-cells')
  const cells = await openCells(at ?? withSchema(place.url, `${readAddress(place.url).schema}_heads`))
  try {
    const file = fileKeeper(keeperFile(place))
    const [any] = await store.range(heads.page([], { limit: 1 }))
    if (any && !restored && file.read() === undefined && (await cells.read()).size === 0)
      throw missing(keeperFile(place))
    return { keeper: await databaseKeeper(cells, file, restored), close: cells.close }
  } catch (error) {
    await cells.close()
    throw error
  }
}

function missing(file: string): Error {
  return new Error(
    `opening the heads shown before: ${quote(file, 200)} is missing, so nobody can tell whether this store is the newest copy; put the file back, or start once with --restored if it is`,
  )
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
    throw missing(file)
  }
  await keeper.swap(new Map(), new Map())
  return keeper
}
