import { copyStore, type Copied } from '@dcann/store/copy'
import { openPlace, type Place } from '@dcann/store/engines'
import type { Config } from './config.ts'
import { ownerOf } from './owner.ts'

export { readPlace } from '@dcann/store/engines'
export type { Copied, Place }

/** Copies a stopped node's store to another place, which is made when it is not there. Rejects when both do not agree. */
export async function copyVault(config: Config, to: Place, say: (values: number) => void): Promise<Copied> {
  if (config.keys === undefined && config.testSeed === undefined)
    throw new Error(
      'copying the store: the node\'s own keys stand beside it; move them to a folder, name it in the settings as "keys", then copy',
    )
  const from = await openPlace(config.store, { check: config.check, ownerOf })
  try {
    const target = await openPlace(to, { ownerOf })
    try {
      return await copyStore(from, target, say)
    } finally {
      await target.close()
    }
  } finally {
    await from.close()
  }
}
