import type { Key } from './key.ts'
import { bucketOfOwner, type KeyFile } from './keys.ts'
import { sealedUnder } from './sealed.ts'

const AT_ONCE = 256

/** How an engine lets its values be sealed anew. */
export type Renewing = {
  /** Resolves when nothing sealed under keys of before can come any more, and what was is where the scan finds it. */
  readonly begin: () => Promise<unknown>
  /** Every key with the head of its sealed value, at least. */
  readonly scan: () => AsyncIterable<readonly [Key, Uint8Array]>
  /** Resolves when these keys are sealed anew, and that is on disk. */
  readonly sealAnew: (found: readonly Key[]) => Promise<unknown>
}

/** The buckets of these owners; all of them when none is named. */
export function bucketsOf(owners: readonly string[] | undefined, buckets: number): ReadonlySet<number> {
  return new Set(owners?.map((owner) => bucketOfOwner(owner, buckets)) ?? Array.from({ length: buckets }, (_, i) => i))
}

/**
 * Gives buckets new keys, seals what lives in them anew, and destroys their old keys. Cut short at any point, it has
 * destroyed nothing that a living value needs, and is made good by running it again.
 */
export const renewBuckets = async (
  keys: KeyFile,
  buckets: ReadonlySet<number>,
  { begin, scan, sealAnew }: Renewing,
): Promise<void> => {
  const epochs = keys.together(() => new Map([...buckets].map((bucket) => [bucket, keys.advance(bucket).epoch])))
  await begin()

  let found: Key[] = []
  for await (const [key, sealed] of scan()) {
    const { bucket, epoch } = sealedUnder(sealed)
    if (epoch < (epochs.get(bucket) ?? 0)) found.push(key)
    if (found.length < AT_ONCE) continue
    await sealAnew(found)
    found = []
  }
  if (found.length > 0) await sealAnew(found)

  keys.together(() => {
    for (const [bucket, epoch] of epochs)
      for (let past = epoch - 1; past > 0 && keys.at(bucket, past) !== undefined; past--) keys.destroy(bucket, past)
  })
}
