import { renewPlace } from '@dcann/store/engines'
import type { Report } from '@dcann/store/fsck'
import { type Config, placeOf } from './config.ts'
import { ownerOf } from './records/shelf.ts'

/** Seals all that a stopped registry keeps under new keys and destroys the old ones; what it then finds amiss is in the report. */
export async function renewRegistry({ store }: Pick<Config, 'store'>): Promise<Report> {
  const { place, ...keys } = placeOf(store)
  return await renewPlace(place, { ...keys, ownerOf })
}
