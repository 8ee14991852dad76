import { FIRST_KEY, type Disk } from './disk.ts'
import type { Key } from './key.ts'
import type { KeyFile } from './keys.ts'
import { sealedUnder } from './sealed.ts'

const AT_ONCE = 256

/**
 * Gives buckets new keys, seals what lives in them anew, and destroys their old keys. `sealAnew` resolves when these
 * keys, and all commits made before it, are on disk. Cut short at any point, it has destroyed nothing that a living value
 * needs, and is made good by running it again.
 */
export const renewBuckets = async (
  disk: Disk,
  keys: KeyFile,
  buckets: ReadonlySet<number>,
  sealAnew: (found: readonly Key[]) => Promise<unknown>,
): Promise<void> => {
  const epochs = new Map([...buckets].map((bucket) => [bucket, keys.advance(bucket).epoch]))
  await sealAnew([]) // commits sealed before the new epoch are on disk now, where the scan finds them

  let found: Key[] = []
  for await (const [key, sealed] of disk.iterator({ gte: FIRST_KEY })) {
    const { bucket, epoch } = sealedUnder(sealed)
    if (epoch < (epochs.get(bucket) ?? 0)) found.push(key)
    if (found.length < AT_ONCE) continue
    await sealAnew(found)
    found = []
  }
  if (found.length > 0) await sealAnew(found)

  for (const [bucket, epoch] of epochs)
    for (let past = epoch - 1; past > 0 && keys.at(bucket, past) !== undefined; past--) keys.destroy(bucket, past)
}
