import { createHash } from 'node:crypto'
import { StoreError } from './errors.ts'
import type { Key } from './key.ts'
import { MAX_RANGE, type Entry, type Reader, type Store } from './store.ts'

/** What a copy came to: how many values, how many of them were there already from a copy cut short, and what they are. */
export type Copied = {
  readonly values: number
  readonly resumed: number
  /** SHA-256 over all keys and values in order, in hexadecimal: the same of both stores. */
  readonly digest: string
}

const AT_ONCE_BYTES = 1024 * 1024

/**
 * Copies everything of one store into another, in the order of keys, and then reads both again and compares. Nobody may
 * write to either meanwhile. Cut short at any point, it goes on after the last key that arrived. Versions begin anew.
 * StoreError `conflict` when the other store holds something else than such a copy; nothing of it is overwritten.
 */
export async function copyStore(from: Reader, to: Store, say: (values: number) => void = () => {}): Promise<Copied> {
  const [last] = await to.range({ limit: 1, reverse: true })
  let copied = 0
  let batch: Entry[] = []
  let bytes = 0
  const put = async (): Promise<void> => {
    await to.commit({ writes: batch.map(({ key, value }) => ({ key, value, expect: 'absent' })) })
    copied += batch.length
    say(copied)
    batch = []
    bytes = 0
  }
  for await (const entry of all(from, last?.key)) {
    batch.push(entry)
    bytes += entry.value.length
    if (batch.length === MAX_RANGE || bytes >= AT_ONCE_BYTES) await put()
  }
  if (batch.length > 0) await put()
  const [source, target] = [await digestOf(from), await digestOf(to)]
  if (source.digest !== target.digest)
    throw new StoreError(
      'conflict',
      `copy a store: the other one then holds ${target.values} values with digest ${target.digest}, this one ${source.values} with ${source.digest}; copy into an empty one`,
    )
  return { values: source.values, resumed: source.values - copied, digest: source.digest }
}

/** How many values a store holds, and SHA-256 over all keys and values in order. */
export async function digestOf(store: Reader): Promise<{ readonly values: number; readonly digest: string }> {
  const hash = createHash('sha256')
  const length = Buffer.alloc(4)
  let values = 0
  for await (const { key, value } of all(store)) {
    for (const part of [Buffer.from(key, 'latin1'), value]) {
      length.writeUInt32BE(part.length)
      hash.update(length).update(part)
    }
    values++
  }
  return { values, digest: hash.digest('hex') }
}

async function* all(store: Reader, after?: Key): AsyncGenerator<Entry> {
  for (let last = after, more = true; more;) {
    const page = await store.range({ limit: MAX_RANGE, ...(last === undefined ? {} : { after: last }) })
    yield* page
    last = page.at(-1)?.key
    more = page.length === MAX_RANGE
  }
}
