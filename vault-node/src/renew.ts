import { renewPlace } from '@dcann/store/engines'
import type { Report } from '@dcann/store/fsck'
import type { Config } from './config.ts'
import { ownerOf } from './owner.ts'

/** Seals all that a stopped node keeps under new keys and destroys the old ones; what it then finds amiss is in the report. */
export async function renewVault({ store }: Pick<Config, 'store'>): Promise<Report> {
  return await renewPlace(store, { ownerOf })
}
