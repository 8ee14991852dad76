import { copyFileSync, existsSync } from 'node:fs'
import { copyStore, type Copied } from '@dcann/store/copy'
import { openPlace, type Place } from '@dcann/store/engines'
import { type Config, placeOf } from './config.ts'
import { keeperFile } from './log/open-keeper.ts'
import { ownerOf } from './records/shelf.ts'

/**
 * Copies a stopped registry's store to another place, which is made when it is not there, and with it the heads that were
 * shown. Rejects when both do not agree.
 */
export async function copyRegistry(config: Config, to: Place, say: (values: number) => void): Promise<Copied> {
  const { place, ...keys } = placeOf(config.store)
  const from = await openPlace(place, { ...keys, check: config.store.check, ownerOf })
  try {
    const target = await openPlace(to, { ownerOf })
    try {
      const copied = await copyStore(from, target, say)
      if (existsSync(keeperFile(place))) copyFileSync(keeperFile(place), keeperFile(to))
      return copied
    } finally {
      await target.close()
    }
  } finally {
    await from.close()
  }
}
